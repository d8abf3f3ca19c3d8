"""Which rule of the edge is a fault rule of LocalStack's, and can it ever strike?

LocalStack takes any name. So do we, but a rule that no call will ever match makes
an experiment pass for nothing, so each comes with the reasons why it cannot.

A fault rule is about AWS calls only: a rule that names no service matches calls
that do, not what else LocalStack serves (its health, its diagnostics).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

from gameday.edge.localstack_chaos_schema import MATCH_EXTRAS, RULE_EXTRAS
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameday.aws.service_models import ServiceModels
    from gameday.edge.rules import Rule

__all__ = [
    "MESSAGE",
    "OWNER",
    "Shadows",
    "doubts",
    "edge_document",
    "is_operation",
    "named",
]

OWNER = "localstack-chaos"
MESSAGE = "Operation failed due to a simulated fault"
_STATUS = 503
_CODE = "ServiceUnavailable"
_ANY_SERVICE = "?*"
_WHERE = ("region", "service", "operation")
_PLAIN = frozenset({*_WHERE, "probability", "description", "error"})


def edge_document(
    fault: Mapping[str, Any], rule_id: str, models: ServiceModels
) -> dict[str, Any]:
    """Return our rule for a fault rule, without the names that we would refuse.

    `named` puts them in. May read service models.
    """
    match = {name: fault[name] for name in MATCH_EXTRAS if name in fault}
    service = _service(fault, models)
    if service in models.names:
        match["service"] = service
    if "operation" in fault and is_operation(models, service, fault["operation"]):
        match["operation"] = fault["operation"]
    return {
        "id": rule_id,
        "owner": OWNER,
        "match": match,
        "fault": fault["fault"] if "fault" in fault else _error(fault),
        "probability": fault.get("probability", 1),
        **{name: fault[name] for name in RULE_EXTRAS if name in fault},
    }


def named(
    rule: Rule,
    document: Mapping[str, Any],
    fault: Mapping[str, Any],
    names: ServiceModels,
) -> tuple[Rule, dict[str, Any]]:
    """Return a rule and its document with region, service and operation in place.

    Args:
        rule: the rule of `document`.
        document: from `edge_document`.
        fault: the fault rule.
        names: services that exist.
    """
    service = _service(fault, names) or _ANY_SERVICE
    where = {name: fault[name] for name in ("region", "operation") if name in fault}
    match = replace(
        rule.match,
        services=(service,),
        operations=(where["operation"],) if "operation" in where else (),
        regions=(where["region"],) if "region" in where else (),
    )
    shown = {"service": service, **where, **document["match"]}
    return replace(rule, match=match), {**document, "match": shown}


def doubts(fault: Mapping[str, Any], models: ServiceModels) -> list[str]:
    """Return why a fault rule can never strike. May read every service model."""
    found = []
    if "region" in fault and fault["region"] not in models.regions:
        found.append(unknown_name("region", fault["region"], models.regions))
    service = _service(fault, models)
    if service is not None and service not in models.names:
        found.append(unknown_name("service", service, models.names))
    elif "operation" in fault and not is_operation(models, service, fault["operation"]):
        found.append(_unknown_operation(models, service, fault["operation"]))
    if fault.get("probability") == 0:
        found.append("its probability is 0")
    return found


class Shadows:
    """Which rules of a list, in order, are left nothing by the rules before them?"""

    def __init__(self, faults: Sequence[Mapping[str, Any]]) -> None:
        self._count = 0
        self._takers: dict[tuple[str | None, ...], int] = {}
        """Where the first rule stands that takes all of a region, service, operation;
        None is any."""
        for fault in faults:
            self.add(fault)

    def add(self, fault: Mapping[str, Any]) -> str:
        """Append a rule; returns why it can never strike, "" if it can."""
        where = tuple(fault.get(name) for name in _WHERE)
        wider = product(*({None, name} for name in where))
        takers = [self._takers[each] for each in wider if each in self._takers]
        if fault.keys() <= _PLAIN and fault.get("probability", 1) == 1:
            self._takers.setdefault(where, self._count)
        self._count += 1
        if not takers:
            return ""
        return f"rule [{min(takers)}], which comes first, strikes every call of its"


def is_operation(models: ServiceModels, service: str | None, operation: str) -> bool:
    """Whether a service, None for any, has an operation. May read every model."""
    if service is None:
        return models.offers(operation)
    model = models.get(_service({"service": service}, models) or "")
    return model is not None and operation in model.operations


def _service(fault: Mapping[str, Any], models: ServiceModels) -> str | None:
    """Return botocore's name of the service; LocalStack takes underscores too."""
    name: str | None = fault.get("service")
    if name is None or name in models.names:
        return name
    hyphenated = name.replace("_", "-")
    return hyphenated if hyphenated in models.names else name


def _error(fault: Mapping[str, Any]) -> dict[str, Any]:
    error = fault.get("error", {})
    return {
        "kind": "error",
        "code": error.get("code", _CODE),
        # JSON knows one kind of number: 503.0 is an integer to the schema.
        "status": int(error.get("statusCode", _STATUS)),
        "message": error.get("message", MESSAGE),
    }


def _unknown_operation(
    models: ServiceModels, service: str | None, operation: str
) -> str:
    model = models.get(service) if service else None
    if model is None:
        return f"no service has an operation {operation!r}"
    return unknown_name(f"{service} operation", operation, model.operations)
