"""How do the programs of a load balancer tell CloudWatch what they see?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.aws.metrics import datum, tell_metrics
from gameday.model.balancing_seen import BALANCING_NAMESPACE, ZONE_DIMENSION

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BalancingMetrics"]


class BalancingMetrics:
    """The metrics of one load balancer; `cloudwatch` is reached by the gateway."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch

    def tell(self, values: Mapping[str, float], *, zone: str = "") -> None:
        """Put one value of each metric, of a zone or of the whole."""
        dimensions = {ZONE_DIMENSION: zone} if zone else {}
        tell_metrics(
            self._cloudwatch,
            BALANCING_NAMESPACE,
            [datum(name, value, **dimensions) for name, value in values.items()],
            what=", ".join(values),
        )
