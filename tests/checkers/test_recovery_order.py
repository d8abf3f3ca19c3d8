"""Services that come back in the order of their needs, and some that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import EPOCH_MS, WORLD, Recorder

from gameday.checkers import recovery_order
from gameday.model.service_graph import (
    Evidence,
    Need,
    Recovery,
    Service,
    ServiceGraph,
)
from gameday.model.verdict import Finding, Validity

DNS = Need(
    on="dns",
    fails="stops",
    recovers="with it",
    recovery=Recovery.BY_ITSELF,
    source="ours",
    evidence=Evidence.CHOSEN,
)
NEEDS = ServiceGraph(
    services=(
        Service(name="dns", what="the names"),
        Service(name="dwfm", what="the leases", needs=(DNS,)),
        Service(name="sts", what="the credentials", needs=(DNS,)),
    )
)


def judged(recorder: Recorder, services: ServiceGraph = NEEDS) -> Finding:
    world = replace(WORLD, services=services)
    return recovery_order.check(recorder.history(), world)


def run(*looks: tuple[int, str, bool]) -> Recorder:
    """Return a run in which canaries looked: (second, service, whether it works)."""
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    for at_s, service, works in looks:
        recorder.at(at_s * 1_000).look(service, works=works)
    return recorder


def failing(service: str, *seconds: int) -> tuple[tuple[int, str, bool], ...]:
    return tuple((second, service, False) for second in seconds)


def test_a_service_that_is_back_after_its_need_is_in_order():
    looks = (
        *failing("dns", 1, 2, 3),
        *failing("dwfm", 1, 2, 3, 4, 5),
        (4, "dns", True),
        (6, "dwfm", True),
    )

    finding = judged(run(*sorted(looks)))

    assert finding.validity is Validity.VALID
    assert finding.summary == (
        "1 needs were kept; back from the longest outage in this order: dns, dwfm"
    )


def test_a_service_that_is_back_before_its_need_is_not():
    looks = (
        *failing("dns", 1, 2, 3, 4, 5, 6),
        *failing("dwfm", 1, 2),
        (3, "dwfm", True),
        (7, "dns", True),
    )

    finding = judged(run(*sorted(looks)))

    assert finding.validity is Validity.INVALID
    assert finding.at_ns == 2_995_000_000
    assert finding.summary == (
        "dwfm was back at 3.0 s, dns, which it needs, was back at 7.0 s"
    )


def test_a_need_that_never_came_back_is_out_of_order_too():
    looks = (*failing("dns", 1, 2, 3, 8, 9), *failing("dwfm", 1, 2), (4, "dwfm", True))

    finding = judged(run(*sorted(looks)))

    assert finding.validity is Validity.INVALID
    assert finding.summary.endswith("dns, which it needs, did not come back")


def test_a_look_that_was_told_late_proves_nothing():
    """A look that waits for its time-out began when the service still was down."""
    looks = (
        *failing("dns", 1, 2, 6),
        *failing("dwfm", 1, 2),
        (3, "dwfm", True),
        (7, "dns", True),
    )

    assert judged(run(*sorted(looks))).validity is Validity.VALID


def test_one_look_that_fails_among_others_that_work_is_no_failure():
    looks = (
        *failing("dns", 1, 2),
        *failing("dwfm", 1, 2, 3),
        *((second, "dns", second != 9) for second in (3, 8, 9, 10)),
        (4, "dwfm", True),
    )

    assert judged(run(*sorted(looks))).validity is Validity.VALID


def test_the_last_recovery_counts_and_not_the_first():
    looks = (
        *failing("dns", 1, 2, 3, 4),
        *failing("sts", 1, 2, 9, 10),
        (3, "sts", True),
        (5, "dns", True),
        (11, "sts", True),
    )

    assert judged(run(*sorted(looks))).validity is Validity.VALID


def test_a_service_is_not_back_while_operators_hold_it_up():
    held_up = replace(
        NEEDS,
        services=tuple(
            replace(s, lever="failover") if s.name == "dwfm" else s
            for s in NEEDS.services
        ),
    )
    recorder = run(*failing("dns", 1, 2), *failing("dwfm", 1, 2))
    recorder.at(3_000).mark("pull_levers", levers={"failover": "off"})
    recorder.look("dwfm", works=True)
    recorder.at(4_000).look("dns", works=False)
    recorder.at(5_000).look("dns", works=False)
    recorder.at(6_000).look("dns", works=True)

    assert judged(recorder).validity is Validity.INVALID
    recorder.at(8_000).mark("pull_levers", levers={})
    assert judged(recorder, held_up).validity is Validity.VALID
    assert judged(recorder, held_up).summary.endswith("dns, dwfm")


def test_what_operators_hold_up_serves_those_that_need_it():
    """STS came back with the capacity of load balancers, before failover was on."""
    held_up = replace(
        NEEDS,
        services=tuple(
            replace(s, lever="failover") if s.name == "dns" else s
            for s in NEEDS.services
        ),
    )
    recorder = run(*failing("dns", 1, 2), *failing("sts", 1, 2))
    recorder.at(3_000).mark("pull_levers", levers={"failover": "off"})
    recorder.look("dns", works=True)
    recorder.at(4_000).look("sts", works=True)
    recorder.at(9_000).mark("pull_levers", levers={})

    assert judged(recorder, held_up).validity is Validity.VALID
    assert judged(recorder, held_up).summary.endswith("sts, dns")


def test_nothing_can_be_said_of_services_that_do_not_need_each_other():
    assert judged(run(*failing("sts", 1, 2), *failing("dwfm", 1, 2))).validity is (
        Validity.UNKNOWN
    )


LAUNCHES = replace(DNS, on="launches", for_new=True)
FUNCTIONS = ServiceGraph(
    services=(
        Service(name="dns", what="the names"),
        Service(name="functions", what="invocations", needs=(DNS, LAUNCHES)),
        Service(name="launches", what="new instances", needs=(DNS,)),
    )
)


def test_what_only_the_new_needs_is_no_cause_of_what_the_names_broke():
    looks = (
        *failing("dns", 1, 2, 3),
        *failing("launches", 1, 2, 3, 4, 5, 6, 7, 8),
        *failing("functions", 2, 3, 4),
        (4, "dns", True),
        (5, "functions", True),
        (9, "launches", True),
    )

    assert judged(run(*sorted(looks)), FUNCTIONS).validity is Validity.VALID


@pytest.mark.parametrize("serves_some", [False, True])
def test_who_is_one_of_those_that_are_served_may_be_back_first(*, serves_some: bool):
    front = replace(DNS, on="front", serves_some=serves_some)
    graph = ServiceGraph(
        services=(
            Service(name="front", what="a load balancer"),
            Service(name="sts", what="credentials", needs=(front,)),
        )
    )
    looks = (
        *failing("front", 1, 2, 3, 4, 5, 6),
        *failing("sts", 2, 3),
        (4, "sts", True),
        (7, "front", True),
    )

    expected = Validity.VALID if serves_some else Validity.INVALID
    assert judged(run(*sorted(looks)), graph).validity is expected


def test_a_second_outage_for_want_of_what_is_new_ends_after_it():
    looks = (
        (1, "dns", True),
        *failing("launches", 2, 3, 4, 5, 6, 7, 8),
        *failing("functions", 4, 5),
        (6, "functions", True),
        (9, "launches", True),
    )

    finding = judged(run(*sorted(looks)), FUNCTIONS)

    assert finding.validity is Validity.INVALID
    assert finding.summary.startswith("functions was back at 6")


def test_one_look_that_works_between_others_that_fail_is_no_comeback():
    looks = (
        *failing("dns", 1, 2, 3, 4, 5, 6),
        *failing("dwfm", 1, 2),
        (3, "dwfm", True),
        *failing("dwfm", 4, 5, 6, 7),
        (7, "dns", True),
        (8, "dwfm", True),
    )

    assert judged(run(*sorted(looks))).validity is Validity.VALID


def test_a_need_that_refuses_every_other_request_does_serve():
    throttled = [(second, "dns", second % 2 == 0) for second in range(4, 20)]
    looks = (
        *failing("dns", 1, 2, 3),
        *throttled,
        *failing("dwfm", 1, 2, 3, 4),
        (6, "dwfm", True),
        (7, "dwfm", True),
        (21, "dns", True),
        (22, "dns", True),
    )

    assert judged(run(*sorted(looks))).validity is Validity.VALID


def test_who_fails_again_before_its_need_is_back_was_not_back_for_good():
    looks = (
        *failing("dns", 1, 2, 3, 4, 5, 6),
        *failing("dwfm", 1, 2),
        (3, "dwfm", True),
        (4, "dwfm", True),
        *failing("dwfm", 7, 8),
        (9, "dns", True),
        (10, "dns", True),
        (11, "dwfm", True),
        (12, "dwfm", True),
    )

    assert judged(run(*sorted(looks))).validity is Validity.VALID
