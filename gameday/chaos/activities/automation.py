"""What can an operator tell the region's automation to do?

The freeze switch stops a design that obeys it. A plan published here is a plan
like the planner's own: written under a condition on its generation, and applied
by whatever enactors are running.
"""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonList, JsonObject
from gameday.chaos.running import Running, failing_plainly, running
from gameday.errors import StaleGeneration
from gameday.model.plan import Plan, Weights
from gameday.model.safeguards import FREEZE_SWITCH

__all__ = ["freeze_automation", "publish_plan", "unfreeze_automation"]

_OPERATOR = "operator"
_GENERATION_TRIES_MAX = 10


def freeze_automation(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Turn the global stop switch on.

    Planner, enactors and clean-up read it before each step and stand still,
    if the design's `freeze` safeguard is on.

    Returns:
        {"frozen": true, "obeyed": whether the design obeys the switch}.
    """
    return _turn_freeze(running(configuration), on=True)


def unfreeze_automation(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Turn the global stop switch off.

    Returns:
        {"frozen": false, "obeyed": whether the design obeys the switch}.
    """
    return _turn_freeze(running(configuration), on=False)


def publish_plan(
    weights: JsonObject = {},  # noqa: B006 - only read, and discovery shows it
    drop_load_balancers: JsonList = [],  # noqa: B006 - as above
    endpoint: str = "",
    force: bool = False,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Publish the next plan, made from the newest one.

    Args:
        weights: {endpoint: {load balancer: weight 0 to 255}}; replaces those
            endpoints' load balancers, the others stay. {} empties an endpoint.
        drop_load_balancers: names to leave out of the plan.
        endpoint: leave them out of this endpoint only; of all when left out.
        force: mark the plan so that the safety check lets it through.

    Returns:
        {"generation": its number, "endpoints": {endpoint: {load balancer:
        weight}}, "force": as given}.
    """
    from gameday.aws.plan_store import PlanStore

    stage = running(configuration)
    store = PlanStore(
        stage.operator("dynamodb"),
        stage.policy(),
        region=stage.state.region.aws_region,
    )
    with failing_plainly():
        for _ in range(_GENERATION_TRIES_MAX):
            newest = store.newest()
            if newest is None:
                raise ActivityFailed("no plan has been published yet")
            plan = Plan(
                generation=store.next_generation(),
                endpoints=tuple(
                    _weights(stage, old, weights, drop_load_balancers, endpoint)
                    for old in newest.endpoints
                ),
                made_by=_OPERATOR,
                force=force,
            )
            try:
                store.write(plan)
            except StaleGeneration:
                continue
            return {
                "generation": int(plan.generation),
                "endpoints": {w.endpoint: dict(w.shares) for w in plan.endpoints},
                "force": force,
            }
    raise ActivityFailed(
        f"another planner took the generation {_GENERATION_TRIES_MAX} times running"
    )


def _turn_freeze(stage: Running, *, on: bool) -> JsonObject:
    from gameday.aws.plan_store import Switches

    with failing_plainly():
        Switches(stage.operator("dynamodb"), stage.policy()).turn(FREEZE_SWITCH, on=on)
        stage.edge.mark(f"{'' if on else 'un'}freeze_automation", {})
    return {"frozen": on, "obeyed": stage.state.safeguards.get("freeze") == "on"}


def _weights(
    stage: Running,
    old: Weights,
    wanted: JsonObject,
    dropped: JsonList,
    only: str,
) -> Weights:
    shares = dict(old.shares)
    if old.endpoint in {stage.endpoint(name) for name in wanted}:
        given = next(v for k, v in wanted.items() if stage.endpoint(k) == old.endpoint)
        shares = {str(name): int(weight) for name, weight in given.items()}
    if not only or stage.endpoint(only) == old.endpoint:
        shares = {lb: w for lb, w in shares.items() if lb not in dropped}
    known = {lb.name for lb in stage.state.region.load_balancers}
    unknown = sorted(set(shares) - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise ActivityFailed(
            f"no load balancer is named {unknown[0]!r}; known: {names}"
        )
    return Weights(endpoint=old.endpoint, shares=tuple(sorted(shares.items())))
