"""Which change batches does Route 53 accept, and what is there afterwards?

A DELETE must state the set exactly as it stands, a CREATE needs a free place, and
a batch applies whole or not at all. On that a compare-and-swap of a record is
built, and on the swap every lock and every flip of the reference region.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.emulators.cases.sources import (
    CHANGE_BATCH,
    CREATE_LOG,
    DELETE_LOG,
    WHOLE_BATCH_LOG,
)
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told
from gameday.model.zone import Action, RecordSet

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainReply

__all__ = [
    "CASES",
    "CREATE_EXISTING",
    "FAILED_BATCH",
    "STALE_SWAP",
    "SWAP",
    "SWAP_BACK",
]

GROUP = "Route 53: change batches"


def _play_swap(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("swap", "1")))
    reply = _swap(ground, "swap", "1", "2")
    if ground.values("swap") != [('"2"',)]:
        return f"the name holds {ground.values('swap')}"
    return "" if reply.ok else told(reply)


def _play_swap_back(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("back", "1")))
    _swap(ground, "back", "1", "2")
    reply = _swap(ground, "back", "2", "1")
    if ground.values("back") != [('"1"',)]:
        return f"swapping back to an earlier value: {told(reply)}"
    return "" if reply.ok else told(reply)


def _play_stale_swap(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("stale", "1")))
    _swap(ground, "stale", "1", "2")
    reply = _swap(ground, "stale", "1", "3")
    if ground.values("stale") != [('"2"',)]:
        return f"the stale swap took effect: {ground.values('stale')}"
    return refusal(reply)


def _swap(ground: Ground, name: str, old: str, new: str) -> PlainReply:
    return ground.change(
        (Action.DELETE, ground.text(name, old)),
        (Action.CREATE, ground.text(name, new)),
    )


def _play_create_existing(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("once", "1")))
    reply = ground.change((Action.CREATE, ground.text("once", "2")))
    if ground.values("once") != [('"1"',)]:
        return f"the name holds {ground.values('once')}"
    return refusal(reply)


def _play_create_identical(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("same", "1")))
    return refusal(ground.change((Action.CREATE, ground.text("same", "1"))))


def _play_create_after_delete(ground: Ground) -> str:
    # Some record sorts after it: a store that looks only at its last one is fine.
    ground.change((Action.CREATE, ground.text("zz-after", "1")))
    ground.change((Action.CREATE, ground.text("again", "1")))
    ground.change((Action.DELETE, ground.text("again", "1")))
    reply = ground.change((Action.CREATE, ground.text("again", "1")))
    if not reply.ok:
        return told(reply)
    found = ground.values("again")
    return "" if found == [('"1"',)] else f"the name holds {found}"


def _play_create_twice(ground: Ground) -> str:
    reply = ground.change(
        (Action.CREATE, ground.text("twice", "1")),
        (Action.CREATE, ground.text("twice", "2")),
    )
    if ground.values("twice"):
        return f"the name holds {ground.values('twice')}"
    return refusal(reply)


def _play_failed_create(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("taken", "1")))
    bad = (Action.CREATE, ground.text("taken", "2"))
    return _nothing_applied(ground, "create", bad)


def _play_failed_delete(ground: Ground) -> str:
    bad = (Action.DELETE, ground.text("absent", "1"))
    return _nothing_applied(ground, "delete", bad)


def _play_failed_batch(ground: Ground) -> str:
    outside = RecordSet(
        name="outside.invalid.", type="A", ttl_s=1, values=("127.0.0.1",)
    )
    return _nothing_applied(ground, "outside", (Action.CREATE, outside))


def _nothing_applied(ground: Ground, name: str, bad: tuple[Action, RecordSet]) -> str:
    """Submit a batch whose second change of three is bad."""
    reply = ground.change(
        (Action.CREATE, ground.text(f"{name}-1", "1")),
        bad,
        (Action.CREATE, ground.text(f"{name}-3", "1")),
    )
    if reply.ok:
        return "the batch was accepted"
    if ground.values(f"{name}-1") or ground.values(f"{name}-3"):
        return "a change of the refused batch stayed"
    return refusal(reply)


def _play_upsert(ground: Ground) -> str:
    ground.change((Action.UPSERT, ground.text("upserted", "1")))
    if ground.values("upserted") != [('"1"',)]:
        return f"after the first the name holds {ground.values('upserted')}"
    changed = replace(ground.text("upserted", "2"), ttl_s=60)
    reply = ground.change((Action.UPSERT, changed))
    found = ground.sets("upserted")
    if [(each.values, each.ttl_s) for each in found] != [(('"2"',), 60)]:
        return f"after the second the name holds {found}"
    return "" if reply.ok else told(reply)


def _play_all_problems(ground: Ground) -> str:
    reply = ground.change(
        (Action.DELETE, ground.text("absent-1", "1")),
        (Action.DELETE, ground.text("absent-2", "1")),
    )
    if reply.ok or not all(
        ground.below(name).encode() in reply.body for name in ("absent-1", "absent-2")
    ):
        return told(reply)
    return refusal(reply)


SWAP = Case(
    name="swap",
    group=GROUP,
    expected="DELETE of the current value with CREATE of another is accepted",
    source=CHANGE_BATCH,
    play=_play_swap,
)
SWAP_BACK = Case(
    name="swap-back",
    group=GROUP,
    expected="Swapping back to an earlier value is accepted",
    source=CHANGE_BATCH,
    play=_play_swap_back,
)
STALE_SWAP = Case(
    name="stale-swap",
    group=GROUP,
    expected="DELETE of a superseded value with CREATE of another is refused",
    source=DELETE_LOG,
    play=_play_stale_swap,
)
CREATE_EXISTING = Case(
    name="create-existing",
    group=GROUP,
    expected="CREATE over an existing record set is refused",
    source=CREATE_LOG,
    play=_play_create_existing,
)
FAILED_BATCH = Case(
    name="failed-batch",
    group=GROUP,
    expected="A batch with one name outside the zone changes nothing",
    source=WHOLE_BATCH_LOG,
    play=_play_failed_batch,
)

CASES: tuple[Case, ...] = (
    SWAP,
    SWAP_BACK,
    STALE_SWAP,
    CREATE_EXISTING,
    Case(
        name="create-identical",
        group=GROUP,
        expected="CREATE of a record set that exists just so is refused",
        source=CREATE_LOG,
        play=_play_create_identical,
    ),
    Case(
        name="create-after-delete",
        group=GROUP,
        expected="CREATE of what was deleted before is accepted",
        source=CHANGE_BATCH,
        play=_play_create_after_delete,
    ),
    Case(
        name="create-twice",
        group=GROUP,
        expected="Two CREATEs of one record set in one batch are refused",
        source=CHANGE_BATCH,
        play=_play_create_twice,
    ),
    FAILED_BATCH,
    Case(
        name="failed-batch-create",
        group=GROUP,
        expected="A batch with one CREATE over an existing set changes nothing",
        source=WHOLE_BATCH_LOG,
        play=_play_failed_create,
    ),
    Case(
        name="failed-batch-delete",
        group=GROUP,
        expected="A batch with one DELETE of nothing changes nothing",
        source=WHOLE_BATCH_LOG,
        play=_play_failed_delete,
    ),
    Case(
        name="upsert",
        group=GROUP,
        expected="UPSERT creates what is new and replaces what exists",
        source=CHANGE_BATCH,
        play=_play_upsert,
    ),
    Case(
        name="all-problems-named",
        group=GROUP,
        expected="A refusal names every bad change of the batch",
        source=CREATE_LOG,
        relied_on=False,
        play=_play_all_problems,
    ),
)
