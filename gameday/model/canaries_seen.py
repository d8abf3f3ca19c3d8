"""What did the services' canaries see, and when?

Each canary tells CloudWatch after every look whether its service worked, 1 or 0. Those
calls are in the history, so a service's health at any time of a run can be read from
the recording alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gameday.model.history import History, Op, OpKind
from gameday.model.service_health import CanarySays

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CANARIES_NAMESPACE",
    "SERVICE_DIMENSION",
    "WORKS_METRIC",
    "CanaryLook",
    "canary_looks",
    "last_canary_looks",
]

CANARIES_NAMESPACE: Final = "gameday/services"
WORKS_METRIC: Final = "Works"
SERVICE_DIMENSION: Final = "Service"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryLook:
    """One look of one canary.

    Attributes:
        at_ns: when it began to tell of it, since the run began.
        service: the name in the region's `services:`.
        says: what it saw; never `nothing`.
    """

    at_ns: int
    service: str
    says: CanarySays


def canary_looks(history: History) -> Iterator[CanaryLook]:
    """Yield every look that was told, in the order of the telling.

    A look whose telling failed counts too: what it saw does not depend on CloudWatch.
    """
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "PutMetricData"
            and op.request.get("Namespace") == CANARIES_NAMESPACE
        ):
            yield from _looks(op)


def last_canary_looks(
    history: History, *, until_ns: int | None = None
) -> dict[str, CanaryLook]:
    """Return each service's last look at or before a time, by the service's name."""
    return {
        look.service: look
        for look in canary_looks(history)
        if until_ns is None or look.at_ns <= until_ns
    }


def _looks(op: Op) -> Iterator[CanaryLook]:
    for datum in op.request.get("MetricData") or ():
        if datum.get("MetricName") != WORKS_METRIC:
            continue
        for dimension in datum.get("Dimensions") or ():
            if dimension.get("Name") == SERVICE_DIMENSION:
                works = float(datum.get("Value", 0)) > 0
                yield CanaryLook(
                    at_ns=op.start_ns,
                    service=str(dimension.get("Value")),
                    says=CanarySays.WORKS if works else CanarySays.FAILS,
                )
