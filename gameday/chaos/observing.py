"""What has happened on the running stage so far?

Probes that look back read the edge's history. It only grows, so each look
fetches the ops that are new. Nothing here calls AWS, except for the newest
plan, which the plan store alone knows.
"""

import threading

from gameday.chaos.running import Running
from gameday.model.endpoint_history import RefusalReason, flips, refused_flips
from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.reconstruction import ZoneHistory, reconstruct
from gameday.model.resolver_answers import empties_after_first

__all__ = [
    "detection_s",
    "fired",
    "newest_plan",
    "recorded",
    "regressions",
    "wedged_enactors",
]

_HISTORIES_KEPT_MAX = 4

_lock = threading.Lock()
_histories: dict[str, list[Op]] = {}


def recorded(stage: Running) -> History:
    """Return every op that the edge has recorded until now."""
    with _lock:
        if stage.state.id not in _histories:
            while len(_histories) >= _HISTORIES_KEPT_MAX:
                del _histories[next(iter(_histories))]
        ops = _histories.setdefault(stage.state.id, [])
        ops.extend(stage.edge.history(len(ops)))
        return History(tuple(ops))


def newest_plan(stage: Running) -> int:
    """Return the generation of the newest plan in the plan store, 0 for none."""
    from gameday.aws.plan_store import PlanStore

    store = PlanStore(
        stage.operator("dynamodb"),
        stage.policy(),
        region=stage.state.region.aws_region,
    )
    plan = store.newest()
    return int(plan.generation) if plan else 0


def regressions(stage: Running, endpoint: str) -> int:
    """Return how often the endpoint's root was moved to an older plan."""
    zone = _zone(stage, endpoint)
    if zone is None:
        return 0
    return sum(
        1
        for flip in flips(zone, endpoint)
        if flip.before is not None
        and flip.after is not None
        and flip.after < flip.before
    )


def wedged_enactors(stage: Running, endpoint: str, refusals: int) -> list[str]:
    """Return the actors whose last `refusals` flips name a tree that is gone.

    A flip that worked, by anybody, ends it: the wedge is everybody's.
    """
    zone = _zone(stage, endpoint)
    if zone is None:
        return []
    moved = flips(zone, endpoint)
    last_flip_ns = moved[-1].at_ns if moved else 0
    counts: dict[str, int] = {}
    for refused in refused_flips(zone, endpoint):
        if refused.op.end_ns < last_flip_ns:
            continue
        if refused.reason is RefusalReason.ALIAS_TARGET:
            actor = refused.op.actor
            counts[actor] = counts.get(actor, 0) + 1
    return sorted(actor for actor, count in counts.items() if count >= refusals)


def detection_s(stage: Running, endpoint: str) -> float:
    """Return seconds from the first empty answer to the alarm, -1.0 for none."""
    history = recorded(stage)
    empties = empties_after_first(history, endpoint)
    if not empties:
        return -1.0
    dark_ns = empties[0].op.end_ns
    alarm = f"endpoint-{endpoint}"
    for op in history:
        if op.end_ns >= dark_ns and _raises(op, alarm):
            return round((op.end_ns - dark_ns) / 1e9, 3)
    return -1.0


def fired(stage: Running, rule: str) -> int:
    """Return how many calls a rule has decided, whether or not it still stands.

    The edge counts a call when it decides it; the history shows it when it is
    over. A rule that was set more than once counts all its lives.
    """
    standing = [int(r["fired"]) for r in stage.edge.rules() if r["id"] == rule]
    removed = [
        int(op.request.get("fired", 0))
        for op in recorded(stage)
        if op.operation == "remove_rule" and op.request.get("id") == rule
    ]
    return sum(standing) + sum(removed)


def _raises(op: Op, alarm: str) -> bool:
    return (
        op.kind is OpKind.CALL
        and op.operation == "SetAlarmState"
        and op.outcome is not Outcome.FAIL
        and op.request.get("AlarmName") == alarm
        and op.request.get("StateValue") == "ALARM"
    )


def _zone(stage: Running, endpoint: str) -> ZoneHistory | None:
    writes = tuple(
        op
        for op in recorded(stage)
        if op.operation == "ChangeResourceRecordSets"
        and op.request.get("Zone") == endpoint
    )
    return reconstruct(History(writes)).get(endpoint)
