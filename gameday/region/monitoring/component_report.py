"""What does a component tell of itself?

Counts of what it has done, put as CloudWatch metrics every so often, zeros included. It
says what the component knows and no more; what customers get is the canaries' to say.
A region that asks for none (`component_metrics_ms: 0`) gets none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.aws.metrics import datum, tell_metrics
from gameday.clock import monotonic_ms
from gameday.model.canaries_seen import SERVICE_DIMENSION
from gameday.model.component_metrics import COMPONENT_METRICS, COMPONENTS_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.clock import Clock

__all__ = ["ComponentReport"]


class ComponentReport:
    """Tells CloudWatch how a component is doing.

    Args:
        service: the service that the component is part of, one with metrics in
            `COMPONENT_METRICS`.
        cloudwatch: where it is told, by the gateway.
        every_ms: how often; 0 for never.
        clock: of the component's host.
    """

    def __init__(
        self, *, service: str, cloudwatch: Any, every_ms: int, clock: Clock
    ) -> None:
        self._service = service
        self._metrics = COMPONENT_METRICS[service]
        self._cloudwatch = cloudwatch
        self._every_ms = every_ms
        self._clock = clock
        self._told = dict.fromkeys(self._metrics, 0)
        self._due_ms = monotonic_ms(self._clock) + every_ms

    def is_due(self) -> bool:
        """Answer, once each period, whether it is time to tell."""
        now_ms = monotonic_ms(self._clock)
        if self._every_ms == 0 or now_ms < self._due_ms:
            return False
        self._due_ms = now_ms + self._every_ms
        return True

    def tell(self, totals: Mapping[str, int]) -> None:
        """Tell what was done since the last time that was told.

        Args:
            totals: how much of each metric was done since the program began.
        """
        dimensions = {SERVICE_DIMENSION: self._service}
        data = [
            datum(metric, float(totals[metric] - self._told[metric]), **dimensions)
            for metric in self._metrics
        ]
        what = f"what {self._service} has done"
        if tell_metrics(self._cloudwatch, COMPONENTS_NAMESPACE, data, what=what):
            self._told = {metric: totals[metric] for metric in self._metrics}
