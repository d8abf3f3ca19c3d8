"""How does a record set look in boto3's dictionaries?

The model never sees a dictionary from outside; the edge, the emulators and the
programs parse here and render here. Parsing raises ValueError for what is not
a change batch at all; a batch that is one but asks for something impossible is
`zone.apply_batch`'s to refuse.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gameday.model.record_set import Action, AliasTarget, Change, RecordSet
from gameday.model.record_syntax import normalise_name

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "bare_zone_id",
    "parse_change_batch",
    "parse_record_set",
    "render_change",
    "render_record_set",
]

_TEXTS = ("Region", "Failover", "HealthCheckId", "TrafficPolicyInstanceId")
_STRUCTURES = ("GeoLocation", "CidrRoutingConfig", "GeoProximityLocation")
_ROUTING = frozenset((*_TEXTS, *_STRUCTURES, "MultiValueAnswer"))


def bare_zone_id(zone_id: str) -> str:
    """Return the id without "/hostedzone/", as the model keeps it."""
    return zone_id.rsplit("/", 1)[-1]


def parse_change_batch(params: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return the changes of a ChangeResourceRecordSets request.

    Args:
        params: boto3's parameters (with "ChangeBatch") or the change batch alone
            (with "Changes").

    Raises:
        ValueError: something is missing, unknown or of the wrong kind.
    """
    batch = params.get("ChangeBatch", params)
    try:
        lines = batch["Changes"]
        return tuple(
            Change(
                action=Action(line["Action"]),
                record_set=parse_record_set(line["ResourceRecordSet"]),
            )
            for line in lines
        )
    except KeyError as error:
        raise ValueError(f"the change batch has no {error.args[0]}") from error
    except (AttributeError, TypeError) as error:
        raise ValueError(f"this is not a change batch: {error}") from error


def parse_record_set(shape: Mapping[str, Any]) -> RecordSet:
    """Return the record set that boto3's dictionary describes."""
    alias = shape.get("AliasTarget")
    weight = shape.get("Weight")
    ttl_s = shape.get("TTL")
    return RecordSet(
        name=normalise_name(shape["Name"]),
        type=str(shape["Type"]),
        ttl_s=None if ttl_s is None else int(ttl_s),
        values=tuple(
            str(record["Value"]) for record in shape.get("ResourceRecords") or ()
        ),
        alias=None if alias is None else _parse_alias(alias),
        set_identifier=shape.get("SetIdentifier") or "",
        weight=None if weight is None else int(weight),
        routing=_parse_routing(shape),
    )


def _parse_alias(shape: Mapping[str, Any]) -> AliasTarget:
    return AliasTarget(
        zone_id=bare_zone_id(shape["HostedZoneId"]),
        name=normalise_name(shape["DNSName"]),
        evaluate_target_health=bool(shape.get("EvaluateTargetHealth", False)),
    )


def _parse_routing(shape: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if _ROUTING.isdisjoint(shape):
        return ()
    pairs = [(name, str(shape[name])) for name in _TEXTS if shape.get(name)]
    pairs += [
        (name, json.dumps(shape[name], sort_keys=True, separators=(",", ":")))
        for name in _STRUCTURES
        if shape.get(name)
    ]
    # MultiValueAnswer=False is the same as leaving it out.
    if shape.get("MultiValueAnswer"):
        pairs.append(("MultiValueAnswer", "true"))
    return tuple(sorted(pairs))


def render_record_set(record_set: RecordSet) -> dict[str, Any]:
    """Return `record_set` as boto3 lists it, members in AWS's order."""
    shape: dict[str, Any] = {"Name": record_set.name, "Type": record_set.type}
    if record_set.set_identifier:
        shape["SetIdentifier"] = record_set.set_identifier
    if record_set.weight is not None:
        shape["Weight"] = record_set.weight
    for name, value in record_set.routing:
        shape[name] = _render_attribute(name, value)
    if record_set.ttl_s is not None:
        shape["TTL"] = record_set.ttl_s
    if record_set.values:
        shape["ResourceRecords"] = [{"Value": value} for value in record_set.values]
    if record_set.alias is not None:
        shape["AliasTarget"] = {
            "HostedZoneId": record_set.alias.zone_id,
            "DNSName": record_set.alias.name,
            "EvaluateTargetHealth": record_set.alias.evaluate_target_health,
        }
    return shape


def _render_attribute(name: str, value: str) -> Any:
    if name == "MultiValueAnswer":
        return True
    return json.loads(value) if name in _STRUCTURES else value


def render_change(change: Change) -> dict[str, Any]:
    """Return `change` as one entry of boto3's "Changes"."""
    return {
        "Action": change.action.value,
        "ResourceRecordSet": render_record_set(change.record_set),
    }
