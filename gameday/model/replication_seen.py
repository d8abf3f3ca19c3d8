"""How late were copies in another region, as a history tells it?

Replication tells CloudWatch after each batch how long its newest change was on its way,
and a customer who goes to a copy tells how many versions that was behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gameday.model.history import History, OpKind

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BEHIND_METRIC",
    "LATENCY_METRIC",
    "REPLICATION_NAMESPACE",
    "CopyLag",
    "copy_lags",
]

REPLICATION_NAMESPACE: Final = "gameday/global-tables"
LATENCY_METRIC: Final = "ReplicationLatency"
"""In milliseconds, as DynamoDB's own metric of this name."""
BEHIND_METRIC: Final = "VersionsBehind"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLag:
    """One measurement.

    Attributes:
        at_ns: when it was told, since the run began.
        metric: which of the two.
        region: where the copy is.
        value: milliseconds or versions.
    """

    at_ns: int
    metric: str
    region: str
    value: float


def copy_lags(history: History, *, since_ns: int = 0) -> Iterator[CopyLag]:
    """Yield every measurement that was told from a time on, in order."""
    for op in history:
        if (
            op.kind is not OpKind.CALL
            or op.operation != "PutMetricData"
            or op.end_ns < since_ns
            or op.request.get("Namespace") != REPLICATION_NAMESPACE
        ):
            continue
        for datum in op.request.get("MetricData") or ():
            for dimension in datum.get("Dimensions") or ():
                yield CopyLag(
                    at_ns=op.start_ns,
                    metric=str(datum.get("MetricName")),
                    region=str(dimension.get("Value")),
                    value=float(datum.get("Value", 0)),
                )
