"""What must hold of the DNS automation of a region, whatever the interleaving?

Of its records and plans: the invariants S1 to S3, S5 to S7, L1 and L3 of the incident
(S4 and L2 are `lock_properties`), and what they take for granted: a plan is written
once, and what is served is what it says. Pure functions, each made for one endpoint.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gameday.aws.plan_store import PLANS_TABLE, SWITCHES_TABLE
from gameday.explore.freezing import SETTLED_SWITCH
from gameday.explore.properties import Moment, Property
from gameday.model.enactment import observe
from gameday.model.endpoint_history import addresses, alias_of, live_generation
from gameday.model.plan import Generation, Plan, generation_of, parse_plan
from gameday.model.safeguards import FREEZE_SWITCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.model.enactment import EndpointView
    from gameday.model.zone import Zone

__all__ = [
    "age_bounded",
    "answers_frozen",
    "cleanup_keeps",
    "flip_is_atomic",
    "live_tree_kept",
    "never_empty",
    "never_regresses",
    "plan_written_once",
    "root_is_latest",
    "serves_its_plan",
    "was_flipped",
    "was_settled",
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
        views = _views(moment, endpoint)
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
        views = _views(moment, endpoint)
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
        views = _views(moment, endpoint)
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
        views = _views(moment, endpoint)
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
        views = _views(moment, endpoint)
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


def serves_its_plan(endpoint: str, leaves: Mapping[str, str]) -> Property:
    """A tree that goes live serves what its plan says, to the weight.

    Args:
        endpoint: the endpoint.
        leaves: load balancer name to address.
    """

    def check(moment: Moment) -> str | None:
        views = _views(moment, endpoint)
        zone = moment.zone(endpoint)
        if views is None or zone is None or views[1].active not in views[1].trees:
            return None
        live = views[1].active
        plan = _plans(moment).get(live)
        wanted = plan.weights_of(endpoint) if plan else None
        if wanted is None:
            return f"the root points at the tree of plan {live}, which is no plan"
        if views[1].live_weights != wanted:
            return f"plan {live} wants {wanted.shares}, its tree does not"
        missing = {leaves[name] for name in wanted.serving} - addresses(zone, endpoint)
        if missing:
            return f"plan {live} is live without {', '.join(sorted(missing))}"
        return None

    return Property(name="serves-its-plan", check=check)


def plan_written_once() -> Property:
    """A plan that was published neither changes nor goes away."""

    def check(moment: Moment) -> str | None:
        changed = set(moment.items_before(PLANS_TABLE)) - set(moment.items(PLANS_TABLE))
        if not changed:
            return None
        return f"a published plan was overwritten: {min(changed)}"

    return Property(name="plan-written-once", check=check, services=("dynamodb",))


def answers_frozen(endpoint: str) -> Property:
    """L3: once automation is off and nothing is under way, answers stay the same."""

    def check(moment: Moment) -> str | None:
        before, after = moment.zone_before(endpoint), moment.zone(endpoint)
        if (
            before is None
            or after is None
            or not (_is_on(SETTLED_SWITCH, moment.items_before))
        ):
            return None
        was, now = live_generation(before, endpoint), live_generation(after, endpoint)
        if was == now and addresses(before, endpoint) == addresses(after, endpoint):
            return None
        return (
            f"automation was off and at rest, and the root of {endpoint} went from "
            f"plan {was} to plan {now}, or the tree under it changed"
        )

    return Property(name="answers-frozen", check=check)


def root_is_latest(endpoint: str) -> Property:
    """L1, for the end: the root points at the newest plan, which exists.

    A lock that somebody left behind is not the end before it has expired: then whoever
    waits for it goes on. Automation that was turned off repairs nothing.
    """

    def check(moment: Moment) -> str | None:
        zone = moment.zone(endpoint)
        latest = max(_plans(moment), default=0)
        if zone is None or not latest:
            return None
        lock = _view(zone, endpoint).lock
        if lock is not None and lock.alive_until_ms > moment.now_ms:
            return None
        if _is_on(FREEZE_SWITCH, moment.items):
            return None
        live = live_generation(zone, endpoint)
        if live == latest and addresses(zone, endpoint):
            return None
        return (
            f"nothing moves any more, and the root of {endpoint} points at plan {live}"
            f"{'' if addresses(zone, endpoint) else ', which is gone'}, not at {latest}"
        )

    return Property(name="root-is-latest", check=check)


def was_flipped(endpoint: str, generation: int) -> Property:
    """Witness: the endpoint comes to serve a plan."""

    def check(moment: Moment) -> bool:
        zone = moment.zone(endpoint)
        return zone is not None and live_generation(zone, endpoint) == generation

    return Property(name=f"plan-{generation}-was-live", check=check, services=_ZONES)


def was_settled() -> Property:
    """Witness: automation comes to be off and at rest."""

    def check(moment: Moment) -> bool:
        return _is_on(SETTLED_SWITCH, moment.items)

    return Property(name="automation-settled", check=check, services=("dynamodb",))


def _views(moment: Moment, endpoint: str) -> tuple[EndpointView, EndpointView] | None:
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


def _is_on(name: str, items: Callable[[str], tuple[str, ...]]) -> bool:
    switches = (json.loads(item) for item in items(SWITCHES_TABLE))
    return any(item["name"]["S"] == name and item["on"]["BOOL"] for item in switches)


def _plans(moment: Moment) -> dict[Generation, Plan]:
    documents = (json.loads(item) for item in moment.items(PLANS_TABLE))
    plans = (parse_plan(document["document"]["S"]) for document in documents)
    return {plan.generation: plan for plan in plans}
