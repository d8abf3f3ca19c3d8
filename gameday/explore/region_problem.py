"""What is there to explore in a region?

A region, a design and a bounded amount of work, as a `Problem`. Every endpoint that is
maintained is held to each property that was named (`region_property_names`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput
from gameday.explore.interleaving import Faults
from gameday.explore.own_properties import own_properties
from gameday.explore.plan_properties import was_settled
from gameday.explore.problem import Problem
from gameday.explore.region_actors import RegionUnderSearch
from gameday.explore.region_properties import was_flipped
from gameday.explore.region_property_names import DEFAULT_PROPERTY, PROPERTIES
from gameday.model.safeguards import DESIGNS, Safeguards
from gameday.near_names import unknown_name
from gameday.region.finding import find_region

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.explore.properties import Property

__all__ = ["DEFAULT_PROPERTY", "PROPERTIES", "RegionTarget", "region_problem"]

TICK_MS = 60_000
"""Longer than any sleep of a region under search: only the search lets time pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTarget:
    """A region and how much of it takes part.

    Attributes:
        region: the name of one that comes with gameday, or a file.
        design: of the safeguards.
        safeguards: switches that win over the design's.
        settings: numbers that win over the region's.
        plans: how many the planner publishes.
        enactors: how many take part, None for all.
        endpoints: how many are maintained, None for all.
        seed: of the actors' own randomness.
    """

    region: str = "reference"
    design: str = "as-built"
    safeguards: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    plans: int = 4
    enactors: int | None = None
    endpoints: int | None = 1
    seed: int = 0

    def switches(self) -> Safeguards:
        """Return the safeguards; InvalidInput for a name that is not one."""
        if self.design not in DESIGNS:
            raise InvalidInput(unknown_name("design", self.design, DESIGNS))
        try:
            return Safeguards.parse(self.safeguards, over=DESIGNS[self.design])
        except ValueError as error:
            raise InvalidInput(str(error)) from error

    def under_search(self, *, near: Path = Path()) -> RegionUnderSearch:
        """Return the region as the explorer takes it."""
        return RegionUnderSearch(
            region=find_region(self.region, near=near),
            safeguards=self.switches(),
            plans=self.plans,
            enactors=self.enactors,
            endpoints=self.endpoints,
            settings=self.settings,
            seed=self.seed,
        )


def region_problem(
    target: RegionTarget,
    *,
    properties: tuple[str, ...] | None = None,
    faults: Faults | None = None,
    near: Path = Path(),
) -> Problem:
    """Return what there is to explore in a region.

    Args:
        target: the region and how much of it takes part.
        properties: names out of PROPERTIES, or of the region's own; None for all of its
            own, and for DEFAULT_PROPERTY where it has none and plans are published.
        faults: what may go wrong.
        near: the folder that a relative region file counts from.

    Raises InvalidInput for names that do not exist, and for properties that say
    nothing when so much may go wrong.
    """
    faults = replace(faults or Faults(), tick_ms=TICK_MS)
    under = target.under_search(near=near)
    own = own_properties(under.region)
    if properties is None:
        usual = (DEFAULT_PROPERTY,) if under.has_planner else ()
        properties = tuple(own) or usual
    for name in properties:
        if name not in PROPERTIES and name not in own:
            known = {**PROPERTIES, **own}
            raise InvalidInput(unknown_name("property", name, known))
    if any(PROPERTIES[name].freezes for name in properties if name not in own):
        under = replace(under, freezes=True)
    _refuse_empty_claims(properties, faults, enactors=len(under.enactor_names()))
    places = ("always", "eventually", "histories", "sometimes")
    made: dict[str, dict[str, Any]] = {place: {} for place in places}
    for name in properties:
        if name in own:
            place, one = own[name]
            made[place][name] = one
            continue
        named = PROPERTIES[name]
        for endpoint in under.endpoint_names():
            made[named.place][f"{name}/{endpoint}"] = named.make(endpoint, under)
    return Problem(
        setup=under.provision,
        actors=under.actors(),
        always=tuple(made["always"].values()),
        eventually=tuple(made["eventually"].values()),
        histories=tuple(made["histories"].values()),
        sometimes=(*made["sometimes"].values(), *_witnesses(under)),
        faults=faults,
    )


def _witnesses(under: RegionUnderSearch) -> Iterator[Property]:
    for endpoint in under.endpoint_names() if under.has_planner else ():
        yield was_flipped(endpoint, under.plans)
    if under.freezes:
        yield was_settled()


def _refuse_empty_claims(
    properties: tuple[str, ...], faults: Faults, *, enactors: int
) -> None:
    if faults.crashes and "lock-released" in properties:
        raise InvalidInput(
            "lock-released with crashes: what crashes leaves its lock to run out; "
            "leave out one of the two"
        )
    if faults.crashes >= enactors and "root-is-latest" in properties:
        raise InvalidInput(
            f"root-is-latest with {faults.crashes} crashes of {enactors} enactors: one "
            "has to be left that can repair; allow fewer crashes"
        )
