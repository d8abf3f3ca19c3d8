"""Which hosts of clusters were replaced, and how often was a launch for one refused?

Out of the recorded calls: a cluster that is taken out is paused, and resumed when its
new host is there; what became of each launch that its automation asked for is a metric
of the launch path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.launches_seen import LAUNCHES_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReplacementSeen", "replacements"]

_SUCCESS: Final = "launched"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementSeen:
    """One replacement.

    Attributes:
        op: the call that took the cluster out.
        cluster: its name.
        refused: launches that were refused before it was back.
        back_ns: when it was back, None when it was not.
    """

    op: Op
    cluster: str
    refused: int = 0
    back_ns: int | None = None


def replacements(history: History) -> tuple[ReplacementSeen, ...]:
    """Return every replacement that did or may have begun, in order."""
    begun: list[ReplacementSeen] = []
    open_at: dict[str, int] = {}
    for op in history:
        if op.kind is not OpKind.CALL or op.outcome is Outcome.FAIL:
            continue
        cluster = str(op.request.get("ClusterIdentifier", ""))
        if op.operation == "PauseCluster":
            open_at[cluster] = len(begun)
            begun.append(ReplacementSeen(op=op, cluster=cluster))
        elif op.operation == "ResumeCluster" and cluster in open_at:
            place = open_at.pop(cluster)
            begun[place] = replace(begun[place], back_ns=op.end_ns)
        else:
            refused = sum(outcome != _SUCCESS for outcome in _outcomes(op))
            for place in open_at.values():
                if begun[place].op.actor == op.actor:
                    begun[place] = replace(
                        begun[place], refused=begun[place].refused + refused
                    )
    return tuple(begun)


def _outcomes(op: Op) -> Iterator[str]:
    if (
        op.operation == "PutMetricData"
        and op.request.get("Namespace") == LAUNCHES_NAMESPACE
    ):
        for datum in op.request.get("MetricData") or ():
            for dimension in datum.get("Dimensions") or ():
                yield str(dimension.get("Value"))
