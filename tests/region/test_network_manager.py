"""When does an instance have network, whoever is killed or late on the way?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from network_lab import CHANGE_MS, NetworkLab, change

from gameday.errors import LaunchRefused
from gameday.model.network_change import ChangeKind
from gameday.model.propagation import PropagationQueue, offer, propagate


@pytest.fixture
def lab(moto_url: str) -> Iterator[NetworkLab]:
    made = NetworkLab(moto_url)
    yield made
    made.close()


def test_an_instance_has_network_when_its_change_is_propagated_and_not_before(
    lab: NetworkLab,
):
    lab.launch(1)
    lab.launch(2)
    assert lab.walls.answering == {}

    lab.propagate(changes=1)
    assert lab.walls.answering == {"127.0.64.1": "i-1"}
    assert list(lab.table.with_network()) == ["i-1"]

    lab.propagate(changes=1)
    assert list(lab.table.with_network()) == ["i-1", "i-2"]
    assert lab.queue.depth() == 0


def test_an_instance_that_ends_loses_its_network_and_its_row(lab: NetworkLab):
    lab.launch(1)
    lab.end(1)
    lab.propagate(changes=2)

    assert lab.walls.answering == {}
    assert (lab.table.instances(), lab.table.propagated()) == ((), 2)


def test_nothing_is_acknowledged_that_the_network_has_not_confirmed(lab: NetworkLab):
    lab.walls.stuck.add("127.0.64.1")
    lab.launch(1)
    lab.launch(2)
    lab.propagate(changes=3)
    assert (lab.table.propagated(), lab.queue.depth()) == (0, 2)

    lab.walls.stuck.clear()
    lab.propagate(changes=2)
    assert lab.table.propagated() == 2


def test_a_manager_that_is_killed_loses_no_change(moto_url: str):
    lab = NetworkLab(moto_url, visibility_timeout_s=0)
    lab.launch(1)
    lab.launch(2)
    lab.manager.turn()
    lab.manager = lab.another_manager()

    began_ms = lab.clock.now_ms()
    lab.propagate(changes=2)
    assert list(lab.table.with_network()) == ["i-1", "i-2"]
    assert lab.table.propagated() == 2
    # Told once by each life, numbered once.
    assert lab.clock.now_ms() - began_ms == 2 * CHANGE_MS
    lab.close()


def test_two_managers_number_every_change_once(moto_url: str):
    lab = NetworkLab(moto_url, visibility_timeout_s=0)
    other = lab.another_manager()
    for number in range(1, 6):
        lab.launch(number)
    for _ in range(12):
        lab.manager.turn()
        other.turn()
        lab.host.turn()

    assert lab.table.propagated() == 5
    assert [row.version for row in lab.table.instances()] == [1, 2, 3, 4, 5]
    assert lab.queue.depth() == 0
    lab.close()


def test_an_address_leads_to_the_instance_that_was_launched_last(lab: NetworkLab):
    lab.launch(1)
    lab.propagate(changes=1)
    # Somebody ended i-1 and told nobody.
    again = change(ChangeKind.LAUNCHED, 1)
    lab.queue.send(again.render().replace("i-1", "i-9"), group="network", key="again")
    lab.propagate(changes=1)
    assert lab.walls.answering == {"127.0.64.1": "i-9"}


def test_what_is_no_change_is_dropped(lab: NetworkLab):
    lab.queue.send("hello", group="network", key="hello")
    lab.launch(1)
    lab.manager.turn()
    lab.propagate(changes=1)
    assert list(lab.table.with_network()) == ["i-1"]


def test_a_change_that_is_sent_twice_is_one(lab: NetworkLab):
    lab.launch(1)
    lab.launch(1)
    assert lab.queue.depth() == 1


def test_as_built_the_queue_takes_whatever_comes(lab: NetworkLab):
    for number in range(1, 30):
        lab.launch(number)
        lab.changes.raise_if_full(operators_max=None)


def test_with_a_bound_no_launch_is_admitted_while_the_queue_is_long(moto_url: str):
    lab = NetworkLab(moto_url, backlog_max=2)
    for number in (1, 2):
        lab.changes.raise_if_full(operators_max=None)
        lab.launch(number)
    with pytest.raises(LaunchRefused, match="RequestLimitExceeded: 2 network changes"):
        lab.changes.raise_if_full(operators_max=None)
    # An end is taken all the same.
    assert lab.end(1)

    lab.propagate(changes=2)
    lab.changes.raise_if_full(operators_max=None)
    lab.close()


@pytest.mark.parametrize("built_in", [None, 1, 5])
def test_operators_bound_the_queue_and_let_it_go(moto_url: str, built_in: int | None):
    lab = NetworkLab(moto_url, backlog_max=built_in)
    for number in (1, 2):
        lab.changes.raise_if_full(operators_max=3)
        lab.launch(number)
    lab.changes.raise_if_full(operators_max=3)
    with pytest.raises(LaunchRefused, match="2 network changes wait, 2 may"):
        lab.changes.raise_if_full(operators_max=2)

    if built_in == 1:
        with pytest.raises(LaunchRefused, match="2 network changes wait, 1 may"):
            lab.changes.raise_if_full(operators_max=None)
    else:
        lab.changes.raise_if_full(operators_max=None)
    lab.close()


def test_the_queue_of_the_program_follows_the_models(lab: NetworkLab):
    """Bursts and lulls; the model is told what the launch path was told."""
    model = PropagationQueue(free_at_ms=lab.clock.now_ms())
    number = 0
    for launched in (1, 0, 5, 0, 0, 2, 0, 0, 0, 1):
        for _ in range(launched):
            number += 1
            lab.launch(number)
        model = offer(model, changes=launched, now_ms=lab.clock.now_ms()).queue
        before_ms = lab.clock.now_ms()
        lab.propagate(changes=1)
        if lab.clock.now_ms() == before_ms:
            lab.clock.sleep_ms(CHANGE_MS)
        model = propagate(model, change_ms=CHANGE_MS, now_ms=lab.clock.now_ms())
        assert (lab.table.propagated(), lab.queue.depth()) == (
            model.propagated,
            model.backlog,
        )
    assert model.propagated == number == 9
