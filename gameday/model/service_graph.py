"""Which service needs which, and in which order do they come back?

A graph of services and needs is data of a region. What fails spreads from a service to
those that need it, and they can only recover after it: the order of recovery is a
property of the graph, not a list that somebody keeps.

Invariants of a `ServiceGraph`: names are unique, every need leads to a service, and no
service needs itself, however far round. `cycles` finds those that do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "Evidence",
    "Need",
    "Recovery",
    "Service",
    "ServiceGraph",
    "cycles",
]


class Recovery(StrEnum):
    """How a service comes back once what it needs is back."""

    BY_ITSELF = "by-itself"
    AFTER_BACKLOG = "after-backlog"
    """By itself, later: what piled up comes first."""
    BY_OPERATORS = "by-operators"
    """Not by itself."""


class Evidence(StrEnum):
    """What a need rests on."""

    STATED = "stated"
    """The source says so."""
    INFERRED = "inferred"
    """It follows from what the source says."""
    CHOSEN = "chosen"
    """Nothing public says; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One service that another cannot do without.

    Attributes:
        on: the name of what is needed.
        fails: what happens without it.
        recovers: what happens when it is back.
        recovery: whether that takes operators.
        source: who says so.
        evidence: how surely.
        for_new: whether only what is new needs it; what the service already has goes
            on without it.
        serves_some: whether it may serve some while it fails others.
    """

    on: str
    fails: str
    recovers: str
    recovery: Recovery
    source: str
    evidence: Evidence
    for_new: bool = False
    serves_some: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One node.

    Attributes:
        name: short, unique.
        what: what it is, in a few words.
        needs: sorted by name; empty for what stands by itself.
        endpoint: the managed DNS name under which it is reached, if it is.
        canary: the program that says whether it works, if there is one.
        lever: the operators' lever that holds it up while what it needs is down, if
            there is one; it is not back before that is let go.
    """

    name: str
    what: str
    needs: tuple[Need, ...] = ()
    endpoint: str | None = None
    canary: str | None = None
    lever: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGraph:
    """The services of a region and what they need.

    Attributes:
        services: sorted by name.
        layers: the names by the longest way down to something that needs nothing, each
            layer sorted; a service is in a later layer than everything it needs.
    """

    services: tuple[Service, ...]
    layers: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Refuse what is no acyclic graph, and find the layers of what is."""
        needs = self.needs()
        unknown = {on for each in needs.values() for on in each} - needs.keys()
        if len(needs) != len(self.services) or unknown or cycles(needs):
            raise ValueError("need unique names, known needs and no cycle among them")
        object.__setattr__(self, "layers", _layers(needs))

    def service(self, name: str) -> Service:
        """Return the service of that name."""
        return next(each for each in self.services if each.name == name)

    def needs(self) -> dict[str, tuple[str, ...]]:
        """Return the names of what each service needs, by its own name."""
        return {
            service.name: tuple(need.on for need in service.needs)
            for service in self.services
        }

    def needed_by(self) -> dict[str, tuple[str, ...]]:
        """Return the names of what needs each service, by its name, sorted."""
        return {
            service.name: tuple(
                each.name
                for each in self.services
                if service.name in {need.on for need in each.needs}
            )
            for service in self.services
        }

    def falls_with(self, name: str) -> tuple[str, ...]:
        """Return everything that needs `name` by any path, in order of recovery."""
        fallen = {name}
        for layer in self.layers:
            needs = {each: self.service(each).needs for each in layer}
            fallen |= {
                each for each in layer if any(need.on in fallen for need in needs[each])
            }
        return tuple(e for e in self.recovery_order() if e in fallen - {name})

    def recovery_order(self) -> tuple[str, ...]:
        """Return the services in an order in which each comes after what it needs."""
        return tuple(name for layer in self.layers for name in layer)

    def longest_chain(self) -> tuple[str, ...]:
        """Return the longest way from a service that needs nothing, by name at ties.

        Nothing shortens a recovery but making a service on this way recover sooner.
        """
        depth = {n: level for level, layer in enumerate(self.layers) for n in layer}
        chain = [self.layers[-1][0]] if self.layers else []
        while chain and depth[chain[0]]:
            deepest = depth[chain[0]] - 1
            needs = sorted(need.on for need in self.service(chain[0]).needs)
            chain.insert(0, next(on for on in needs if depth[on] == deepest))
        return tuple(chain)

    def recovered_too_early(
        self, recovered_at_ms: Mapping[str, int]
    ) -> tuple[tuple[str, str], ...]:
        """Return each (service, need) where the service was back before its need.

        Either the need does not exist, or what was measured is wrong. Services without
        a time did not fail.
        """
        return tuple(
            (service.name, need.on)
            for service in self.services
            for need in service.needs
            if service.name in recovered_at_ms and need.on in recovered_at_ms
            if recovered_at_ms[service.name] < recovered_at_ms[need.on]
        )


def cycles(needs: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Return ways that lead back to where they began, ("a", "b", "a"), shortest first.

    Each begins with its first name. Each service that is on a way back is in at least
    one of them; not every cycle is listed. Needs that lead nowhere are no way.
    """
    found: list[tuple[str, ...]] = []
    for name in sorted(needs):
        if not any(name in cycle for cycle in found):
            way = _way_back(name, needs)[:-1]
            first = way.index(min(way)) if way else 0
            found += [(*way[first:], *way[:first], way[first])] if way else []
    return tuple(sorted(found, key=lambda cycle: (len(cycle), cycle)))


def _way_back(name: str, needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the shortest way from `name` to itself, () when there is none."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    while ways:
        longer = []
        for way in ways:
            for on in sorted(needs.get(way[-1], ())):
                if on == name:
                    return (*way, name)
                if on not in seen:
                    seen.add(on)
                    longer.append((*way, on))
        ways = longer
    return ()


def _layers(needs: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    layers: list[tuple[str, ...]] = []
    placed: set[str] = set()
    while len(placed) < len(needs):
        layer = tuple(
            name
            for name in sorted(needs)
            if name not in placed and placed.issuperset(needs[name])
        )
        layers.append(layer)
        placed.update(layer)
    return tuple(layers)
