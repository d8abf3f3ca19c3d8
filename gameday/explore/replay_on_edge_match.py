"""How does a rule recognise a call of a schedule in a region that is at work?

By who makes it, what it is about, the shape of its batch and the plan in it. Ids,
times and the values of locks are not looked at, and a plan of the schedule has the
next number there, because the region's first plan came before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.plan import generation_of, tree_name
from gameday.model.zone_wire import parse_change_batch

if TYPE_CHECKING:
    from gameday.explore.replay_on_edge_call import Asked

__all__ = ["REMEMBERED", "is_like", "match_of", "said_of", "tree_of"]

REMEMBERED = frozenset({"ListHostedZonesByName"})
"""Asked once in a program's life, and answered the same for ever: in a region that is
at work it has been asked."""

_PLANS_BEFORE = 1
"""Plans that a region at work has before the schedule begins."""


def match_of(asked: Asked) -> dict[str, str]:
    """Return the arguments of `hold` that recognise a call."""
    match = {
        "actor": asked.identity,
        "service": asked.service,
        "operation": asked.operation,
        "resource": asked.resource,
    }
    if asked.operation in REMEMBERED:
        # It will not be asked again; what comes after it will.
        zone = str(asked.parameters.get("DNSName", "*")).rstrip(".")
        del match["operation"]
        match["resource"] = f"route53:{zone}/*"
    expression = _expression(asked)
    return {**match, "parameters": expression} if expression else match


def is_like(one: Asked, other: Asked) -> bool:
    """Answer whether a rule for `other` meets `one`."""
    if other.operation in REMEMBERED:
        return (one.identity, one.service) == (other.identity, other.service)
    return (one.identity, one.service, one.operation, _expression(one)) == (
        other.identity,
        other.service,
        other.operation,
        _expression(other),
    )


def _expression(asked: Asked) -> str:
    """Return JMESPath that tells calls of one operation apart by their shape."""
    match asked.operation:
        case "ChangeResourceRecordSets":
            changes = asked.parameters["ChangeBatch"]["Changes"]
            names = [each["ResourceRecordSet"]["Name"] for each in changes]
            zone = asked.resource.removeprefix("route53:").partition("/")[0]
            touches_root = any(name.rstrip(".") == zone for name in names)
            path = "ChangeBatch.Changes"
            root = f"contains({path}[].ResourceRecordSet.Name, '{zone}.')"
            conditions = [
                f"length({path}) {'==' if len(changes) == 1 else '>'} `1`",
                f"{path}[0].Action == '{changes[0]['Action']}'",
                f"{path}[-1].Action == '{changes[-1]['Action']}'",
                root if touches_root else f"!{root}",
            ]
            if tree := tree_of(asked):
                last = f"{path}[-1].ResourceRecordSet"
                conditions.append(f"contains(to_string({last}), '{tree}')")
            return " && ".join(conditions)
        case "ListResourceRecordSets":
            sign = "!=" if "StartRecordName" in asked.parameters else "=="
            return f"StartRecordName {sign} `null`"
    return ""


def tree_of(asked: Asked) -> str:
    """Return the plan's tree that a batch is about, by its name in the experiment."""
    if asked.operation != "ChangeResourceRecordSets":
        return ""
    last = parse_change_batch(asked.parameters)[-1].record_set
    zone = asked.resource.removeprefix("route53:").partition("/")[0]
    generation = generation_of(last.alias.name if last.alias else last.name, zone)
    return tree_name(generation + _PLANS_BEFORE, zone) if generation else ""


def said_of(asked: Asked) -> str:
    """Return a call in a few words."""
    if asked.operation in REMEMBERED:
        return f"the next call of {asked.identity}"
    if asked.operation != "ChangeResourceRecordSets":
        return asked.operation
    changes = asked.parameters["ChangeBatch"]["Changes"]
    last = changes[-1]
    name = last["ResourceRecordSet"]["Name"]
    many = f"{len(changes)} changes, the last " if len(changes) > 1 else ""
    return f"{asked.operation}, {many}{last['Action']} {name}"
