"""What do moto's stores of this process hold, and how is it put back?

The part of `in_process` that knows moto's classes. "Frames" are the tables without
their items and the zones without their record sets, pickled.
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

from gameday.emulators.strict_zones import keep_zone
from gameday.model.zone import RecordKey, RecordSet, Zone, normalise_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

__all__ = [
    "items_of",
    "load_records",
    "put_tables",
    "put_zones",
    "record_resource",
    "table_frames",
    "tables",
    "zone_frames",
    "zones",
]


def record_resource(zone_id: str, key: RecordKey) -> str:
    """Return the name under which a record set's value is kept."""
    return f"route53:{zone_id}/{key.name}/{key.type}/{key.set_identifier}"


def tables() -> Iterator[tuple[str, Any]]:
    """Yield every table with its region."""
    from moto.dynamodb.models import dynamodb_backends

    for account in sorted(dynamodb_backends):
        for region in sorted(dynamodb_backends[account]):
            for table in dynamodb_backends[account][region].tables.values():
                yield region, table


def items_of(region: str, table: Any) -> dict[str, Hashable]:
    """Return a table's items, which are put into the order of their keys.

    So are the attributes of each: a reply shows them in the order in which they are
    kept, and that may depend on nothing but what they are.
    """
    found: dict[str, tuple[str, Any]] = {}
    for held in table.items.values():
        for item in held.values() if isinstance(held, dict) else (held,):
            attributes = item.to_json()["Attributes"]
            keys = [attributes[name] for name in table.table_key_attrs]
            key = json.dumps(keys, sort_keys=True)
            found[f"dynamodb:{region}/{table.name}/{key}"] = (
                json.dumps(attributes, sort_keys=True),
                item,
            )
    table.items.clear()
    for name in sorted(found):
        item = found[name][1]
        _put_in_order(item.attrs)
        if item.range_key is None:
            table.items[item.hash_key] = item
        else:
            table.items[item.hash_key][item.range_key] = item
    return {name: text for name, (text, _) in found.items()}


def _put_in_order(attributes: dict[str, Any]) -> None:
    ordered = dict(sorted(attributes.items()))
    if list(ordered) != list(attributes):
        attributes.clear()
        attributes.update(ordered)
    for each in ordered.values():
        _put_within_in_order(each)


def _put_within_in_order(value: Any) -> None:
    if value.is_map():
        _put_in_order(value.value)
    elif value.is_list():
        for each in value.value:
            _put_within_in_order(each)


def zones() -> Iterator[tuple[str, Any]]:
    """Yield every hosted zone of moto's with its id."""
    from moto.route53.models import route53_backends

    for account in sorted(route53_backends):
        for partition in sorted(route53_backends[account]):
            yield from sorted(route53_backends[account][partition].zones.items())


def table_frames() -> bytes:
    """Return every table without its items."""
    from moto.dynamodb.models import dynamodb_backends

    frames = []
    for account in sorted(dynamodb_backends):
        for region in sorted(dynamodb_backends[account]):
            kept = {}
            for name, table in dynamodb_backends[account][region].tables.items():
                frame = copy.copy(table)
                frame.items = type(table.items)(dict)
                kept[name] = frame
            frames.append((account, region, kept))
    return pickle.dumps(frames)


def put_tables(value: Hashable) -> None:
    """Put back what `table_frames` returned."""
    from moto.dynamodb.models import dynamodb_backends

    assert isinstance(value, bytes)  # noqa: S101 - what `table_frames` returned
    for account, region, kept in pickle.loads(value):  # noqa: S301 - our own bytes
        backend = dynamodb_backends[account][region]
        backend.tables.clear()
        backend.tables.update(kept)


def zone_frames() -> bytes:
    """Return every hosted zone without its record sets."""
    from moto.route53.models import route53_backends

    frames = []
    for account in sorted(route53_backends):
        for partition in sorted(route53_backends[account]):
            kept = {}
            for zone_id, holder in route53_backends[account][partition].zones.items():
                frame = copy.copy(holder)
                frame.strict_zone, frame.rrsets = None, []
                kept[zone_id] = frame
            frames.append((account, partition, kept))
    return pickle.dumps(frames)


def put_zones(value: Hashable) -> None:
    """Put back what `zone_frames` returned."""
    from moto.route53.models import route53_backends

    assert isinstance(value, bytes)  # noqa: S101 - what `zone_frames` returned
    for account, partition, kept in pickle.loads(value):  # noqa: S301 - our own bytes
        backend = route53_backends[account][partition]
        backend.zones.clear()
        backend.zones.update(kept)


def load_records(changed: set[str], contents: Mapping[str, Hashable]) -> None:
    """Bring the record sets that changed to `contents`."""
    for zone_id, holder in zones():
        prefix = f"route53:{zone_id}/"
        touched = [name for name in changed if name.startswith(prefix)]
        if not touched:
            continue
        held = getattr(holder, "strict_zone", None)
        record_sets = dict(held.record_sets) if held else {}
        if held is None:
            touched = [name for name in contents if name.startswith(prefix)]
        for name in touched:
            owner, record_type, identifier = name.removeprefix(prefix).split("/", 2)
            key = RecordKey(name=owner, type=record_type, set_identifier=identifier)
            value = contents.get(name)
            if isinstance(value, RecordSet):
                record_sets[key] = value
            else:
                record_sets.pop(key, None)
        keep_zone(
            holder,
            Zone(id=zone_id, name=normalise_name(holder.name), record_sets=record_sets),
        )
