"""What were clients told when they resolved a name?

Resolver answers out of a history, as values. An *empty* answer is NOERROR
without records, which is what a client of a lost endpoint gets: neither
NXDOMAIN nor an error, so nothing retries and nothing alarms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.history import History, Op, OpKind
from gameday.model.run_span import run_span

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ResolverAnswer",
    "addresses_back_ns",
    "empties_after_first",
    "resolver_answers",
]

_RESOLVER = "resolver-"
"""DNS servers behind the resolvers are in the history too, under a fault."""

_TRUE_RULINGS = frozenset({"pass", "slow"})
"""Rulings that leave an answer what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverAnswer:
    """One answer of one resolver.

    Attributes:
        op: the recorded op.
        name: the name asked for, lower case, without the final dot.
        type: the record type asked for.
        resolver: who answered, e.g. "resolver-az1".
        rcode: the response code.
        addresses: the answers' values.
        cached: whether the resolver answered from memory.
    """

    op: Op
    name: str
    type: str
    resolver: str
    rcode: str
    addresses: tuple[str, ...]
    cached: bool

    @property
    def empty(self) -> bool:
        """Whether the name exists and has no records."""
        return self.rcode == "NOERROR" and not self.addresses


def resolver_answers(history: History, name: str) -> Iterator[ResolverAnswer]:
    """Yield the answers of resolvers to questions for `name`, in order."""
    for op in history:
        if op.kind is not OpKind.DNS or not op.via.startswith(_RESOLVER):
            continue
        asked = str(op.request.get("name", "")).rstrip(".").lower()
        if asked == name:
            yield ResolverAnswer(
                op=op,
                name=asked,
                type=op.operation,
                resolver=op.via,
                rcode=str(op.response.get("rcode") or op.error or "NOERROR"),
                addresses=tuple(op.response.get("answers") or ()),
                cached=bool(op.response.get("cached", False)),
            )


def empties_after_first(history: History, name: str) -> tuple[ResolverAnswer, ...]:
    """Return the empty answers that followed a good one.

    Counted apart for each resolver and record type: a name without AAAA records
    answers every AAAA question with nothing and is not lost, and a resolver may
    remember a name's absence from before it was provisioned. What a fault rule
    made of an answer is left out: it says nothing of the name.
    """
    good: set[tuple[str, str]] = set()
    found = []
    for answer in resolver_answers(history, name):
        if answer.op.ruling not in _TRUE_RULINGS:
            continue
        source = (answer.resolver, answer.type)
        if answer.addresses:
            good.add(source)
        elif answer.empty and source in good:
            found.append(answer)
    return tuple(found)


def addresses_back_ns(history: History, name: str) -> int | None:
    """Return when every resolver that was asked led to an address again, for good.

    Whatever had taken it away, a fault rule too. The run's start when none ever failed
    to; None when one still does.
    """
    back_ns: int | None = run_span(history).start_ns
    lost: set[tuple[str, str]] = set()
    lit: set[tuple[str, str]] = set()
    for answer in resolver_answers(history, name):
        source = (answer.resolver, answer.type)
        if answer.addresses:
            lit.add(source)
            if source in lost:
                lost.discard(source)
                back_ns = answer.op.end_ns
        elif source in lit:
            lost.add(source)
    return None if lost else back_ns
