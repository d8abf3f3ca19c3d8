"""Which properties of a region can be named, and what does each of them mean?

The names that people write, with where each belongs and how it is made for one
endpoint of a region under search.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gameday.explore import lock_properties, plan_properties, region_properties
from gameday.explore.region_actors import SHORT_SETTINGS
from gameday.region.known_settings import KNOWN_SETTINGS
from gameday.region.process_specs import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.explore.properties import HistoryProperty, Property
    from gameday.explore.region_actors import RegionUnderSearch
    from gameday.region.topology import Region

__all__ = ["DEFAULT_PROPERTY", "PROPERTIES", "Named", "lock_names"]

DEFAULT_PROPERTY = "never-empty"

AGE_MAX = 1
"""Plans that an endpoint may be thrown back at once, for age-bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One property that can be named.

    Attributes:
        place: "always", "eventually" or "histories".
        means: one line of what it says.
        make: for an endpoint.
        freezes: whether an operator must take part who turns automation off.
    """

    place: str
    means: str
    make: Callable[[str, RegionUnderSearch], Property | HistoryProperty]
    freezes: bool = False


PROPERTIES: Mapping[str, Named] = MappingProxyType(
    {
        "never-empty": Named(
            place="always",
            means="S1: an endpoint that has had a root has an address",
            make=lambda name, _: region_properties.never_empty(name),
        ),
        "live-tree-kept": Named(
            place="always",
            means="S2: no batch takes records from a tree that root or rollback uses",
            make=lambda name, _: region_properties.live_tree_kept(name),
        ),
        "never-regresses": Named(
            place="always",
            means="S3: the live plan never goes back",
            make=lambda name, _: region_properties.never_regresses(name),
        ),
        "lock-respected": Named(
            place="always",
            means="S4: only the holder of its lock changes an endpoint",
            make=lambda name, under: lock_properties.lock_respected(
                name, lock_names(under.region)
            ),
        ),
        "flip-is-atomic": Named(
            place="always",
            means="S5: root and rollback move together; rollback keeps the tree before",
            make=lambda name, _: region_properties.flip_is_atomic(name),
        ),
        "cleanup-keeps": Named(
            place="always",
            means="S6: clean-up leaves the newest trees alone",
            make=lambda name, under: region_properties.cleanup_keeps(
                name, int(_setting(under, "cleanup_keep_plans"))
            ),
        ),
        "age-bounded": Named(
            place="always",
            means=f"S7: no flip throws an endpoint back by more than {AGE_MAX} plan",
            make=lambda name, _: region_properties.age_bounded(name, AGE_MAX),
        ),
        "root-is-latest": Named(
            place="eventually",
            means="L1: left alone, the enactors bring every root to the newest plan",
            make=lambda name, _: plan_properties.root_is_latest(name),
        ),
        "plan-reread-after-losses": Named(
            place="histories",
            means="L2: an enactor that keeps losing a lock reads the newest plan again",
            make=lambda name, under: lock_properties.plan_reread_after_losses(
                name, int(_setting(under, "lock_losses_max"))
            ),
        ),
        "answers-frozen": Named(
            place="always",
            means="L3: with automation off and at rest, answers stay the same",
            make=lambda name, _: plan_properties.answers_frozen(name),
            freezes=True,
        ),
        "lock-kept": Named(
            place="always",
            means="a lock changes hands only when given back or run out",
            make=lambda name, under: lock_properties.lock_kept(
                name, lock_names(under.region)
            ),
        ),
        "lock-released": Named(
            place="eventually",
            means="nobody keeps a lock who has nothing left to do",
            make=lambda name, _: lock_properties.lock_released(name),
        ),
        "serves-its-plan": Named(
            place="always",
            means="a tree that goes live serves what its plan says, to the weight",
            make=lambda name, under: plan_properties.serves_its_plan(
                name, {lb.name: lb.address for lb in under.region.load_balancers}
            ),
        ),
        "plan-written-once": Named(
            place="always",
            means="a published plan neither changes nor goes away",
            make=lambda _, __: plan_properties.plan_written_once(),
        ),
    }
)
"""Name -> what it is; S1 to S7 and L1 to L3 of the incident, then the others."""


def lock_names(region: Region) -> dict[str, frozenset[str]]:
    """Return the names under which each actor takes locks."""
    names = {
        name: frozenset(
            {name, *(each.name for each in (actor.identities or {}).values())}
        )
        for name, actor in region.actors.items()
    }
    return {**names, OPERATOR: frozenset({OPERATOR})}


def _setting(under: RegionUnderSearch, name: str) -> Any:
    for chosen in (under.settings, SHORT_SETTINGS, under.region.settings):
        if name in chosen:
            return chosen[name]
    return KNOWN_SETTINGS[name].default
