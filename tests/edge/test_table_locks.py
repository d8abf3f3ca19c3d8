"""Who waits for whom, step by step; every case within one turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gameday.edge.table_locks import TableLocks, _SharedLock

DEADLINE_S = 5.0
TURNS = 20


class Hand:
    """Someone who takes locks, holds them until told, and says when it has them."""

    def __init__(
        self,
        locks: TableLocks,
        *tables: str,
        items: tuple[str, ...] = (),
        alone: bool = False,
    ) -> None:
        self._let_go = asyncio.Event()
        self.holds = False
        self.task = asyncio.create_task(self._work(locks, tables, items, alone))

    async def _work(
        self,
        locks: TableLocks,
        tables: tuple[str, ...],
        items: tuple[str, ...],
        alone: bool,  # noqa: FBT001 - a test's shorthand
    ) -> None:
        async with locks.hold(tables=tables, items=items, alone=alone):
            self.holds = True
            await self._let_go.wait()
        self.holds = False

    async def let_go(self) -> None:
        self._let_go.set()
        await self.task


async def settle() -> None:
    """Let everybody take the steps that they can take by now."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


def play(story: Callable[[TableLocks], Awaitable[None]]) -> None:
    async def run() -> None:
        locks = TableLocks()
        async with asyncio.timeout(DEADLINE_S):
            await story(locks)
        assert locks.in_use == 0

    asyncio.run(run())


def test_writes_to_different_items_go_side_by_side():
    async def story(locks: TableLocks) -> None:
        one = Hand(locks, "t", items=("t/1",))
        other = Hand(locks, "t", items=("t/2",))
        await settle()

        assert (one.holds, other.holds) == (True, True)
        await one.let_go()
        await other.let_go()

    play(story)


def test_writes_to_one_item_go_one_after_the_other():
    async def story(locks: TableLocks) -> None:
        first = Hand(locks, "t", items=("t/1",))
        second = Hand(locks, "t", items=("t/1",))
        await settle()
        assert (first.holds, second.holds) == (True, False)

        await first.let_go()
        await settle()
        assert second.holds
        await second.let_go()

    play(story)


def test_a_transaction_has_its_table_for_itself_and_is_not_starved():
    async def story(locks: TableLocks) -> None:
        reader = Hand(locks, "t")
        transaction = Hand(locks, "t", alone=True)
        await settle()
        late = Hand(locks, "t", items=("t/1",))
        elsewhere = Hand(locks, "u", items=("u/1",))
        await settle()
        assert (reader.holds, transaction.holds, late.holds) == (True, False, False)
        assert elsewhere.holds

        await reader.let_go()
        await settle()
        assert (transaction.holds, late.holds) == (True, False)

        await transaction.let_go()
        await settle()
        assert late.holds
        await late.let_go()
        await elsewhere.let_go()

    play(story)


def test_tables_named_in_any_order_never_lock_each_other_out():
    async def story(locks: TableLocks) -> None:
        hands = [
            Hand(locks, *pair, alone=True) for pair in (("t", "u"), ("u", "t")) * 10
        ]
        for hand in hands:
            await hand.let_go()

    play(story)


def test_whoever_gives_up_waiting_holds_nobody_up():
    async def story(locks: TableLocks) -> None:
        reader = Hand(locks, "t")
        impatient = Hand(locks, "t", alone=True)
        patient = Hand(locks, "t")
        await settle()
        assert not patient.holds

        impatient.task.cancel()
        await settle()
        assert patient.holds
        assert impatient.task.cancelled()
        await reader.let_go()
        await patient.let_go()

    play(story)


def test_a_turn_that_comes_while_its_owner_gives_up_is_passed_on():
    async def story(_: TableLocks) -> None:
        lock = _SharedLock()
        await lock.acquire(alone=True)
        owner = asyncio.create_task(lock.acquire(alone=True))
        await settle()

        # In one step of the loop: the turn is given, and its owner cancelled.
        lock.release(alone=True)
        owner.cancel()
        await settle()

        assert owner.cancelled()
        assert lock.is_idle

    play(story)
