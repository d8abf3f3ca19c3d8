"""How much capacity may a load balancer lose, and how fast?

A limit on what an automatism may take away, whatever it believes: at most a share
within a window, and a floor always stays. It counts what was taken, not what came back
since, so that something that flaps uses the window up.

AWS promised such a limit for network load balancers after October 2025; the figures
are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Removal", "Velocity", "velocity_problems"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Capacity that was taken out of DNS."""

    at_ms: int
    targets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """The limit of one load balancer.

    Attributes:
        window_ms: over how long removals are counted.
        removed_percent_max: of all targets, taken out within a window.
        floor_percent: of all targets, always in DNS.
    """

    window_ms: int
    removed_percent_max: int
    floor_percent: int

    def __post_init__(self) -> None:
        """Refuse a limit that is none."""
        if self.window_ms < 1:
            raise ValueError(f"need a window of at least 1 ms, not {self}")
        if not (
            0 <= self.removed_percent_max <= 100 and 0 <= self.floor_percent <= 100
        ):
            raise ValueError(f"need percentages from 0 to 100, not {self}")

    def counted(
        self, removals: tuple[Removal, ...], *, now_ms: int
    ) -> tuple[Removal, ...]:
        """Return the removals that are still within the window."""
        since_ms = now_ms - self.window_ms
        return tuple(removal for removal in removals if removal.at_ms > since_ms)

    def may_remove(
        self, targets: int, removals: tuple[Removal, ...], *, total: int
    ) -> bool:
        """Answer whether so many more may be taken beside those that are counted."""
        removed = targets + sum(removal.targets for removal in removals)
        return removed * 100 <= self.removed_percent_max * total

    def keeps_floor(self, left: int, *, total: int) -> bool:
        """Answer whether so many are enough to be all that is in DNS."""
        return left * 100 >= self.floor_percent * total


def velocity_problems(
    velocity: Velocity, *, smallest: int, total: int
) -> tuple[str, ...]:
    """Return why automatic failover could never do anything under such a limit.

    Args:
        velocity: the limit.
        smallest: the targets of the smallest zone.
        total: the targets of all zones.
    """
    problems = []
    if not velocity.may_remove(smallest, (), total=total):
        problems.append(
            f"need removed_percent_max >= the smallest zone's share, not "
            f"{velocity.removed_percent_max} and {smallest} of {total} targets: no "
            "zone can ever leave DNS"
        )
    if not velocity.keeps_floor(total - smallest, total=total):
        problems.append(
            f"need floor_percent <= what is left without the smallest zone, not "
            f"{velocity.floor_percent} and {total - smallest} of {total} targets: no "
            "zone can ever leave DNS"
        )
    return tuple(problems)
