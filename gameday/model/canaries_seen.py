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
    from collections.abc import Iterable, Iterator

__all__ = [
    "CANARIES_NAMESPACE",
    "SERVICE_DIMENSION",
    "WORKS_METRIC",
    "CanaryLook",
    "canaries_say",
    "canary_looks",
    "last_canary_looks",
    "looks_of",
]

CANARIES_NAMESPACE: Final = "gameday/services"
WORKS_METRIC: Final = "Works"
SERVICE_DIMENSION: Final = "Service"

SILENT_AFTER_NS: Final = 15_000_000_000
"""A canary that has not told of a look for so long says nothing any more."""


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
        yield from looks_of(op)


def last_canary_looks(
    history: History, *, until_ns: int | None = None
) -> dict[str, CanaryLook]:
    """Return each service's last look at or before a time, by the service's name."""
    return {
        look.service: look
        for look in canary_looks(history)
        if until_ns is None or look.at_ns <= until_ns
    }


def canaries_say(looks: Iterable[CanaryLook], *, at_ns: int) -> dict[str, CanarySays]:
    """Return what each service's canary says at a time, by the service's name.

    Looks that come later do not count, and neither do those that are too old.
    """
    return {
        look.service: look.says
        for look in looks
        if at_ns - SILENT_AFTER_NS <= look.at_ns <= at_ns
    }


def looks_of(op: Op) -> Iterator[CanaryLook]:
    """Yield the looks that one op tells of; most tell of none."""
    if (
        op.kind is not OpKind.CALL
        or op.operation != "PutMetricData"
        or op.request.get("Namespace") != CANARIES_NAMESPACE
    ):
        return
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
