"""How do the programs of a load balancer tell CloudWatch what they see?

A metric that is not told is a gap in a graph and nothing else: whoever tells goes on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.model.balancing_seen import BALANCING_NAMESPACE, ZONE_DIMENSION

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BalancingMetrics"]

logger = logging.getLogger(__name__)


class BalancingMetrics:
    """The metrics of one load balancer; `cloudwatch` is reached by the gateway."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch

    def tell(self, values: Mapping[str, float], *, zone: str = "") -> None:
        """Put one value of each metric, of a zone or of the whole."""
        dimensions = [{"Name": ZONE_DIMENSION, "Value": zone}] if zone else []
        try:
            self._cloudwatch.put_metric_data(
                Namespace=BALANCING_NAMESPACE,
                MetricData=[
                    {"MetricName": name, "Dimensions": dimensions, "Value": value}
                    for name, value in values.items()
                ],
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("not told: %s: %s", ", ".join(values), error)
