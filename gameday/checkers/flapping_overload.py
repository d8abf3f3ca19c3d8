"""Did flapping raise the load of a health checker without bound?

Carrying out a target's change of state costs its checker checks. It may be behind for a
while, and then it has caught up. When it is behind for longer than that and targets go
on changing state meanwhile, each change asks for more than the checker has to spare:
what is late makes more of them, and the load keeps itself up.

The checkers tell after each round for how long the oldest work waits and how many
changes of state the round found. A checker that is behind although nothing flaps has
another trouble, which is not judged here. Nor is one that is behind as the recording
ends and might yet catch up: that is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.checkers.merging import seconds
from gameday.model.balancing_seen import CHECK_DELAY_METRIC, FLAPS_METRIC, told
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "flapping-overload"


@dataclass(slots=True, kw_only=True)
class _Behind:
    """A time in which a checker's work was never done.

    Attributes:
        zone: of the checker.
        from_ns: when it told first that work waits.
        until_ns: when it told so last, or that none does.
        flaps: changes of state that it found meanwhile, after the first telling.
        longest_ms: for how long work waited at the most.
        is_over: whether it told that no work waits any more.
    """

    zone: str
    from_ns: int
    until_ns: int
    longest_ms: float
    flaps: int = 0
    is_over: bool = False

    def lasted_ms(self) -> float:
        return (self.until_ns - self.from_ns) / 1e6


def check(history: History, world: World) -> Finding:
    """Return invalid when a checker was behind for long while its targets flapped."""
    times = list(_times_behind(history))
    is_told = any(each.zone for each in told(history, CHECK_DELAY_METRIC))
    if world.balancer is None or not is_told:
        return _unknown("no load balancer, or no checker told how late its checks are")
    flapping = [each for each in times if each.flaps]
    overwhelmed = [e for e in flapping if e.lasted_ms() > world.checkers_back_ms]
    if overwhelmed:
        worst = max(overwhelmed, key=_Behind.lasted_ms)
        allowed_s = world.checkers_back_ms / 1000
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"the checker of {worst.zone} was behind for "
                f"{worst.lasted_ms() / 1000:.1f} s from {seconds(worst.from_ns)} on, "
                f"by up to {worst.longest_ms / 1000:.1f} s, while its targets changed "
                f"state {worst.flaps} times more; {allowed_s:.0f} s are allowed"
            ),
            at_ns=min(e.from_ns for e in overwhelmed)
            + world.checkers_back_ms * 1_000_000,
        )
    undone = sorted(each.zone for each in flapping if not each.is_over)
    if undone:
        return _unknown(
            f"the checker of {undone[0]} is behind as the recording ends, and had time "
            "left to catch up"
        )
    longest_ms = max((each.lasted_ms() for each in flapping), default=0.0)
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=(
            f"{len(flapping)} times a checker was behind while targets flapped, "
            f"{longest_ms / 1000:.1f} s at the longest"
        ),
    )


def _times_behind(history: History) -> Iterator[_Behind]:
    """Yield every time in which some checker's work was never done."""
    behind: dict[str, _Behind] = {}
    for each in told(history, CHECK_DELAY_METRIC, FLAPS_METRIC):
        now = behind.get(each.zone)
        if each.metric == FLAPS_METRIC:
            if now is not None:
                now.flaps += round(each.value)
        elif now is not None:
            now.until_ns = each.at_ns
            now.longest_ms = max(now.longest_ms, each.value)
            now.is_over = each.value <= 0
            if now.is_over:
                yield behind.pop(each.zone)
        elif each.value > 0:
            behind[each.zone] = _Behind(
                zone=each.zone,
                from_ns=each.at_ns,
                until_ns=each.at_ns,
                longest_ms=each.value,
            )
    yield from behind.values()


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
