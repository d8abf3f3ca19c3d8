"""Which invocations of functions does a history tell of, and which polls?

The service tells CloudWatch after each round how many invocations of each kind it
served, refused for want of capacity, left waiting, or failed on; each poller tells
each poll. The one that tells and everybody who reads take the names from here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from gameday.model.history import History, Op, OpKind
from gameday.model.shortage import Invocations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "INVOCATIONS_METRIC",
    "INVOCATIONS_NAMESPACE",
    "POLLERS_NAMESPACE",
    "POLLER_DIMENSION",
    "POLLS_METRIC",
    "Became",
    "PollSeen",
    "Round",
    "invocation_data",
    "polls",
    "rounds",
]

INVOCATIONS_NAMESPACE: Final = "gameday/lambda"
INVOCATIONS_METRIC: Final = "Invocations"
POLLERS_NAMESPACE: Final = "gameday/pollers"
POLLS_METRIC: Final = "Polls"
POLLER_DIMENSION: Final = "Poller"
_KINDS: Mapping[str, str] = {
    "sync": "sync",
    "async": "asynchronous",
    "event-source": "event_source",
}
"""The kinds by the names that the metric has for them."""


class Became(StrEnum):
    """What became of an invocation in one round."""

    SERVED = "served"
    REFUSED = "refused"
    """There was no capacity for it, and somebody waited."""
    WAITS = "waits"
    """There was no capacity for it, and nothing is lost by that."""
    FAILED = "failed"
    """It had capacity, and what it needed was out of reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of the service.

    Attributes:
        op: the call that told of it.
        became: what became of how many.
    """

    op: Op
    became: Mapping[Became, Invocations]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSeen:
    """One poll that was told of.

    Attributes:
        op: the call that told.
        poller: its name.
        reached: whether it reached all that it needed.
    """

    op: Op
    poller: str
    reached: bool


def invocation_data(became: Mapping[Became, Invocations]) -> list[dict[str, Any]]:
    """Return the metric data of one round, nothing for what did not occur."""
    return [
        {
            "MetricName": INVOCATIONS_METRIC,
            "Dimensions": [
                {"Name": "Kind", "Value": kind},
                {"Name": "Became", "Value": str(how)},
            ],
            "Value": float(getattr(counts, field)),
        }
        for how, counts in became.items()
        for kind, field in _KINDS.items()
        if getattr(counts, field)
    ]


def rounds(history: History) -> Iterator[Round]:
    """Yield the rounds that were told of, in order."""
    for op in _tellings(history, INVOCATIONS_NAMESPACE):
        counts: dict[Became, Counter[str]] = {}
        for datum in op.request.get("MetricData") or ():
            named = _dimensions(datum)
            became = Became(named["Became"])
            field = _KINDS[named["Kind"]]
            counts.setdefault(became, Counter())[field] += round(float(datum["Value"]))
        yield Round(
            op=op,
            became={how: Invocations(**number) for how, number in counts.items()},
        )


def polls(history: History) -> Iterator[PollSeen]:
    """Yield the polls that were told of, in order."""
    for op in _tellings(history, POLLERS_NAMESPACE):
        for datum in op.request.get("MetricData") or ():
            yield PollSeen(
                op=op,
                poller=_dimensions(datum)[POLLER_DIMENSION],
                reached=float(datum["Value"]) > 0,
            )


def _tellings(history: History, namespace: str) -> Iterator[Op]:
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "PutMetricData"
            and op.request.get("Namespace") == namespace
        ):
            yield op


def _dimensions(datum: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(each.get("Name")): str(each.get("Value"))
        for each in datum.get("Dimensions") or ()
    }
