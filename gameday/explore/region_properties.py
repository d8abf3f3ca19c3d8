"""What must hold of the records of a region, whatever the interleaving?

The invariants S1 to S3 and S5 to S7 of the incident, as pure functions, each made for
one endpoint. They look at zones only. S4 and L2 are `lock_properties`, L1 and L3 are
`plan_properties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.explore.properties import Moment, Property
from gameday.model.enactment import observe
from gameday.model.endpoint_history import addresses, alias_of, live_generation
from gameday.model.plan import Generation, generation_of

if TYPE_CHECKING:
    from gameday.model.enactment import EndpointView
    from gameday.model.zone import Zone

__all__ = [
    "age_bounded",
    "cleanup_keeps",
    "flip_is_atomic",
    "live_tree_kept",
    "never_empty",
    "never_regresses",
    "was_flipped",
    "zone_views",
]

_ZONES = ("route53",)


def never_empty(endpoint: str) -> Property:
    """S1: an endpoint that has had a root has an address."""

    def check(moment: Moment) -> str | None:
        zone, root = moment.zone(endpoint), f"{endpoint}."
        if zone is None or not alias_of(zone, root):
            before = moment.zone_before(endpoint)
            if before is None or not alias_of(before, root):
                return None
            return f"{endpoint} answers with no address: its root was deleted"
        if addresses(zone, endpoint):
            return None
        return (
            f"{endpoint} answers with no address: its root points at the tree of plan "
            f"{live_generation(zone, endpoint)}, which does not exist"
        )

    return Property(name="never-empty", check=check, services=_ZONES)


def live_tree_kept(endpoint: str) -> Property:
    """S2: no batch takes records from a tree that root or rollback points at."""

    def check(moment: Moment) -> str | None:
        views = zone_views(moment, endpoint)
        if views is None:
            return None
        cut, after = _cut(moment, endpoint), views[1]
        for name, pointed in (
            ("root", after.active),
            ("rollback", after.kept_for_rollback),
        ):
            if pointed in cut:
                return (
                    f"the tree of plan {pointed} was deleted while {name} points at it"
                )
        return None

    return Property(name="live-tree-kept", check=check, services=_ZONES)


def never_regresses(endpoint: str) -> Property:
    """S3: the active plan never decreases."""

    def check(moment: Moment) -> str | None:
        views = zone_views(moment, endpoint)
        if views is None or views[1].active >= views[0].active:
            return None
        return f"the root went from plan {views[0].active} back to {views[1].active}"

    return Property(name="never-regresses", check=check, services=_ZONES)


def flip_is_atomic(endpoint: str) -> Property:
    """S5: root and rollback move together, and rollback keeps the tree before.

    A tree that is gone cannot be kept: a flip that heals the endpoint leaves rollback
    where it is.
    """

    def check(moment: Moment) -> str | None:
        views = zone_views(moment, endpoint)
        if views is None:
            return None
        before, after = views
        kept = before.kept_for_rollback
        if before.active != after.active:
            if not before.active:
                kept = after.active
            elif before.active in before.trees:
                kept = before.active
        if after.kept_for_rollback == kept:
            return None
        return (
            f"the root went from plan {before.active} to {after.active} and rollback "
            f"from {before.kept_for_rollback} to {after.kept_for_rollback}, not {kept}"
        )

    return Property(name="flip-is-atomic", check=check, services=_ZONES)


def cleanup_keeps(endpoint: str, keep_plans: int) -> Property:
    """S6: clean-up leaves the newest trees alone."""

    def check(moment: Moment) -> str | None:
        views = zone_views(moment, endpoint)
        if views is None:
            return None
        newest = max(views[0].trees, default=0)
        cut = _cut(moment, endpoint)
        early = sorted(each for each in cut if each > newest - keep_plans)
        if not early:
            return None
        return (
            f"the tree of plan {early[0]} was deleted; the newest is {newest} and "
            f"{keep_plans} are to be kept"
        )

    return Property(name="cleanup-keeps", check=check, services=_ZONES)


def age_bounded(endpoint: str, age_max: int) -> Property:
    """S7: no plan goes live that is older than what it replaces by more than that.

    Not older than the newest plan that was published: plans are kept in another
    service than records, so between an enactor's last look at them and its flip any
    number may appear, and no enactor can keep that. What can be kept, in the batch
    itself, is a bound on how far an endpoint is thrown back.
    """

    def check(moment: Moment) -> str | None:
        views = zone_views(moment, endpoint)
        if views is None:
            return None
        age = views[0].active - views[1].active
        if age <= age_max:
            return None
        return (
            f"plan {views[1].active} went live over plan {views[0].active}, which is "
            f"{age} plans newer"
        )

    return Property(name="age-bounded", check=check, services=_ZONES)


def was_flipped(endpoint: str, generation: int) -> Property:
    """Witness: the endpoint comes to serve a plan."""

    def check(moment: Moment) -> bool:
        zone = moment.zone(endpoint)
        return zone is not None and live_generation(zone, endpoint) == generation

    return Property(name=f"plan-{generation}-was-live", check=check, services=_ZONES)


def zone_views(
    moment: Moment, endpoint: str
) -> tuple[EndpointView, EndpointView] | None:
    """Return an endpoint before and after a step, None when the step left it alone."""
    before, after = moment.zone_before(endpoint), moment.zone(endpoint)
    if before is None or after is None or before.record_sets == after.record_sets:
        return None
    return _view(before, endpoint), _view(after, endpoint)


def _view(zone: Zone, endpoint: str) -> EndpointView:
    return observe(endpoint, zone.record_sets.values())


def _cut(moment: Moment, endpoint: str) -> frozenset[Generation]:
    """Return the plans whose trees have lost records."""
    before, after = moment.zone_before(endpoint), moment.zone(endpoint)
    if before is None or after is None:
        return frozenset()
    gone = before.record_sets.keys() - after.record_sets.keys()
    generations = (generation_of(key.name, endpoint) for key in gone)
    return frozenset(each for each in generations if each is not None)
