"""Whom did Support let in or lock out, and on what did that rest?

Out of the recorded messages: Support answers a request with what it decided and with
the account's metadata as that had come to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.model.fallback import Access, AccountAnswer
from gameday.model.history import History, Op, OpKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["DecisionSeen", "decisions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSeen:
    """One decision.

    Attributes:
        op: the message that told it.
        access: what was decided.
        asked: the account that wanted to open a case.
        answer: what the look-up had answered; None for no answer.
    """

    op: Op
    access: Access
    asked: str
    answer: AccountAnswer | None


def decisions(history: History) -> Iterator[DecisionSeen]:
    """Yield the decisions that were or may have been told, in order."""
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "SendMessage"
            and op.outcome is not Outcome.FAIL
        ):
            body = _body(op)
            if "access" in body and "asked" in body:
                answer = body.get("answer")
                yield DecisionSeen(
                    op=op,
                    access=Access(body["access"]),
                    asked=str(body["asked"]),
                    answer=AccountAnswer(**answer) if answer is not None else None,
                )


def _body(op: Op) -> Mapping[str, Any]:
    """Return what a service answered, nothing when the message is none of a service."""
    try:
        message = json.loads(str(op.request.get("MessageBody")))
    except json.JSONDecodeError:
        return {}
    body = message.get("body") if isinstance(message, dict) else None
    return body if isinstance(body, dict) else {}
