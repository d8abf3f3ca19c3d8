"""Is DynamoDB linearisable under the hands of several clients?

Conditions, transactions and plain writes at the same time: exactly one winner,
no update lost, and a transaction that fails takes nothing of others' with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.emulators.cases.contenders import Contenders
from gameday.emulators.cases.dynamodb_calls import (
    ALL_OLD,
    IF_NEW,
    adding,
    check,
    put,
    put_line,
    reasons,
    swap,
    swap_line,
    transact,
)
from gameday.emulators.cases.sources import CONDITIONS, TRANSACT_WRITE, TRANSACTIONS
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import item_key, refusal, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainCalls, PlainReply

__all__ = ["CASES"]

GROUP = "DynamoDB: many clients"
FAILED = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"
ATTEMPTS_MAX = 10_000
PAGES_MAX = 50


def _play_puts(ground: Ground) -> str:
    def contend(calls: PlainCalls, turn: int, number: int, _: int) -> PlainReply:
        pk = f"new-{turn}"
        return put(ground, pk, number, by=calls, more=IF_NEW)

    return _rounds(ground, "", contend)


def _play_swaps(ground: Ground) -> str:
    put(ground, "lock", 0)

    def contend(calls: PlainCalls, turn: int, number: int, held: int) -> PlainReply:
        return swap(ground, "lock", held, _mark(turn, number), by=calls)

    return _rounds(ground, "lock", contend)


def _play_transactions(ground: Ground) -> str:
    put(ground, "pair-1", 0)
    put(ground, "pair-2", 0)

    def contend(calls: PlainCalls, turn: int, number: int, held: int) -> PlainReply:
        mark = _mark(turn, number)
        lines = [
            {"Update": swap_line(ground, pk, held, mark)} for pk in ("pair-1", "pair-2")
        ]
        return transact(ground, *lines, by=calls)

    problem = _rounds(ground, "pair-1", contend)
    if problem:
        return problem
    pair = (ground.count_of("pair-1"), ground.count_of("pair-2"))
    return "" if pair[0] == pair[1] else f"the two items hold {pair}"


def _rounds(
    ground: Ground,
    pk: str,
    contend: Callable[[PlainCalls, int, int, int], PlainReply],
) -> str:
    """Play the rounds; `pk` holds the winner's mark after each, if given."""
    held = 0
    with Contenders(ground) as contenders:
        for turn in range(ground.effort.rounds):

            def act(
                calls: PlainCalls, number: int, *, turn: int = turn, held: int = held
            ) -> PlainReply:
                return contend(calls, turn, number, held)

            replies = contenders.all_at_once(act)
            problem = _one_winner(ground, turn, replies)
            if problem:
                return problem
            held = next(_mark(turn, n) for n, each in enumerate(replies) if each.ok)
            if pk and ground.count_of(pk) != str(held):
                return f"it holds {ground.count_of(pk)} after {held} won"
    return ""


def _mark(turn: int, number: int) -> int:
    """Return a number that no other client of no other round writes."""
    return (turn + 1) * 100 + number


def _one_winner(ground: Ground, turn: int, replies: list[PlainReply]) -> str:
    winners = sum(reply.ok for reply in replies)
    if winners != 1:
        rounds = ground.effort.rounds
        return f"{winners} of {len(replies)} won in round {turn + 1} of {rounds}"
    refused = (each for each in replies if not each.ok and not each.says(CONFLICT))
    return next(filter(None, (refusal(each, code=FAILED) for each in refused)), "")


def _play_increments(ground: Ground) -> str:
    put(ground, "optimistic", 0)
    each = ground.effort.increments

    def count_up(calls: PlainCalls, _: int) -> str:
        seen, done = 0, 0
        for _attempt in range(ATTEMPTS_MAX):
            if done == each:
                return ""
            reply = swap(ground, "optimistic", seen, seen + 1, by=calls, more=ALL_OLD)
            if reply.ok:
                seen, done = seen + 1, done + 1
            elif reply.says(FAILED):
                seen = _seen_by(reply) or _read(ground, calls, "optimistic")
            else:
                return told(reply)
        return f"only {done} of {each} increments after {ATTEMPTS_MAX} attempts"

    return _counted(ground, "optimistic", count_up)


def _play_adds(ground: Ground) -> str:
    put(ground, "added", 0)
    each = ground.effort.increments

    def add(calls: PlainCalls, _: int) -> str:
        for _turn in range(each):
            reply = calls.dynamodb("UpdateItem", adding(ground, "added", 1))
            if not reply.ok:
                return told(reply)
        return ""

    return _counted(ground, "added", add)


def _counted(ground: Ground, pk: str, act: Callable[[PlainCalls, int], str]) -> str:
    with Contenders(ground) as contenders:
        problems = [each for each in contenders.all_at_once(act) if each]
    expected = ground.effort.clients * ground.effort.increments
    if problems:
        return problems[0]
    found = ground.count_of(pk)
    if found == str(expected):
        return ""
    return f"{expected} acknowledged increments ended at {found}"


def _seen_by(reply: PlainReply) -> int:
    """Return the count that a refused swap found, 0 where it does not tell."""
    item: dict[str, Any] = reply.parsed.get("Item") or {}
    return int(item.get("n", {}).get("N", "0"))


def _read(ground: Ground, calls: PlainCalls, pk: str) -> int:
    request = {"TableName": ground.table, "Key": item_key(pk), "ConsistentRead": True}
    return int(calls.dynamodb("GetItem", request).parsed["Item"]["n"]["N"])


def _play_failing_transactions(ground: Ground) -> str:
    """Half of the clients write, half run transactions that fail."""
    effort = ground.effort
    half = max(effort.clients // 2, 1)

    def act(calls: PlainCalls, number: int) -> str:
        if number < half:
            return _write_plainly(ground, calls, number, effort.plain_writes // half)
        count = effort.failing_transactions // max(effort.clients - half, 1)
        return _fail(ground, calls, number, count)

    with Contenders(ground) as contenders:
        problems = [each for each in contenders.all_at_once(act) if each]
    if problems:
        return f"{problems[0]} ({len(problems)} of {effort.clients} clients)"
    found = _keys(ground)
    ghosts = sum(pk.startswith("ghost-") for pk in found)
    written = {
        f"plain-{number}-{place}"
        for number in range(half)
        for place in range(effort.plain_writes // half)
    }
    lost = len(written - found)
    if lost or ghosts:
        return (
            f"{lost} of {len(written)} acknowledged writes lost, "
            f"{ghosts} writes of cancelled transactions there"
        )
    return ""


def _write_plainly(ground: Ground, calls: PlainCalls, number: int, count: int) -> str:
    for place in range(count):
        reply = put(ground, f"plain-{number}-{place}", 1, by=calls)
        if not reply.ok:
            return f"a plain write: {told(reply)}"
    return ""


def _fail(ground: Ground, calls: PlainCalls, number: int, count: int) -> str:
    for place in range(count):
        lines = (
            put_line(ground, f"ghost-{number}-{place}", 1),
            check(ground, "never-there"),
        )
        reply = transact(ground, *lines, by=calls)
        if not reply.says("TransactionCanceledException"):
            return f"a failing transaction: {told(reply)}"
    return ""


def _keys(ground: Ground) -> set[str]:
    """Return the partition key of every item of the table."""
    request: dict[str, Any] = {"TableName": ground.table, "ConsistentRead": True}
    found: set[str] = set()
    for _ in range(PAGES_MAX):
        reply = ground.calls.dynamodb("Scan", request).parsed
        found.update(item["pk"]["S"] for item in reply.get("Items", ()))
        following = reply.get("LastEvaluatedKey")
        if not following:
            break
        request["ExclusiveStartKey"] = following
    return found


def _play_conflict(ground: Ground) -> str:
    put(ground, "conflict", 0)
    told_of = 0
    with Contenders(ground) as contenders:
        for _ in range(ground.effort.rounds):

            def add(calls: PlainCalls, _: int) -> PlainReply:
                line = {"Update": adding(ground, "conflict", 1)}
                return transact(ground, line, by=calls)

            told_of += sum(
                any(each.get("Code") == CONFLICT for each in reasons(reply))
                for reply in contenders.all_at_once(add)
            )
    return "" if told_of else "no client was ever told of a conflict"


CASES: tuple[Case, ...] = (
    Case(
        name="contended-put",
        group=GROUP,
        expected="Of clients that put one new item at once, exactly one wins",
        source=CONDITIONS,
        play=_play_puts,
    ),
    Case(
        name="contended-update",
        group=GROUP,
        expected="Of clients that swap one value at once, exactly one wins",
        source=CONDITIONS,
        play=_play_swaps,
    ),
    Case(
        name="contended-transaction",
        group=GROUP,
        expected="Of transactions that swap two items at once, exactly one wins",
        source=TRANSACT_WRITE,
        play=_play_transactions,
    ),
    Case(
        name="optimistic-increments",
        group=GROUP,
        expected="Optimistic increments by many clients add up exactly",
        source=CONDITIONS,
        play=_play_increments,
    ),
    Case(
        name="atomic-adds",
        group=GROUP,
        expected="ADDs by many clients add up exactly",
        source="DynamoDB guide, atomic counters",
        play=_play_adds,
    ),
    Case(
        name="transaction-conflict",
        group=GROUP,
        expected="Transactions that meet on an item are told TransactionConflict",
        source=TRANSACTIONS,
        relied_on=False,
        play=_play_conflict,
    ),
    # Last, for it fills the table, and moto's transactions copy the whole of it.
    Case(
        name="failing-transactions",
        group=GROUP,
        expected="Transactions that fail undo no write of another client",
        source=TRANSACTIONS,
        play=_play_failing_transactions,
    ),
)
