"""Which invocations work, what becomes of event sources, and what comes back alone?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from function_region import NOTHING, ROOM, FunctionRegion

from gameday.errors import ServiceUnavailable
from gameday.model.poller import OnError, PollerDesign, Supervision
from gameday.model.shortage import Protects

AS_BUILT = PollerDesign()
RETRIES = PollerDesign(on_error=OnError.RETRY)
SUPERVISED = PollerDesign(supervision=Supervision.RESTART, restart_ms=5_000)


@pytest.fixture
def region(moto_url: str) -> Iterator[FunctionRegion]:
    made = FunctionRegion(moto_url)
    yield made
    made.close()


def test_an_invocation_needs_the_functions_configuration(region: FunctionRegion):
    assert region.invoke() == ""

    region.way.is_cut = True
    assert region.invoke().startswith("ServiceException: ")

    region.way.is_cut = False
    assert region.invoke() == ""


def test_what_can_wait_waits_while_the_configuration_is_out_of_reach(
    region: FunctionRegion,
):
    region.queues.asynchronous.pass_on([NOTHING])
    region.way.is_cut = True
    region.service.turn()
    assert region.queues.asynchronous.waiting() == 1

    region.way.is_cut = False
    region.service.turn()
    assert region.queues.asynchronous.waiting() == 0


def test_as_built_a_backlog_starves_whoever_waits_for_a_reply(region: FunctionRegion):
    region.queues.asynchronous.pass_on([NOTHING] * 40)
    region.instances = 1

    assert region.invoke() == "TooManyRequestsException: no capacity"
    assert region.queues.asynchronous.waiting() == 40 - ROOM


def test_where_sync_is_protected_the_backlog_waits_and_nothing_is_lost(
    region: FunctionRegion,
):
    region.queues.asynchronous.pass_on([NOTHING] * 40)
    region.instances = 1
    region.protects = Protects.SYNC

    assert region.invoke() == ""
    assert region.queues.asynchronous.waiting() == 40 - ROOM + 1
    region.clock.sleep_ms(60_000)
    region.service.turn()
    assert region.queues.asynchronous.waiting() == 40 - 2 * ROOM + 1, "idle is gone"


def test_without_instances_nobody_is_served(region: FunctionRegion):
    region.instances = 0

    assert region.invoke() == "TooManyRequestsException: no capacity"


def test_as_built_the_poller_of_queues_stays_down_when_the_table_is_back(
    region: FunctionRegion,
):
    poller = region.queue_poller(AS_BUILT)
    region.put_orders(1)
    poller.turn()
    assert region.queues.event_source.waiting() == 1

    region.way.is_cut = True
    poller.turn()
    region.way.is_cut = False
    region.put_orders(3)
    region.clock.sleep_ms(60_000)

    poller.turn()
    assert region.orders.waiting() == 3


def test_operators_start_it_anew_and_drain_what_piled_up(region: FunctionRegion):
    region.put_orders(35)
    region.batches = 10

    region.queue_poller(AS_BUILT).turn()
    assert region.orders.waiting() == 0
    assert region.queues.event_source.waiting() == 35


def test_a_supervisor_starts_it_again_and_again_until_the_table_is_back(
    region: FunctionRegion,
):
    poller = region.queue_poller(SUPERVISED)
    region.put_orders(1)
    region.way.is_cut = True
    poller.turn()
    region.clock.sleep_ms(5_000)
    poller.turn()
    assert poller.poller.crashes == 2

    region.way.is_cut = False
    poller.turn()
    assert region.orders.waiting() == 1, "it waits before it starts again"
    region.clock.sleep_ms(5_000)
    poller.turn()
    assert region.orders.waiting() == 0


def test_the_poller_of_streams_falls_behind_and_loses_nothing(region: FunctionRegion):
    poller = region.stream_poller(RETRIES)
    region.clicks.put(['{"id": "", "reply_to": "", "body": {}}'] * 3)
    region.way.is_cut = True
    poller.turn()
    assert poller.poller.is_running
    assert region.queues.event_source.waiting() == 0

    region.way.is_cut = False
    poller.turn()
    poller.turn()
    assert region.queues.event_source.waiting() == 3


def test_who_puts_a_record_in_hears_of_the_invocation_it_leads_to(
    region: FunctionRegion,
):
    poller, clicker = region.stream_poller(RETRIES), region.clicker()
    region.clock.meanwhile = [poller.turn, region.service.turn]
    clicker.ask({})

    region.clock.meanwhile = [region.service.turn]
    with pytest.raises(ServiceUnavailable, match="no reply within 1000 ms"):
        clicker.ask({})


def test_a_late_reply_is_not_taken_for_the_next(region: FunctionRegion):
    clicker, poller = region.clicker(), region.stream_poller(RETRIES)
    with pytest.raises(ServiceUnavailable):
        clicker.ask({})
    poller.turn()
    region.service.turn()

    with pytest.raises(ServiceUnavailable):
        clicker.ask({})
