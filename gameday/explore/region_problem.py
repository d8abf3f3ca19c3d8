"""Which properties of a region can be named, and what is there to explore in it?

A region, a design and a bounded amount of work, as a `Problem`. The properties are
those of `region_properties` under the names that people write; every endpoint that
is maintained is held to each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput
from gameday.explore import region_properties
from gameday.explore.interleaving import Faults
from gameday.explore.problem import Problem
from gameday.explore.region_actors import SHORT_SETTINGS, RegionUnderSearch
from gameday.model.safeguards import DESIGNS, Safeguards
from gameday.near_names import unknown_name
from gameday.region.finding import find_region
from gameday.region.settings import REFERENCE_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.explore.properties import HistoryProperty, Property
    from gameday.region.topology import Region

__all__ = ["DEFAULT_PROPERTY", "PROPERTIES", "RegionTarget", "region_problem"]

DEFAULT_PROPERTY = "never-empty"

TICK_MS = 60_000
"""Longer than any sleep of a region under search: only the search lets time pass."""

AGE_MAX = 1
"""Plans that a plan may be behind when it goes live, for age-bounded."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """Where a property belongs, and how it is made for one endpoint."""

    place: str
    make: Callable[[str, RegionUnderSearch], Property | HistoryProperty]


PROPERTIES: Mapping[str, _Named] = MappingProxyType(
    {
        "never-empty": _Named(
            place="always",
            make=lambda name, _: region_properties.never_empty(name),
        ),
        "live-tree-kept": _Named(
            place="always",
            make=lambda name, _: region_properties.live_tree_kept(name),
        ),
        "never-regresses": _Named(
            place="always",
            make=lambda name, _: region_properties.never_regresses(name),
        ),
        "lock-respected": _Named(
            place="always",
            make=lambda name, under: region_properties.lock_respected(
                name, _lock_names(under.region)
            ),
        ),
        "flip-is-atomic": _Named(
            place="always",
            make=lambda name, _: region_properties.flip_is_atomic(name),
        ),
        "cleanup-keeps": _Named(
            place="always",
            make=lambda name, under: region_properties.cleanup_keeps(
                name, int(_setting(under, "cleanup_keep_plans"))
            ),
        ),
        "age-bounded": _Named(
            place="always",
            make=lambda name, _: region_properties.age_bounded(name, AGE_MAX),
        ),
        "root-is-latest": _Named(
            place="eventually",
            make=lambda name, _: region_properties.root_is_latest(name),
        ),
        "plan-reread-after-losses": _Named(
            place="histories",
            make=lambda _, under: region_properties.plan_reread_after_losses(
                int(_setting(under, "lock_losses_max"))
            ),
        ),
    }
)
"""Name -> what it is; S1 to S7, L1 and L2 of the incident in this order."""


def region_problem(
    target: RegionTarget,
    *,
    properties: tuple[str, ...] = (DEFAULT_PROPERTY,),
    faults: Faults | None = None,
    near: Path = Path(),
) -> Problem:
    """Return what there is to explore in a region.

    Args:
        target: the region and how much of it takes part.
        properties: names out of PROPERTIES.
        faults: what may go wrong.
        near: the folder that a relative region file counts from.

    Raises InvalidInput for names that do not exist.
    """
    for name in properties:
        if name not in PROPERTIES:
            raise InvalidInput(unknown_name("property", name, PROPERTIES))
    under = target.under_search(near=near)
    made: dict[str, dict[str, Any]] = {"always": {}, "eventually": {}, "histories": {}}
    for name in properties:
        named = PROPERTIES[name]
        for endpoint in under.endpoint_names():
            # What does not ask for the endpoint is the same for all: kept once.
            one = named.make(endpoint, under)
            key = name if named.place == "histories" else f"{name}/{endpoint}"
            made[named.place][key] = one
    newest = under.plans
    return Problem(
        setup=under.provision,
        actors=under.actors(),
        always=tuple(made["always"].values()),
        eventually=tuple(made["eventually"].values()),
        histories=tuple(made["histories"].values()),
        sometimes=tuple(
            region_properties.was_flipped(endpoint, newest)
            for endpoint in under.endpoint_names()
        ),
        faults=replace(faults or Faults(), tick_ms=TICK_MS),
    )


def _setting(under: RegionUnderSearch, name: str) -> Any:
    for chosen in (under.settings, SHORT_SETTINGS, under.region.settings):
        if name in chosen:
            return chosen[name]
    return REFERENCE_SETTINGS[name].default


def _lock_names(region: Region) -> dict[str, frozenset[str]]:
    """Return the names under which each actor takes locks."""
    return {
        name: frozenset(
            {name, *(each.name for each in (actor.identities or {}).values())}
        )
        for name, actor in region.actors.items()
    }
