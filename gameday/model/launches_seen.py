"""Which launches of instances does a history tell of?

Out of the recorded calls: what EC2 was asked to launch and on which droplet, and what
became of each request that the launch path took in, which it tells as a metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gameday.model.history import History, Op, OpKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LAUNCHES_NAMESPACE",
    "LAUNCH_METRIC",
    "LaunchSeen",
    "launch_outcomes",
    "launch_outcomes_at",
    "launches",
]

LAUNCHES_NAMESPACE: Final = "gameday/ec2"
LAUNCH_METRIC: Final = "Launches"
_DROPLET_TAG = "droplet"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSeen:
    """An instance that was launched, or may have been.

    Attributes:
        op: the call.
        droplet: the name that its tag says.
    """

    op: Op
    droplet: str


def launches(history: History) -> Iterator[LaunchSeen]:
    """Yield the launches that did or may have happened, in order."""
    for op in history:
        if (
            op.kind is not OpKind.CALL
            or op.operation != "RunInstances"
            or op.outcome is Outcome.FAIL
        ):
            continue
        for specification in op.request.get("TagSpecifications") or ():
            for tag in specification.get("Tags") or ():
                if tag.get("Key") == _DROPLET_TAG:
                    yield LaunchSeen(op=op, droplet=str(tag.get("Value")))


def launch_outcomes(history: History, *, since_ns: int = 0) -> Iterator[str]:
    """Yield how each request ended from a time on: "launched" or EC2's error code."""
    for at_ns, outcome in launch_outcomes_at(history):
        if at_ns >= since_ns:
            yield outcome


def launch_outcomes_at(history: History) -> Iterator[tuple[int, str]]:
    """Yield (when it was told, how it ended) for each request, in order."""
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "PutMetricData"
            and op.request.get("Namespace") == LAUNCHES_NAMESPACE
        ):
            for datum in op.request.get("MetricData") or ():
                for dimension in datum.get("Dimensions") or ():
                    yield op.end_ns, str(dimension.get("Value"))
