"""Which zones leave DNS, row by row, and what holds whatever the checks say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.velocity import Removal, Velocity
from gameday.model.zonal_failover import (
    Failover,
    Zone,
    ZonesInDns,
    ZoneThresholds,
    choose_zones,
    served_share,
)

ALL = ("az1", "az2", "az3")
THRESHOLDS = ZoneThresholds()
VELOCITY = Velocity(window_ms=600_000, removed_percent_max=34, floor_percent=66)

Choose = Callable[..., ZonesInDns]


def zones(*healthy: int) -> list[Zone]:
    return [
        Zone(name=name, healthy=count, targets=6)
        for name, count in zip(ALL, healthy, strict=True)
    ]


# (healthy targets of each zone, in DNS before, options, in DNS after)
ROWS = [
    ((6, 6, 6), ALL, {}, ALL),
    ((6, 6, 1), ALL, {}, ALL),
    ((6, 6, 0), ALL, {}, ("az1", "az2")),
    ((6, 0, 0), ALL, {}, ("az1",)),
    ((0, 0, 0), ALL, {}, ALL),
    ((6, 6, 6), ("az1",), {}, ALL),
    ((6, 0, 0), ALL, {"failover": Failover.OFF}, ALL),
    ((6, 6, 0), ("az1", "az2"), {"failover": Failover.OFF}, ALL),
    ((6, 2, 3), ALL, {"thresholds": ZoneThresholds(healthy_min=3)}, ("az1", "az3")),
    (
        (6, 3, 2),
        ALL,
        {"thresholds": ZoneThresholds(healthy_percent_min=50)},
        ("az1", "az2"),
    ),
    ((6, 6, 0), ALL, {"velocity": VELOCITY}, ("az1", "az2")),
    ((6, 0, 0), ALL, {"velocity": VELOCITY}, ("az1", "az3")),
    ((6, 0, 0), ("az1", "az2"), {"velocity": VELOCITY}, ("az1", "az2")),
    ((0, 0, 0), ("az1", "az2"), {"velocity": VELOCITY}, ALL),
    ((6, 6, 0), ALL, {"velocity": replace(VELOCITY, removed_percent_max=33)}, ALL),
    ((6, 6, 0), ALL, {"velocity": replace(VELOCITY, floor_percent=67)}, ALL),
]


def chosen(
    healthy: tuple[int, ...],
    before: tuple[str, ...],
    options: dict[str, object],
    choose: Choose = choose_zones,
) -> tuple[str, ...]:
    given_options = {"thresholds": THRESHOLDS, **options}
    after = choose(ZonesInDns(names=before), zones(*healthy), now_ms=0, **given_options)
    return after.names


@pytest.mark.parametrize(("healthy", "before", "options", "after"), ROWS)
def test_zones_leave_and_return(
    healthy: tuple[int, ...],
    before: tuple[str, ...],
    options: dict[str, object],
    after: tuple[str, ...],
):
    assert chosen(healthy, before, options) == after


def _never_fails_open(
    before: ZonesInDns, seen: list[Zone], **options: object
) -> ZonesInDns:
    """A mutant: takes every zone out when every zone looks bad."""
    after = choose_zones(before, seen, **options)
    return replace(after, names=()) if after.failed_open else after


def _ignores_the_switch(
    before: ZonesInDns, seen: list[Zone], **options: object
) -> ZonesInDns:
    """A mutant: the operators' lever is not connected."""
    return choose_zones(before, seen, **{**options, "failover": Failover.ON})


def _no_velocity(before: ZonesInDns, seen: list[Zone], **options: object) -> ZonesInDns:
    """A mutant: takes what it likes."""
    return choose_zones(before, seen, **{**options, "velocity": None})


def _one_threshold(
    before: ZonesInDns, seen: list[Zone], **options: object
) -> ZonesInDns:
    """A mutant: one healthy target is always enough."""
    return choose_zones(before, seen, **{**options, "thresholds": THRESHOLDS})


@pytest.mark.parametrize(
    "mutant", [_never_fails_open, _ignores_the_switch, _no_velocity, _one_threshold]
)
def test_a_mutant_of_the_choice_is_caught(mutant: Choose):
    assert any(
        chosen(healthy, before, options, mutant) != after
        for healthy, before, options, after in ROWS
    )


def test_what_velocity_control_kept_is_told():
    after = choose_zones(
        ZonesInDns(names=ALL),
        zones(6, 1, 0),
        thresholds=ZoneThresholds(healthy_min=2),
        velocity=VELOCITY,
        now_ms=5,
    )

    assert after == ZonesInDns(
        names=("az1", "az2"),
        removals=(Removal(at_ms=5, targets=6),),
        held_back=("az2",),
    )
    assert after.weights(zones(6, 1, 0)) == (("az1", 1), ("az2", 1), ("az3", 0))


def test_a_flapping_zone_uses_the_window_up():
    """It comes back at once, and may not leave again before the window has passed."""
    state = ZonesInDns(names=ALL)
    seen = []
    for now_ms, healthy in [
        (0, 0),
        (10_000, 6),
        (20_000, 0),
        (599_999, 0),
        (600_000, 0),
    ]:
        state = choose_zones(
            state,
            zones(6, 6, healthy),
            thresholds=THRESHOLDS,
            velocity=VELOCITY,
            now_ms=now_ms,
        )
        seen.append(len(state.names))

    assert seen == [2, 3, 3, 3, 2]


healths = st.tuples(*[st.integers(0, 6)] * 3)
steps = st.lists(st.tuples(healths, st.integers(0, 400_000)), min_size=1, max_size=25)


@given(steps=steps, percent=st.integers(0, 100), floor=st.integers(0, 100))
def test_no_window_loses_more_than_its_share_and_the_floor_stays(
    steps: list[tuple[tuple[int, ...], int]], percent: int, floor: int
):
    velocity = Velocity(
        window_ms=600_000, removed_percent_max=percent, floor_percent=floor
    )
    state, now_ms, taken = ZonesInDns(names=ALL), 0, []
    for healthy, wait_ms in steps:
        now_ms += wait_ms
        before = state
        state = choose_zones(
            before,
            zones(*healthy),
            thresholds=THRESHOLDS,
            velocity=velocity,
            now_ms=now_ms,
        )
        taken += [(now_ms, 6)] * len(set(before.names) - set(state.names))
        assert len(state.names) * 6 * 100 >= floor * 18
        assert state.names

    for end_ms, _ in taken:
        within = [n for at_ms, n in taken if end_ms - 600_000 < at_ms <= end_ms]
        assert sum(within) * 100 <= percent * 18


@given(healthy=healths, before=st.sets(st.sampled_from(ALL)))
def test_a_healthy_zone_is_always_in_dns(healthy: tuple[int, ...], before: set[str]):
    after = choose_zones(
        ZonesInDns(names=tuple(sorted(before))),
        zones(*healthy),
        thresholds=THRESHOLDS,
        velocity=VELOCITY,
        now_ms=0,
    )

    good = {zone.name for zone in zones(*healthy) if zone.healthy}
    assert good <= set(after.names)


@pytest.mark.parametrize(
    ("healthy", "in_dns", "served"),
    [
        ((6, 6, 6), ALL, 1.0),
        ((6, 6, 0), ("az1", "az2"), 1.0),
        ((6, 0, 0), ("az1",), 0.5),
        ((0, 0, 0), ALL, 1.0),
        ((4, 3, 2), ALL, 0.75),
    ],
)
def test_three_zones_sized_for_two_lose_one_without_harm(
    healthy: tuple[int, ...], in_dns: tuple[str, ...], served: float
):
    found = served_share(
        ZonesInDns(names=in_dns),
        zones(*healthy),
        thresholds=THRESHOLDS,
        demand_targets=12,
    )

    assert found == served


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Zone(name="az1", healthy=7, targets=6), "healthy <= targets"),
        (lambda: Zone(name="az1", healthy=0, targets=0), "a target"),
        (lambda: ZoneThresholds(healthy_min=1, routing_min=2), "routing_min <="),
        (lambda: ZoneThresholds(healthy_percent_min=101), "<= 100"),
    ],
)
def test_what_means_nothing_is_refused(make: Callable[[], object], message: str):
    with pytest.raises(ValueError, match=message):
        make()
