"""How do an activity's flat arguments become a rule at the edge?

Chaos Toolkit activities take flat arguments so that `chaos discover` can show
them; the edge takes a rule document. Defaults stand for "not given" and are
left out, so that the edge's own defaults rule.

`rules_of` runs an activity without a stage and returns the documents that it
would have set, so that an experiment can be checked before anything starts.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from chaoslib.exceptions import ActivityFailed

from gameday.chaos.running import running
from gameday.edge.control_client import ControlClient
from gameday.errors import GamedayError

__all__ = ["OWNER", "limits_of", "match_of", "rules_of", "set_dns_rule", "set_rule"]

OWNER = "experiment"
"""Who owns the rules that activities set."""

_collected: ContextVar[list[dict[str, Any]] | None] = ContextVar(
    "collected", default=None
)


def match_of(
    actor: str,
    service: str,
    operation: str | list[str],
    resource: str,
    parameters: str,
    az: str,
) -> dict[str, Any]:
    """Return what a rule matches; operations may be separated by commas."""
    names = operation.split(",") if isinstance(operation, str) else operation
    operations = [name.strip() for name in names if name.strip()]
    match: dict[str, Any] = {
        "actor": actor,
        "service": service,
        "operation": operations[0] if len(operations) == 1 else operations,
        "resource": resource,
        "parameters": parameters,
        "az": az,
    }
    return {key: value for key, value in match.items() if value}


def limits_of(
    count: int, nth: int, probability: float, seed: int, after_ms: int, until_ms: int
) -> dict[str, Any]:
    """Return how often and when a rule fires, without what was not given."""
    limits: dict[str, Any] = {
        "count": count,
        "nth": nth,
        "seed": seed,
        "after_ms": after_ms,
        "until_ms": until_ms,
    }
    chosen = {key: value for key, value in limits.items() if value}
    if probability != 1:
        chosen["probability"] = probability
    return chosen


def set_rule(
    configuration: Any,
    name: str,
    match: dict[str, Any],
    fault: dict[str, Any],
    limits: dict[str, Any],
) -> dict[str, Any]:
    """Set the rule at the edge and return what was set.

    Raises ActivityFailed with every reason when the edge refuses it.
    """
    told = _set(
        configuration,
        name,
        {"match": match, "fault": fault, **limits},
        lambda edge, document: {"id": edge.set_rule(document)},
    )
    return {"rule": told["id"], "match": match, "fault": fault} if told else {}


def set_dns_rule(
    configuration: Any,
    name: str,
    at: str,
    match: dict[str, Any],
    fault: dict[str, Any],
    limits: dict[str, Any],
) -> dict[str, Any]:
    """Set the rule for DNS questions at the edge and return what was set.

    Raises ActivityFailed with every reason when the edge refuses it.
    """
    told = _set(
        configuration,
        name,
        {"at": at, "match": match, "fault": fault, **limits},
        lambda edge, document: edge.set_dns_rule(document),
    )
    if not told:
        return {}
    return {"rule": told.pop("id"), "at": at, "match": match, "fault": fault, **told}


def _set(
    configuration: Any,
    name: str,
    document: dict[str, Any],
    put: Callable[[ControlClient, dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Return what `put` does, or nothing where documents are only collected."""
    document["owner"] = OWNER
    if name:
        document["id"] = name
    collected = _collected.get()
    if collected is not None:
        collected.append(document)
        return {}
    stage = running(configuration)
    document.setdefault("seed", stage.seed)
    try:
        return put(stage.edge, document)
    except GamedayError as error:
        raise ActivityFailed(" ".join(str(error).split("\n"))) from error


def rules_of(
    activity: Callable[..., Any], arguments: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rule documents that an activity would set.

    Raises TypeError when the arguments do not fit the activity.
    """
    documents: list[dict[str, Any]] = []
    token = _collected.set(documents)
    try:
        activity(**arguments)
    finally:
        _collected.reset(token)
    return documents
