"""How does a write to DynamoDB leave an image of what it overwrites?

While a rule answers reads by the past, each item is read, strongly consistent, just
before it is written to. The item is held meanwhile (`table_locks`): a second write
between the reading and the writing would leave an image that never was.

A write whose items are not known (PartiQL, a table that nobody knows, an item that
could not be read) is still sent, and said to have left no image.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from gameday.edge.emulator import NotSent, ReplyLost
from gameday.edge.item_images import EVERY_TABLE, Image, item_key
from gameday.edge.resources import written_items
from gameday.edge.table_locks import TableLocks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from gameday.edge.call import Call
    from gameday.edge.emulator import Emulator
    from gameday.edge.error_reply import Reply
    from gameday.edge.item_images import ItemImages
    from gameday.edge.table_keys import TableKeys

    Send = Callable[[], Awaitable[Reply]]

__all__ = ["ImageTaker"]

_PREFIX = "dynamodb:"


class ImageTaker:
    """Stands around the writes to DynamoDB."""

    def __init__(
        self, *, images: ItemImages, emulator: Emulator, tables: TableKeys
    ) -> None:
        self._images = images
        self._emulator = emulator
        self._tables = tables
        self._locks = TableLocks()

    async def around(self, call: Call, authorization: str, send: Send) -> Reply:
        """Send a write and return its reply.

        Args:
            call: the write.
            authorization: the caller's header, which says region and account.
            send: sends it to the emulator.

        Raises:
            NotSent: it did not arrive.
            ReplyLost: it may have taken effect.
        """
        keys = self._keys(call) if self._images.keeping else None
        if keys is None:
            try:
                return await send()
            finally:
                self._note_unseen(call)
        held = (f"{table} {item_key(key, tuple(key))}" for table, key in keys)
        async with self._locks.hold(tables=(), items=held):
            noted = await self._take(call, keys, authorization)
            try:
                reply = await send()
            except NotSent:
                self._images.drop(noted)
                raise
            except BaseException:
                self._images.date(noted)
                raise
            finally:
                if not noted:
                    self._note_unseen(call)
            if 400 <= reply.status < 500:
                self._images.drop(noted)
            else:
                self._images.date(noted)
            return reply

    def _note_unseen(self, call: Call) -> None:
        for resource in call.writes:
            table = resource.removeprefix(_PREFIX).partition("/")[0]
            known = table != "*"
            self._images.wrote_unseen(
                f"{call.region} {table}" if known else EVERY_TABLE
            )

    def _keys(self, call: Call) -> list[tuple[str, Mapping[str, Any]]] | None:
        """Return table and key of every item written, None if one is not known."""
        keys: list[tuple[str, Mapping[str, Any]]] = []
        for table, item in written_items(call.operation, call.parameters):
            names = self._tables.keys_of(call.region, table)
            if names is None or item_key(item, names) is None:
                return None
            keys.append((table, {name: item[name] for name in names}))
        return keys or None

    async def _take(
        self,
        call: Call,
        keys: list[tuple[str, Mapping[str, Any]]],
        authorization: str,
    ) -> list[Image]:
        """Note what the items hold; nothing if one of them cannot be read."""
        try:
            before = await asyncio.gather(
                *(self._item(table, key, authorization) for table, key in keys)
            )
        except (NotSent, ReplyLost, ValueError):
            return []
        return [
            self._images.note(
                f"{call.region} {table}", key, item_key(key, tuple(key)) or "", item
            )
            for (table, key), item in zip(keys, before, strict=True)
        ]

    async def _item(
        self, table: str, key: Mapping[str, Any], authorization: str
    ) -> Mapping[str, Any] | None:
        headers = (
            ("Authorization", authorization),
            ("Content-Type", "application/x-amz-json-1.0"),
            ("X-Amz-Target", "DynamoDB_20120810.GetItem"),
        )
        request = {"TableName": table, "Key": key, "ConsistentRead": True}
        reply = await self._emulator.send(
            "POST", "/", headers, json.dumps(request).encode()
        )
        if reply.status != 200:
            raise ValueError(f"{table} cannot be read: status {reply.status}")
        item = json.loads(reply.body).get("Item")
        return item if isinstance(item, dict) else None
