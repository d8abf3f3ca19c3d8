"""Which faults and which hands of people belong to the story?

The marks that the harness leaves: rules set, actors stopped, load balancers and
propagation changed, automation frozen, plus plans that people wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.model.history import OpKind
from gameday.model.run_span import run_span
from gameday.model.story_line import StoryKind, StoryLine
from gameday.model.table_writes import plans_published

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.model.history import History, Op
    from gameday.model.stale_act import StaleAct
    from gameday.model.world import World

__all__ = ["describe_rule", "tell_surroundings"]

FAULT_LINES_MAX = 4

_DEEDS = {
    "pause_actor": "pauses {actor} (SIGSTOP)",
    "resume_actor": "resumes {actor}",
    "kill_actor": "kills {actor}",
    "restart_actor": "restarts {actor}",
    "skew_clock": "sets the clock of {actor} {offset_ms} ms ahead",
    "jump_clock": "moves the clock of {actor} by {by_ms} ms",
    "restore_clock": "sets the clock of {actor} right",
    "freeze_automation": "freezes the automation",
    "unfreeze_automation": "thaws the automation",
    "load_balancer": "sets load balancer {name} to {state}",
    "partition": "cuts {az} off ({direction})",
    "heal": "heals {az}",
    "propagation": "sets DNS propagation ({edge}) to {state}",
    "network_effects": "sets the network's latency to {latency_ms} ms",
}


def tell_surroundings(
    history: History, world: World, act: StaleAct | None = None
) -> Iterator[StoryLine]:
    """Yield what was done to the region from outside.

    The plans that overtook a stale act belong to its own story.
    """
    start_ns = run_span(history).start_ns
    told = 0
    for op in history:
        if op.kind is not OpKind.MARK or op.start_ns < start_ns:
            continue
        text = _deed(op)
        if text and told < FAULT_LINES_MAX:
            told += 1
            yield StoryLine(
                at_ns=op.start_ns,
                actor="gameday",
                text=text,
                kind=StoryKind.FAULT,
                weight=6,
            )
    for seen in plans_published(history):
        overtook = act is not None and seen.generation > act.generation
        by_hand = seen.op.actor in world.operators and seen.op.end_ns >= start_ns
        if by_hand and not overtook:
            forced = " by force" if seen.plan is not None and seen.plan.force else ""
            yield StoryLine(
                at_ns=seen.op.end_ns,
                actor=seen.op.actor,
                text=f"publishes plan {seen.generation}{forced}",
                kind=StoryKind.PLAN,
                weight=6,
            )


def describe_rule(rule: Mapping[str, Any]) -> str:
    """Return what a fault rule does and to whom, e.g. "delays ... by 1200 ms"."""
    match = rule.get("match") or {}
    fault = rule.get("fault") or {}
    operation = match.get("operation")
    if isinstance(operation, list):
        operation = " and ".join(str(name) for name in operation)
    service = match.get("service")
    if service == "?*":  # every service, but nothing that is not AWS's
        service = "AWS"
    what = " ".join(str(part) for part in (service, operation, "calls") if part)
    of = f" of {match['actor']}" if match.get("actor") else ""
    of += f" from {_listed(match['az'])}" if match.get("az") else ""
    calls = f"{what}{of}"
    limits = _limits(rule)
    jitter = f" +/- {fault['jitter_ms']}" if fault.get("jitter_ms") else ""
    kind = fault.get("kind")
    verbs = {
        "delay": f"delays {calls} by {fault.get('delay_ms', 0)} ms{jitter}",
        "error": f"answers {calls} with {fault.get('code')}",
        "throttle": f"throttles {calls} to {fault.get('rate_per_s')} a second",
        "drop_request": f"drops {calls}",
        "drop_response": f"drops the replies to {calls}",
        "hold": f"holds {calls}",
        "duplicate": f"delivers {calls} {fault.get('copies', 2)} times",
        "stale_read": f"answers {calls} as of {fault.get('staleness_ms')} ms ago",
        "reject_skew": f"refuses {calls} that are signed for another time",
    }
    return verbs.get(str(kind), f"sets a rule ({kind}) on {calls}") + limits


def describe_dns_rule(rule: Mapping[str, Any]) -> str:
    """Return what a rule for DNS questions does, e.g. "drops DNS answers in az1"."""
    match = rule.get("match") or {}
    fault = rule.get("fault") or {}
    parts = {
        "for": match.get("name"),
        "in": match.get("az"),
        "to": match.get("client"),
        "at": match.get("edge") or ("the DNS edges" if rule["at"] == "edge" else None),
    }
    where = "".join(f" {word} {_listed(of)}" for word, of in parts.items() if of)
    kind = str(fault.get("kind"))
    jitter = f" +/- {fault['jitter_ms']}" if fault.get("jitter_ms") else ""
    zone = fault.get("zone") or "every zone"
    which = "as it is now"
    if fault.get("version"):
        which = f"at version {fault['version']}"
    elif fault.get("age_ms"):
        which = f"{fault['age_ms']} ms late"
    verbs = {
        "empty": f"takes the records out of DNS answers{where}",
        "slow": f"delays DNS answers{where} by {fault.get('delay_ms', 0)} ms{jitter}",
        "drop": f"drops DNS answers{where}",
        "truncate": f"cuts DNS answers{where} short",
        "stale": f"shows {zone} {which} in DNS answers{where}",
    }
    forged = f"makes DNS answers{where} {kind.upper()}"
    return verbs.get(kind, forged) + _limits(rule)


def _listed(names: Any) -> str:
    return " and ".join(map(str, names)) if isinstance(names, list) else str(names)


def _limits(rule: Mapping[str, Any]) -> str:
    only = f", only number {rule['nth']}" if rule.get("nth") else ""
    return only + (f", at most {rule['count']}" if rule.get("count") else "")


def _deed(op: Op) -> str:
    if op.operation == "set_rule":
        rule = op.request.get("rule")
        rule = rule if isinstance(rule, dict) else op.request
        return describe_dns_rule(rule) if "at" in rule else describe_rule(rule)
    template = _DEEDS.get(op.operation)
    if template is None:
        return ""
    defaults = {"actor": "an actor", "name": "", "state": "", "edge": "all edges"}
    known = {**defaults, **op.request}
    return template.format_map(known)
