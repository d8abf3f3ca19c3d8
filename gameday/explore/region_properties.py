"""What must hold of the DNS automation of a region, whatever the interleaving?

The invariants S1 to S7, L1 and L2 of the incident, as pure functions. Each is made
for one endpoint. S1 to S6 look at zones only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gameday.explore.properties import HistoryProperty, Made, Moment, Property
from gameday.model.enactment import observe, parse_lock
from gameday.model.endpoint_history import addresses, alias_of, live_generation
from gameday.model.plan import Generation
from gameday.model.zone import Action, RecordKey, Zone, parse_change_batch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.enactment import EndpointView

__all__ = [
    "age_bounded",
    "cleanup_keeps",
    "flip_is_atomic",
    "live_tree_kept",
    "lock_respected",
    "never_empty",
    "never_regresses",
    "plan_reread_after_losses",
    "root_is_latest",
    "was_flipped",
]

_ZONES = ("route53",)
_PLANS_TABLE = "gameday-plans"


def never_empty(endpoint: str) -> Property:
    """S1: an endpoint that has a root has an address."""

    def check(moment: Moment) -> str | None:
        zone = moment.zone(endpoint)
        if zone is None or not alias_of(zone, f"{endpoint}."):
            return None
        if addresses(zone, endpoint):
            return None
        return (
            f"{endpoint} answers with no address: its root points at the tree of plan "
            f"{live_generation(zone, endpoint)}, which does not exist"
        )

    return Property(name="never-empty", check=check, services=_ZONES)


def live_tree_kept(endpoint: str) -> Property:
    """S2: no batch removes a tree that root or rollback points at."""

    def check(moment: Moment) -> str | None:
        views = _views(moment, endpoint)
        if views is None:
            return None
        before, after = views
        gone = set(before.trees) - set(after.trees)
        for name, pointed in (
            ("root", after.active),
            ("rollback", after.kept_for_rollback),
        ):
            if pointed in gone:
                return (
                    f"the tree of plan {pointed} was deleted while {name} points at it"
                )
        return None

    return Property(name="live-tree-kept", check=check, services=_ZONES)


def never_regresses(endpoint: str) -> Property:
    """S3: the active plan never decreases."""

    def check(moment: Moment) -> str | None:
        views = _views(moment, endpoint)
        if views is None or views[1].active >= views[0].active:
            return None
        return f"the root went from plan {views[0].active} back to {views[1].active}"

    return Property(name="never-regresses", check=check, services=_ZONES)


def lock_respected(endpoint: str, holders: Mapping[str, frozenset[str]]) -> Property:
    """S4: every committed batch came from whoever held the lock.

    Args:
        endpoint: the endpoint.
        holders: the names under which each actor takes locks.
    """
    lock_name = f"lock.{endpoint}."

    def check(moment: Moment) -> str | None:
        made = moment.made
        if made is None or made.operation != "ChangeResourceRecordSets":
            return None
        before, after = moment.zone_before(endpoint), moment.zone(endpoint)
        if before is None or after is None or before.record_sets == after.record_sets:
            return None
        changes = parse_change_batch(made.parameters)
        if all(change.record_set.name == lock_name for change in changes):
            return None
        held = before.record_sets.get(RecordKey(name=lock_name, type="TXT"))
        names = holders.get(made.actor, frozenset({made.actor}))
        if held is None:
            return f"{made.actor} changed {endpoint} while nobody held its lock"
        holder = parse_lock(held).holder.partition("/")[0]
        if holder not in names:
            return f"{made.actor} changed {endpoint} while {holder} held its lock"
        return None

    return Property(name="lock-respected", check=check, services=_ZONES)


def flip_is_atomic(endpoint: str) -> Property:
    """S5: root and rollback move together, and rollback keeps the tree before."""

    def check(moment: Moment) -> str | None:
        views = _views(moment, endpoint)
        if views is None or views[0].active == views[1].active:
            return None
        before, after = views
        kept = before.active or after.active
        if kept not in before.trees and before.active:
            # What is gone cannot be kept; a design may heal by leaving it out.
            return None
        if after.kept_for_rollback == kept:
            return None
        return (
            f"the root moved from plan {before.active} to {after.active}, but rollback "
            f"points at {after.kept_for_rollback}"
        )

    return Property(name="flip-is-atomic", check=check, services=_ZONES)


def cleanup_keeps(endpoint: str, keep_plans: int) -> Property:
    """S6: clean-up leaves the newest trees alone."""

    def check(moment: Moment) -> str | None:
        views = _views(moment, endpoint)
        if views is None:
            return None
        before, after = views
        gone = set(before.trees) - set(after.trees)
        newest = max(before.trees, default=0)
        early = sorted(each for each in gone if each > newest - keep_plans)
        if not early:
            return None
        return (
            f"the tree of plan {early[0]} was deleted; the newest is {newest} and "
            f"{keep_plans} are to be kept"
        )

    return Property(name="cleanup-keeps", check=check, services=_ZONES)


def age_bounded(endpoint: str, age_max: int) -> Property:
    """S7: no plan is published that is older than the newest by more than so many."""

    def check(moment: Moment) -> str | None:
        views = _views(moment, endpoint)
        if views is None or views[0].active == views[1].active:
            return None
        age = _latest(moment) - views[1].active
        if age <= age_max:
            return None
        return f"plan {views[1].active} was published when it was {age} plans old"

    return Property(name="age-bounded", check=check)


def root_is_latest(endpoint: str) -> Property:
    """L1, for the end: the root points at the newest plan, which exists."""

    def check(moment: Moment) -> str | None:
        zone = moment.zone(endpoint)
        latest = _latest(moment)
        if zone is None or not latest:
            return None
        live = live_generation(zone, endpoint)
        if live == latest and addresses(zone, endpoint):
            return None
        return (
            f"nothing moves any more, and the root of {endpoint} points at plan {live}"
            f"{'' if addresses(zone, endpoint) else ', which is gone'}, not at {latest}"
        )

    return Property(name="root-is-latest", check=check)


def plan_reread_after_losses(losses_max: int) -> HistoryProperty:
    """L2: whoever loses a lock so often reads the newest plan again."""

    def follow(losses: int, made: Made) -> int:
        if made.operation == "Query":
            return 0
        lost = made.status >= 400 and _takes_lock(made)
        return min(losses + lost, losses_max + 1)

    def check(losses: int) -> str | None:
        if losses > losses_max:
            return f"lost the lock {losses} times and still works from its old plan"
        return None

    return HistoryProperty(
        name="plan-reread-after-losses", check=check, follow=follow, begin=0
    )


def was_flipped(endpoint: str, generation: int) -> Property:
    """Witness: the endpoint comes to serve a plan."""

    def check(moment: Moment) -> bool:
        zone = moment.zone(endpoint)
        return zone is not None and live_generation(zone, endpoint) == generation

    return Property(name=f"plan-{generation}-was-live", check=check, services=_ZONES)


def _views(moment: Moment, endpoint: str) -> tuple[EndpointView, EndpointView] | None:
    before, after = moment.zone_before(endpoint), moment.zone(endpoint)
    if before is None or after is None or before.record_sets == after.record_sets:
        return None
    return _view(before, endpoint), _view(after, endpoint)


def _view(zone: Zone, endpoint: str) -> EndpointView:
    return observe(endpoint, zone.record_sets.values())


def _latest(moment: Moment) -> Generation:
    generations = (
        int(json.loads(item)["generation"]["N"]) for item in moment.items(_PLANS_TABLE)
    )
    return Generation(max(generations, default=0))


def _takes_lock(made: Made) -> bool:
    if made.operation != "ChangeResourceRecordSets":
        return False
    changes = parse_change_batch(made.parameters)
    return (
        len(changes) == 1
        and changes[0].action is Action.CREATE
        and changes[0].record_set.name.startswith("lock.")
    )
