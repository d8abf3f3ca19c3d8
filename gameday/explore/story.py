"""How does an execution read as a numbered list of calls?

One line a step: who, which call, what it asks to be changed or looks at, and what AWS
says. Lines after an interruption are marked, because that is where to look.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.explore.interleaving import StepKind
from gameday.model.zone import Action, Change, parse_change_batch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.aws.attempts import Reply
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.execution import Executed, Execution

__all__ = ["StoryLine", "render_story", "story_of"]

_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One step in words.

    Attributes:
        number: from 1.
        actor: who, "" when time passes.
        call: service and operation, "" for a step without a call.
        about: what the call is about.
        outcome: what AWS says.
        switched: whether somebody else made the step before.
    """

    number: int
    actor: str
    call: str
    about: str
    outcome: str
    switched: bool

    def __str__(self) -> str:
        mark = ">" if self.switched else " "
        head = f"{self.number:>3} {mark} {self.actor:<14} {self.call:<28}"
        return f"{head} {self.about}  [{self.outcome}]".rstrip()


def story_of(execution: Execution) -> tuple[StoryLine, ...]:
    """Return an execution, one line a step."""
    lines: list[StoryLine] = []
    for number, done in enumerate(execution.steps, start=1):
        before = execution.steps[number - 2].step.actor if number > 1 else ""
        lines.append(
            StoryLine(
                number=number,
                actor=done.step.actor,
                call=f"{done.call.service} {done.call.operation}" if done.call else "",
                about=_about(done.call.parameters) if done.call else "",
                outcome=_outcome(done),
                switched=bool(before) and before != done.step.actor,
            )
        )
    return tuple(lines)


def render_story(execution: Execution) -> str:
    """Return the story as text; > marks a step after an interruption."""
    return "\n".join(str(line) for line in story_of(execution))


def _outcome(done: Executed) -> str:
    match done.step.kind:
        case StepKind.CRASH:
            return "crashes before it goes on"
        case StepKind.TIME_PASSES:
            return "time passes: every lock and lease expires"
        case StepKind.LOSE_REPLY:
            return "took effect, but the reply is lost"
        case StepKind.GO if done.call is None or done.reply is None:
            return "goes on without a call"
        case StepKind.GO:
            return _said(done.call, done.reply)


def _said(call: AwsCall, reply: Reply) -> str:
    text = reply.body.decode("utf-8", "replace")
    if reply.status >= 300:
        code, message = _error(text)
        return _short(f"{code}: {message}" if message else code or str(reply.status))
    if call.footprint.writes:
        return "ok"
    if call.operation == "ListResourceRecordSets":
        return f"{text.count('<ResourceRecordSet>')} record sets"
    return _short(text) if call.service == "dynamodb" else "ok"


def _error(text: str) -> tuple[str, str]:
    if text.startswith("{"):
        document: Mapping[str, Any] = json.loads(text)
        code = str(document.get("__type", "")).rsplit("#", 1)[-1]
        return code, str(document.get("message", document.get("Message", "")))
    found = [
        text.partition(f"<{tag}>")[2].partition("<")[0] for tag in ("Code", "Message")
    ]
    return found[0], found[1]


def _about(parameters: Mapping[str, Any]) -> str:
    if "ChangeBatch" in parameters:
        return _batch(parse_change_batch(parameters))
    if "StartRecordName" in parameters:
        return (
            f"{parameters['StartRecordName']} {parameters.get('StartRecordType', '')}"
        )
    shown = [
        json.dumps(parameters[name], default=str)
        if name != "TableName"
        else parameters[name]
        for name in ("TableName", "Key", "Item", "DNSName")
        if name in parameters
    ]
    return _short(" ".join(map(str, shown)))


def _batch(changes: tuple[Change, ...]) -> str:
    """Return a batch in few words: locks, aliases and how many other records."""
    said: list[str] = []
    others: dict[str, int] = {}
    for change in changes:
        record_set = change.record_set
        verb = change.action.value
        if record_set.alias is not None and not record_set.set_identifier:
            target = (
                "" if change.action is Action.DELETE else f" -> {record_set.alias.name}"
            )
            said.append(f"{verb} {record_set.name}{target}")
        elif record_set.type == "TXT":
            said.append(f"{verb} {record_set.name} {' '.join(record_set.values)}")
        else:
            tree = record_set.name.split(".", 1)
            name = record_set.name if record_set.set_identifier else tree[-1]
            others[f"{verb} {name}"] = others.get(f"{verb} {name}", 0) + 1
    said.extend(f"{text} ({count})" for text, count in others.items())
    return "; ".join(said)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_MAX else f"{line[: _SHOWN_MAX - 3]}..."
