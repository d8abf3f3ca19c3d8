"""How does one DNS answer look in the history?

Resolvers note every answer that they give. DNS edges note only what they answer
under a rule: what they answer truly is seen in what resolvers tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.message
import dns.rcode
import dns.rdatatype

from gameday.model.history import OpKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.dns_message import AskedQuestion
    from gameday.model.history import Op

__all__ = ["NO_REPLY", "Decided", "note_answer"]

NO_REPLY = "NOREPLY"
"""The error of a question that got no answer."""

ANSWERS_RECORDED_MAX = 32
"""Values of one answer that go into the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What decided an answer: the kind of a fault and the id of its rule."""

    kind: str = "pass"
    rule: str = ""


_TRULY = Decided()


def note_answer(
    record: Callable[..., Op],
    asked: AskedQuestion,
    response: dns.message.Message | None,
    *,
    az: str,
    via: str,
    client: str,
    span_ns: tuple[int, int],
    cached: bool = False,
    decided: Decided | None = None,
) -> None:
    """Append one answer to the history.

    Args:
        record: takes the fields of one op.
        asked: the question.
        response: the answer, None when there was none.
        az: whose answer it is.
        via: who gave it, e.g. "resolver-az1".
        client: IP address of who asked.
        span_ns: when the question came and when the answer leaves.
        cached: whether it was given from memory.
        decided: which rule made it what it is, None for a true answer.
    """
    name = asked.name.rstrip(".")
    decided = decided or _TRULY
    rcode, told = NO_REPLY, {}
    if response is not None:
        rcode = dns.rcode.to_text(response.rcode())
        sections = response.answer or response.authority
        told = {
            "rcode": rcode,
            "answers": _values(response, asked.type),
            "ttl_s": min((rrset.ttl for rrset in sections), default=0),
            "cached": cached,
        }
    record(
        kind=OpKind.DNS,
        start_ns=span_ns[0],
        end_ns=span_ns[1],
        actor=az,
        service="dns",
        operation=asked.type,
        reads=(f"dns:{name}",),
        ruling=decided.kind,
        rule=decided.rule,
        outcome=Outcome.OK if rcode == "NOERROR" else Outcome.FAIL,
        error="" if rcode == "NOERROR" else rcode,
        via=via,
        request={"name": name, "client": client},
        response=told,
    )


def _values(response: dns.message.Message, record_type: str) -> list[str]:
    """Return the values of the asked type; a CNAME on the way is not one."""
    values: list[Any] = [
        rdata.to_text()
        for rrset in response.answer
        if record_type in ("ANY", dns.rdatatype.to_text(rrset.rdtype))
        for rdata in rrset
    ]
    return values[:ANSWERS_RECORDED_MAX]
