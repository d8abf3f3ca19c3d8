"""Does exactly one of several writers win when they swap one record?

An emulator that judges and applies in separate steps, or by a history of past
changes, lets several win. Then nobody holds a lock, whatever the programs do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.cases.contenders import Contenders
from gameday.emulators.cases.sources import CHANGE_BATCH, CREATE_LOG, DELETE_LOG
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal
from gameday.model.zone import Action

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainCalls, PlainReply

__all__ = ["CASES"]

GROUP = "Route 53: many clients"


def _play_stale_swaps(ground: Ground) -> str:
    """Without any concurrency: the same old value, one writer after the other."""
    ground.change((Action.CREATE, ground.text("turns", "0")))
    replies = [
        _swap(ground, ground.calls, "turns", "0", str(number + 1))
        for number in range(ground.effort.clients)
    ]
    winners = sum(reply.ok for reply in replies)
    return "" if winners == 1 else f"{winners} of {len(replies)} won"


def _play_swaps(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("lock", "0")))
    held = "0"
    with Contenders(ground) as contenders:
        for turn in range(ground.effort.rounds):

            def contend(
                calls: PlainCalls, number: int, *, held: str = held, turn: int = turn
            ) -> PlainReply:
                return _swap(ground, calls, "lock", held, f"{turn} {number}")

            replies = contenders.all_at_once(contend)
            winners = [place for place, reply in enumerate(replies) if reply.ok]
            problem = _one_winner(ground, turn, replies)
            if problem:
                return problem
            held = f"{turn} {winners[0]}"
            if ground.values("lock") != [(f'"{held}"',)]:
                return f"the lock holds {ground.values('lock')} after {held!r} won"
    return ""


def _play_creates(ground: Ground) -> str:
    with Contenders(ground) as contenders:
        for turn in range(ground.effort.rounds):

            def contend(
                calls: PlainCalls, number: int, *, turn: int = turn
            ) -> PlainReply:
                record_set = ground.text(f"new-{turn}", str(number))
                return ground.change_by(calls, (Action.CREATE, record_set))

            problem = _one_winner(ground, turn, contenders.all_at_once(contend))
            if problem:
                return problem
    made = [each for each in ground.listed() if each.name.startswith("new-")]
    count = ground.effort.rounds
    return "" if len(made) == count else f"{len(made)} sets after {count} rounds"


def _swap(
    ground: Ground, calls: PlainCalls, name: str, old: str, new: str
) -> PlainReply:
    return ground.change_by(
        calls,
        (Action.DELETE, ground.text(name, old)),
        (Action.CREATE, ground.text(name, new)),
    )


def _one_winner(ground: Ground, turn: int, replies: list[PlainReply]) -> str:
    winners = sum(reply.ok for reply in replies)
    if winners != 1:
        rounds = ground.effort.rounds
        return f"{winners} of {len(replies)} won in round {turn + 1} of {rounds}"
    return next(filter(None, (refusal(each) for each in replies if not each.ok)), "")


CASES: tuple[Case, ...] = (
    Case(
        name="stale-swaps-in-turn",
        group=GROUP,
        expected="Of several swaps of one old value, one after the other, one wins",
        source=DELETE_LOG,
        play=_play_stale_swaps,
    ),
    Case(
        name="contended-swap",
        group=GROUP,
        expected="Of clients that swap one value at once, exactly one wins",
        source=CHANGE_BATCH,
        play=_play_swaps,
    ),
    Case(
        name="contended-create",
        group=GROUP,
        expected="Of clients that create one name at once, exactly one wins",
        source=CREATE_LOG,
        play=_play_creates,
    ),
)
