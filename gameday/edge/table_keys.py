"""Which attributes are the key of a DynamoDB table?

A PutItem carries a whole item; without the table's key schema nobody can say
which item that is. The schemas are learned from CreateTable as it passes, or
asked of the emulator when a table is first met.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from gameday.edge.emulator import NotSent, ReplyLost
from gameday.edge.resources import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameday.edge.emulator import Emulator

__all__ = ["TableKeys"]

TABLES_REMEMBERED_MAX = 10_000
ASK_AGAIN_S = 1.0


class TableKeys:
    """The key attributes of each table, partition key first."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._keys: dict[tuple[str, str], tuple[str, ...]] = {}
        self._asking = asyncio.Lock()
        self._asked_in_vain_s: dict[tuple[str, str], float] = {}

    def keys_of(self, region: str, table: str) -> tuple[str, ...] | None:
        """Return the key attributes of a table, None when they are not known."""
        return self._keys.get((region, table))

    def learn(self, region: str, description: Any) -> None:
        """Take a table's keys from its CreateTable request or description."""
        try:
            table = table_of(description["TableName"])
            schema = {
                str(part["KeyType"]): str(part["AttributeName"])
                for part in description["KeySchema"]
            }
            keys = (schema["HASH"], *(schema[k] for k in ("RANGE",) if k in schema))
        except (KeyError, TypeError):
            return
        if len(self._keys) < TABLES_REMEMBERED_MAX:
            self._keys[region, table] = keys

    def forget(self, region: str, table: str) -> None:
        """Forget a table that was deleted; it may return with other keys."""
        self._keys.pop((region, table_of(table)), None)

    async def ensure(
        self, region: str, tables: Iterable[str], authorization: str
    ) -> None:
        """Ask the emulator for the keys of tables that are met first.

        Args:
            region: where the tables are.
            tables: their names.
            authorization: the caller's header, which says region and account.
        """
        for table in tables:
            if (region, table) not in self._keys:
                # Of several calls that meet a table at once, one asks for all.
                async with self._asking:
                    if self._may_ask(region, table):
                        await self._ask(region, table, authorization)

    def _may_ask(self, region: str, table: str) -> bool:
        """A table that does not exist is not asked for at every call."""
        if (region, table) in self._keys:
            return False
        now_s = time.monotonic()
        asked_s = self._asked_in_vain_s.get((region, table))
        if asked_s is not None and now_s - asked_s < ASK_AGAIN_S:
            return False
        if len(self._asked_in_vain_s) >= TABLES_REMEMBERED_MAX:
            self._asked_in_vain_s.clear()
        self._asked_in_vain_s[region, table] = now_s
        return True

    async def _ask(self, region: str, table: str, authorization: str) -> None:
        headers = (
            ("Authorization", authorization),
            ("Content-Type", "application/x-amz-json-1.0"),
            ("X-Amz-Target", "DynamoDB_20120810.DescribeTable"),
        )
        body = json.dumps({"TableName": table}).encode()
        try:
            reply = await self._emulator.send("POST", "/", headers, body)
            if reply.status == 200:
                self.learn(region, json.loads(reply.body)["Table"])
        except (NotSent, ReplyLost, ValueError, KeyError, TypeError):
            # The call itself will meet the same emulator and say what is wrong.
            return
