"""How does the corrected emulator answer inside this process, from any state?

The same application as the embedded moto's own process (`serial_app`), called
without a socket, whose whole contents can be read as a mapping from resource to
value and put back. Ids that it makes up are functions of the request, and its
clock stands still, so that one request on one state has one reply.

Resources: "dynamodb:<region>/<table>/<key>" is an item as canonical JSON,
"route53:<zone>/<name>/<type>/<set identifier>" a record set, "dynamodb:token/<token>"
a transaction that took effect, and "dynamodb:*" and "route53:*" hold everything
else of the service as one value.

Invariants: `load(contents())` changes nothing; items are kept in the order of
their keys, so that a scan depends on what there is and not on how it came. moto's
stores belong to the process, so one process has one such emulator at a time.
"""

from __future__ import annotations

import copy
import hashlib
import json
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gameday.aws.attempts import Attempt, Reply
from gameday.clock import ManualClock
from gameday.emulators.serial_app import SerialApp
from gameday.emulators.stores import (
    items_of,
    load_records,
    put_tables,
    put_zones,
    record_resource,
    table_frames,
    tables,
    zone_frames,
    zones,
)
from gameday.emulators.strict_zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

__all__ = ["EPOCH_MS", "SERVICES", "InProcessEmulator"]

SERVICES = ("dynamodb", "route53")
"""The services whose contents can be read and put back."""

EPOCH_MS = 1_760_860_080_000
"""The moment at which its clock stands: 2025-10-19 07:48 UTC."""

_DROPPED_HEADERS = frozenset(
    {"date", "server", "x-amzn-requestid", "access-control-allow-origin"}
)


class InProcessEmulator:
    """One emulator, empty at first."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

        self._draws = Random(0)
        self._app = SerialApp(
            DomainDispatcherApplication(create_backend_app),
            ManualClock(EPOCH_MS),
            choose=self._draws.choice,
        )
        self._loaded: dict[str, Hashable] = {}
        self._items: dict[Hashable, Any] = {}
        self.answer(
            Attempt(
                method="POST",
                url="http://127.0.0.1/moto-api/reset",
                headers=(),
                body=b"",
            )
        )

    def answer(self, attempt: Attempt) -> Reply:
        """Answer one request on the state as it stands."""
        from moto.moto_api._internal import mock_random
        from werkzeug.test import EnvironBuilder

        seed = hashlib.sha256(attempt.url.encode() + b"\n" + attempt.body).digest()
        self._draws.seed(seed)
        mock_random.seed(seed)
        where = urlsplit(attempt.url)
        environ = EnvironBuilder(
            method=attempt.method,
            path=where.path or "/",
            base_url=f"{where.scheme}://{where.netloc}",
            query_string=where.query,
            headers=list(attempt.headers),
            data=attempt.body,
        ).get_environ()
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            began.append((status, headers))

        body = b"".join(self._app(environ, start))
        status, headers = began[-1]
        return Reply(
            status=int(status.split()[0]),
            headers=tuple(
                sorted(
                    (name.lower(), value)
                    for name, value in headers
                    if name.lower() not in _DROPPED_HEADERS
                )
            ),
            body=body,
        )

    def contents(self, *, all_of: frozenset[str] = frozenset()) -> dict[str, Hashable]:
        """Return everything there is.

        Args:
            all_of: services that may have changed in more than their items and
                record sets since the last `load` or `contents`.
        """
        found: dict[str, Hashable] = {}
        streaming = False
        for region, table in tables():
            streaming = streaming or table.stream_shard is not None
            found.update(items_of(region, table))
        for token, entry in self._app.tokens.held().items():
            found[f"dynamodb:token/{token}"] = entry
        for zone_id, holder in zones():
            for key, record_set in zone_of(zone_id, holder).record_sets.items():
                found[record_resource(zone_id, key)] = record_set
        for service, read in (("dynamodb", table_frames), ("route53", zone_frames)):
            place = f"{service}:*"
            known = place in self._loaded and service not in all_of
            if known and not (service == "dynamodb" and streaming):
                found[place] = self._loaded[place]
            else:
                found[place] = read()
        self._loaded = found
        return found

    @property
    def loaded(self) -> Mapping[str, Hashable]:
        """What it held at the last `load` or `contents`."""
        return self._loaded

    def keys_of(self, region: str, table: str) -> tuple[str, ...] | None:
        """Return a table's key attributes, partition key first; None without it."""
        for where, each in tables():
            if (where, each.name) == (region, table):
                return tuple(each.table_key_attrs)
        return None

    def load(self, contents: Mapping[str, Hashable]) -> None:
        """Bring the emulator to `contents`."""
        before = self._loaded
        for service, put in (("dynamodb", put_tables), ("route53", put_zones)):
            place = f"{service}:*"
            if before.get(place) != contents.get(place):
                put(contents[place])
                # Fresh frames are empty: everything in them has to be put again.
                before = {k: v for k, v in before.items() if not k.startswith(service)}
        changed = {
            resource
            for resource in {*before, *contents}
            if before.get(resource) != contents.get(resource)
        }
        self._load_items(changed, contents)
        load_records(changed, contents)
        if any(each.startswith("dynamodb:token/") for each in changed):
            self._app.tokens.hold(
                {
                    name.removeprefix("dynamodb:token/"): entry
                    for name, entry in contents.items()
                    if name.startswith("dynamodb:token/")
                }
            )
        self._loaded = dict(contents)

    def _load_items(self, changed: set[str], contents: Mapping[str, Hashable]) -> None:
        for region, table in tables():
            prefix = f"dynamodb:{region}/{table.name}/"
            if not any(name.startswith(prefix) for name in changed):
                continue
            table.items.clear()
            for name in sorted(contents):
                if name.startswith(prefix):
                    self._put_item(table, contents[name])

    def _put_item(self, table: Any, value: Hashable) -> None:
        from moto.dynamodb.models.dynamo_type import DynamoType, Item

        if value not in self._items:
            attributes = json.loads(str(value))
            hash_key = DynamoType(attributes[table.hash_key_attr])
            range_key = (
                DynamoType(attributes[table.range_key_attr])
                if table.range_key_attr
                else None
            )
            self._items[value] = Item(hash_key, range_key, attributes)
        # moto changes items in place.
        item = copy.deepcopy(self._items[value])
        if item.range_key is None:
            table.items[item.hash_key] = item
        else:
            table.items[item.hash_key][item.range_key] = item
