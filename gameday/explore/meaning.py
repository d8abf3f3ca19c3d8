"""What did a call read or change, and what does that mean, in a few words?

A story and a diagram say of each step what matters to somebody who thinks in plans,
trees and locks ("root -> plan 2, rollback -> plan 3"), not in record sets. Calls of
programs that know nothing of those are told by their keys and values.

Reads are told by the reply, writes by the request; a refused write says by whose
objection. Everything is short enough for one column of a diagram or for one line.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gameday.explore.interleaving import StepKind
from gameday.model.plan import generation_of
from gameday.model.zone import Action, Change, parse_change_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gameday.explore.aws_call import AwsCall
    from gameday.explore.execution import Executed, Execution

__all__ = ["meaning_of", "narrated"]

_SHOWN_MAX = 90
_NEWEST = "newest is plan "
_LOCK = "lock."
_ROLLBACK = "rollback."
_TREE_IN_NAME = re.compile(r"plan-0*([0-9]+)\.")
_RECORD_SET = re.compile(r"<ResourceRecordSet>(.*?)</ResourceRecordSet>", re.DOTALL)
_TAG = r"<{0}>(.*?)</{0}>"
_OBJECTIONS = (
    ("but it already exists", "held by another"),
    ("but that target was not found", "its tree is gone"),
    ("do not match the current values", "not as expected"),
    ("but it was not found", "not as expected"),
)


def meaning_of(done: Executed) -> str:
    """Return what a step did, in a few words."""
    match done.step.kind:
        case StepKind.CRASH:
            return "CRASHES"
        case StepKind.TIME_PASSES:
            return "every lock and lease expires"
        case StepKind.GO if done.call is None or done.reply is None:
            return "ends"
        case _:
            pass
    assert done.call is not None  # noqa: S101 - both kinds left make a call
    assert done.reply is not None  # noqa: S101 - both kinds left make a call
    text = done.reply.body.decode("utf-8", "replace")
    said = _said(done.call, text, refused=done.reply.status >= 300)
    if done.step.kind is StepKind.LOSE_REPLY:
        said = f"{said}, REPLY LOST"
    return said if len(said) <= _SHOWN_MAX else f"{said[: _SHOWN_MAX - 3]}..."


def _said(call: AwsCall, text: str, *, refused: bool) -> str:
    if call.operation == "ChangeResourceRecordSets":
        said = _batch(parse_change_batch(call.parameters))
    elif call.operation == "ListResourceRecordSets":
        return _listing(text, asked=str(call.parameters.get("StartRecordName", "")))
    elif call.service == "dynamodb":
        said = _table(call, text, refused=refused)
    else:
        said = _words(call.operation)
    return f"{said}: {_objection(text)}" if refused else said


def _words(operation: str) -> str:
    """Return "list hosted zones by name" for ListHostedZonesByName."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", operation).lower()


def _objection(text: str) -> str:
    for told, short in _OBJECTIONS:
        if told in text:
            return f"REFUSED, {short}"
    if text.startswith("{"):
        code = str(json.loads(text).get("__type", "")).rsplit("#", 1)[-1]
    else:
        code = text.partition("<Code>")[2].partition("<")[0]
    return f"REFUSED, {code}" if code else "REFUSED"


def narrated(execution: Execution) -> tuple[str, ...]:
    """Return what each step did, with what makes it harmful in capitals.

    A flip to an older plan than the one that is live goes BACK, and says at which
    step its actor read that plan; a tree that is deleted while the root points at
    it is LIVE.
    """
    live: dict[str, int] = {}
    read_at: dict[tuple[str, str], int] = {}
    said = []
    for number, done in enumerate(execution.steps, start=1):
        text = meaning_of(done)
        if text.startswith(_NEWEST):
            read_at[done.step.actor, text.removeprefix(_NEWEST)] = number
        batch = _committed(done)
        if batch is not None:
            before = live.get(batch.endpoint, 0)
            wanted = batch.flips.get("root", before)
            live[batch.endpoint] = wanted
            if wanted < before:
                text += f", BACK from plan {before}"
                read = read_at.get((done.step.actor, str(wanted)))
                text += f" (it read its plan at step {read})" if read else ""
            elif str(before) in batch.trees.get("delete tree", {}):
                text += ", which is LIVE"
        said.append(text)
    return tuple(said)


def _committed(done: Executed) -> _Batch | None:
    """Return the batch that a step made Route 53 take, None for none."""
    call, reply = done.call, done.reply
    if call is None or reply is None or reply.status >= 300:
        return None
    if call.operation != "ChangeResourceRecordSets":
        return None
    return _read_batch(parse_change_batch(call.parameters))


@dataclass(slots=True)
class _Batch:
    """What a batch is about: its flips, its trees, its lock, anything else."""

    endpoint: str = ""
    flips: dict[str, int] = field(default_factory=dict)
    trees: dict[str, dict[str, None]] = field(default_factory=dict)
    locks: set[Action] = field(default_factory=set)
    others: list[str] = field(default_factory=list)


def _read_batch(changes: Iterable[Change]) -> _Batch:
    batch = _Batch()
    for change in changes:
        record = change.record_set
        name, gone = record.name, change.action is Action.DELETE
        tree = _TREE_IN_NAME.search(name)
        if name.startswith(_LOCK):
            batch.locks.add(change.action)
            batch.endpoint = name.removeprefix(_LOCK).rstrip(".")
        elif tree is not None:
            verb = "delete tree" if gone else "build tree"
            batch.trees.setdefault(verb, {})[tree[1]] = None
        elif record.alias is not None:
            endpoint = name.removeprefix(_ROLLBACK).rstrip(".")
            short = "rollback" if name.startswith(_ROLLBACK) else "root"
            if not gone:
                target = int(generation_of(record.alias.name, endpoint) or 0)
                batch.flips[short] = target
        else:
            batch.others.append(f"{change.action.value.lower()} {name.rstrip('.')}")
    return batch


def _batch(changes: Iterable[Change]) -> str:
    """Return what a batch is for: the flip, else the trees, else the lock."""
    batch = _read_batch(changes)
    said = [
        *(
            f"{each} -> plan {batch.flips[each]}"
            for each in sorted(batch.flips, reverse=True)
        ),
        *(f"{verb} {', '.join(numbers)}" for verb, numbers in batch.trees.items()),
        *batch.others[:2],
    ]
    if said:
        return "; ".join(said)
    if batch.locks == {Action.CREATE}:
        return "take the lock"
    return "release the lock" if batch.locks == {Action.DELETE} else "keep the lock"


def _listing(text: str, *, asked: str) -> str:
    found = _RECORD_SET.findall(text)
    if asked.startswith(_LOCK):
        return _lock(found)
    roots = []
    trees: dict[str, None] = {}
    for each in found:
        name = _tag(each, "Name")
        target = _tag(each, "DNSName")
        tree = _TREE_IN_NAME.search(name)
        if tree is not None:
            trees[tree[1]] = None
        elif target and not name.startswith(_ROLLBACK):
            pointed = _TREE_IN_NAME.search(target)
            roots.append(f"root at plan {pointed[1] if pointed else target}")
    if len(found) == 1:
        return roots[0] if roots else "no root yet"
    root = roots[0] if roots else "no root yet"
    return f"{root}; trees {', '.join(trees) or 'none'}"


def _lock(found: list[str]) -> str:
    for each in found:
        if _tag(each, "Name").startswith(_LOCK):
            value = _tag(each, "Value").replace("&quot;", "").strip('"')
            return f"the lock is held by {value.partition('/')[0]}"
    return "the lock is free"


def _tag(text: str, name: str) -> str:
    found = re.search(_TAG.format(name), text, re.DOTALL)
    return found[1] if found else ""


def _table(call: AwsCall, text: str, *, refused: bool) -> str:
    parameters = call.parameters
    table = str(parameters.get("TableName", "")).removeprefix("gameday-")
    item = parameters.get("Item")
    if call.operation == "PutItem" and isinstance(item, dict):
        generation = _plain(item.get("generation"))
        return f"publish plan {generation}" if generation else f"put {_fields(item)}"
    if call.operation in {"Query", "Scan", "GetItem"} and not refused:
        return _items(call, table, json.loads(text))
    key = parameters.get("Key")
    return f"{_words(call.operation)} {_fields(key) if key else table}"


def _items(call: AwsCall, table: str, document: dict[str, Any]) -> str:
    if call.operation == "GetItem":
        return f"read {_fields(document.get('Item') or {}) or 'nothing'}"
    items = document.get("Items") or []
    generation = _plain(items[0].get("generation")) if items else ""
    if generation and call.parameters.get("Limit") == 1:
        return f"{_NEWEST}{generation}"
    return f"{table}: {len(items)} items" if items else f"{table}: nothing"


def _fields(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in sorted(item.items()))


def _plain(value: Any) -> str:
    """Return the text of a DynamoDB attribute, "" for none."""
    return "" if not isinstance(value, dict) else str(next(iter(value.values()), ""))
