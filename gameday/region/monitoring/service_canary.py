"""Would a customer of this service notice?

One canary a service: it asks what a customer asks, end to end, and tells CloudWatch
whether that worked. What it saw is the service's health, whatever the service thinks of
itself. It never looks into the service.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gameday.aws.metrics import datum, tell_metrics
from gameday.aws.service_client import NOT_SERVED
from gameday.model.canaries_seen import (
    CANARIES_NAMESPACE,
    SERVICE_DIMENSION,
    WORKS_METRIC,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ServiceCanary"]

logger = logging.getLogger(__name__)


class ServiceCanary:
    """Looks at one service like a customer.

    Args:
        service: its name in the region's `services:`.
        ask: does what a customer does; raises ServiceUnavailable, LaunchRefused, an
            error of AWS or Indeterminate when the customer got no service. Any other
            error is a defect of the canary and is not caught.
        cloudwatch: where it is told, by the gateway: a canary must not need what it
            watches.
    """

    def __init__(
        self, *, service: str, ask: Callable[[], object], cloudwatch: Any
    ) -> None:
        self.service = service
        self._ask = ask
        self._cloudwatch = cloudwatch

    def look(self) -> bool:
        """Ask once, tell CloudWatch, and return whether it worked."""
        try:
            self._ask()
        except NOT_SERVED as error:
            logger.info("%s fails its canary: %s", self.service, error)
            works = False
        else:
            works = True
        self._tell(works=works)
        return works

    def _tell(self, *, works: bool) -> None:
        dimensions = {SERVICE_DIMENSION: self.service}
        tell_metrics(
            self._cloudwatch,
            CANARIES_NAMESPACE,
            [datum(WORKS_METRIC, float(works), **dimensions)],
            what=f"what {self.service}'s canary saw",
        )
