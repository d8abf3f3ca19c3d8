"""Does the emulator keep DynamoDB's contract, and who keeps it if it does not?

The guard of Route 53 judges by a model of the whole zone. Items are the emulator's;
here only those promises are kept for it that emulators are known to break:

* a ClientRequestToken applies once within ten minutes, and stands for one request;
* a transaction is alone on its tables, and a write on its items (`table_locks`), so
  that of two conditional writers one wins, and a transaction that fails takes
  nothing of anybody else's back with it;
* requests that DynamoDB does not read are refused (`model.table_request_rules`).

The dangerous order: a token is looked up once the tables are held. Two replays of
one request that were looked up first would both be new.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from typing import TYPE_CHECKING

from gameday.edge.error_reply import Reply, error_reply
from gameday.edge.table_locks import TableLocks
from gameday.model.idempotency import MISMATCH_MESSAGE, Seen, TokenWindow
from gameday.model.table_request_rules import table_request_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameday.edge.call import Call

    Forward = Callable[[], Awaitable[Reply]]

__all__ = ["TableGuard"]

_GUARDED = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)
_JSON = "application/x-amz-json-1.0"


class TableGuard:
    """Judges what is asked of DynamoDB's items."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._now_ns = now_ns
        self._tokens = TokenWindow()
        self._locks = TableLocks()

    async def answer(self, call: Call, forward: Forward) -> Reply:
        """Return the reply to a call of DynamoDB.

        Args:
            call: what is asked.
            forward: sends the request to the emulator as it is.

        Raises:
            NotSent: the emulator cannot be reached; nothing changed.
            ReplyLost: it broke off; something may have changed.
        """
        if call.operation not in _GUARDED or call.problem:
            return await forward()
        problem = table_request_problem(call.operation, call.parameters)
        if problem:
            return _error(call, "ValidationException", problem)
        touched = (*call.reads, *call.writes)
        alone = call.operation == "TransactWriteItems"
        async with self._locks.hold(
            tables=(_scoped(call, each.partition("/")[0]) for each in touched),
            items=() if alone else (_scoped(call, each) for each in _items(call)),
            alone=alone,
        ):
            token = call.parameters.get("ClientRequestToken")
            if alone and isinstance(token, str) and token:
                return await self._once(call, _scoped(call, token), forward)
            return await forward()

    async def _once(self, call: Call, token: str, forward: Forward) -> Reply:
        """Forward a transaction unless its token has been here before."""
        rest = {k: v for k, v in call.parameters.items() if k != "ClientRequestToken"}
        digest = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).digest()
        now_ms = self._now_ns() // 1_000_000
        match self._tokens.look_up(token, digest, now_ms=now_ms):
            case Seen.REPLAY:
                return Reply(
                    status=200,
                    headers=(
                        ("Content-Type", _JSON),
                        ("x-amzn-RequestId", str(uuid.uuid4())),
                    ),
                    body=self._tokens.reply_to(token),
                )
            case Seen.MISMATCH:
                code = "IdempotentParameterMismatchException"
                return _error(call, code, MISMATCH_MESSAGE)
        reply = await forward()
        if reply.status == 200:
            self._tokens.remember(token, digest, reply.body, now_ms=now_ms)
        return reply


def _items(call: Call) -> tuple[str, ...]:
    """Return the items that a call writes; a table whose keys nobody knows is one."""
    return tuple(each if "/" in each else f"{each}/*" for each in call.writes)


def _scoped(call: Call, name: str) -> str:
    return f"{call.region} {name}"


def _error(call: Call, code: str, message: str) -> Reply:
    return error_reply(
        service=call.service,
        protocol=call.protocol,
        model=call.model,
        code=code,
        message=message,
        request_id=str(uuid.uuid4()),
    )
