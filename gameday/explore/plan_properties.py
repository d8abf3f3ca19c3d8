"""What must hold of the records of a region beside its plans and switches?

L1 and L3 of the incident, and what the others take for granted: a plan is written once,
and what is served is what it says. Pure functions, each made for one endpoint.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gameday.aws.plan_store import PLANS_TABLE, SWITCHES_TABLE
from gameday.explore.freezing import SETTLED_SWITCH
from gameday.explore.properties import Moment, Property
from gameday.explore.region_properties import zone_views
from gameday.model.enactment import observe
from gameday.model.endpoint_history import addresses, live_generation
from gameday.model.plan import Generation, Plan, parse_plan
from gameday.model.safeguards import FREEZE_SWITCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "answers_frozen",
    "plan_written_once",
    "root_is_latest",
    "serves_its_plan",
    "was_settled",
]


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
        lock = observe(endpoint, zone.record_sets.values()).lock
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


def serves_its_plan(endpoint: str, leaves: Mapping[str, str]) -> Property:
    """A tree that goes live serves what its plan says, to the weight.

    Args:
        endpoint: the endpoint.
        leaves: load balancer name to address.
    """

    def check(moment: Moment) -> str | None:
        views = zone_views(moment, endpoint)
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


def was_settled() -> Property:
    """Witness: automation comes to be off and at rest."""

    def check(moment: Moment) -> bool:
        return _is_on(SETTLED_SWITCH, moment.items)

    return Property(name="automation-settled", check=check, services=("dynamodb",))


def _is_on(name: str, items: Callable[[str], tuple[str, ...]]) -> bool:
    switches = (json.loads(item) for item in items(SWITCHES_TABLE))
    return any(item["name"]["S"] == name and item["on"]["BOOL"] for item in switches)


def _plans(moment: Moment) -> dict[Generation, Plan]:
    documents = (json.loads(item) for item in moment.items(PLANS_TABLE))
    plans = (parse_plan(document["document"]["S"]) for document in documents)
    return {plan.generation: plan for plan in plans}
