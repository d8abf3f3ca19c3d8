"""What must a DELETE say of a record set to remove it?

Everything that the set holds, as it holds it now: a caller that has not seen the
latest values is refused, and the live record stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.cases.sources import (
    CHANGE_BATCH,
    DELETE_LOG,
    NOT_FOUND_LOG,
)
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told
from gameday.model.zone import Action

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.model.zone import RecordSet

__all__ = ["CASES"]

GROUP = "Route 53: deletes"


def _play_delete_wrong_value(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("kept", "1")))
    return _refused_delete(ground, ground.text("kept", "never held"))


def _play_delete_wrong_ttl(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("kept-ttl", "1")))
    return _refused_delete(ground, ground.text("kept-ttl", "1", ttl_s=60))


def _play_delete_superseded(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("former", "1")))
    ground.change((Action.UPSERT, ground.text("former", "2")))
    return _refused_delete(ground, ground.text("former", "1"))


def _refused_delete(ground: Ground, record_set: RecordSet) -> str:
    reply = ground.change((Action.DELETE, record_set))
    left = [each for each in ground.listed() if each.name == record_set.name]
    if not left:
        return "the live record is gone"
    return refusal(reply)


def _play_delete_twice(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.text("gone", "1")))
    ground.change((Action.DELETE, ground.text("gone", "1")))
    return refusal(ground.change((Action.DELETE, ground.text("gone", "1"))))


def _play_delete_any_order(ground: Ground) -> str:
    addresses = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
    ground.change((Action.CREATE, ground.address("many", *addresses)))
    reply = ground.change((Action.DELETE, ground.address("many", *addresses[::-1])))
    if not reply.ok:
        return told(reply)
    return "the set is still there" if ground.values("many") else ""


CASES: tuple[Case, ...] = (
    Case(
        name="delete-wrong-value",
        group=GROUP,
        expected="DELETE with a value never held is refused",
        source=DELETE_LOG,
        play=_play_delete_wrong_value,
    ),
    Case(
        name="delete-wrong-ttl",
        group=GROUP,
        expected="DELETE with another TTL is refused",
        source=CHANGE_BATCH,
        play=_play_delete_wrong_ttl,
    ),
    Case(
        name="delete-superseded",
        group=GROUP,
        expected="DELETE with a value held formerly is refused",
        source=DELETE_LOG,
        play=_play_delete_superseded,
    ),
    Case(
        name="delete-twice",
        group=GROUP,
        expected="DELETE of what is gone already is refused",
        source=NOT_FOUND_LOG,
        play=_play_delete_twice,
    ),
    Case(
        name="delete-any-order",
        group=GROUP,
        expected="DELETE may list the values in another order",
        source=CHANGE_BATCH,
        play=_play_delete_any_order,
    ),
)
