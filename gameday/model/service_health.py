"""Is a service well, and if not, is it its own trouble or that of what it needs?

Each service has a canary of its own; what it needs is known from the graph. Together
they tell three things apart that look the same from outside: a service that is down
because of another, one that is down by itself, and one that is still down although all
it needs is back. The last is what October 2025 was mostly made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.service_graph import ServiceGraph

__all__ = ["CanarySays", "Condition", "ServiceHealth", "service_healths"]


class CanarySays(StrEnum):
    """What a service's own canary saw last."""

    WORKS = "works"
    FAILS = "fails"
    NOTHING = "nothing"
    """There is none, or it has not answered."""


class Condition(StrEnum):
    """What canary and needs together say."""

    WELL = "well"
    EXPOSED = "exposed"
    """It works, although something it needs does not; how long is another question."""
    IMPAIRED = "impaired"
    PRESUMED_IMPAIRED = "presumed impaired"
    """Something it needs is impaired, and nothing says that it works all the same."""
    UNKNOWN = "unknown"

    @property
    def spreads(self) -> bool:
        """Answer whether what needs such a service is in trouble too."""
        return self in {Condition.IMPAIRED, Condition.PRESUMED_IMPAIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """How one service is.

    Attributes:
        service: its name.
        condition: how it is.
        by: what it needs that is impaired, sorted; empty when it is well, and when it
            is impaired by itself.
        roots: where the trouble comes from, sorted: services that are impaired by
            themselves, this one among them if it is.
    """

    service: str
    condition: Condition
    by: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return the condition in words, "impaired by dwfm (from dns)"."""
        if not self.by:
            own = " by itself" if self.condition is Condition.IMPAIRED else ""
            return f"{self.condition.value}{own}"
        deeper = [root for root in self.roots if root not in self.by]
        origin = f" (from {', '.join(deeper)})" if deeper else ""
        how = "to" if self.condition is Condition.EXPOSED else "by"
        return f"{self.condition.value} {how} {', '.join(self.by)}{origin}"


def service_healths(
    graph: ServiceGraph, canaries: Mapping[str, CanarySays]
) -> dict[str, ServiceHealth]:
    """Return every service's health, by name, in order of recovery.

    `canaries` is what each service's own canary says; one that is not there says
    nothing.
    """
    found: dict[str, ServiceHealth] = {}
    for name in graph.recovery_order():
        needs = [found[need.on] for need in graph.service(name).needs]
        impaired = [need for need in needs if need.condition.spreads]
        condition = _condition(
            canaries.get(name, CanarySays.NOTHING), has_impaired_need=bool(impaired)
        )
        roots = {root for need in impaired for root in need.roots}
        if condition is Condition.IMPAIRED and not impaired:
            roots = {name}
        found[name] = ServiceHealth(
            service=name,
            condition=condition,
            by=tuple(sorted(need.service for need in impaired)),
            roots=tuple(sorted(roots)),
        )
    return found


def _condition(says: CanarySays, *, has_impaired_need: bool) -> Condition:
    match says:
        case CanarySays.WORKS:
            return Condition.EXPOSED if has_impaired_need else Condition.WELL
        case CanarySays.FAILS:
            return Condition.IMPAIRED
        case CanarySays.NOTHING if has_impaired_need:
            return Condition.PRESUMED_IMPAIRED
        case CanarySays.NOTHING:
            return Condition.UNKNOWN
