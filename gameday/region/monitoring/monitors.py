"""Would a customer notice?

A canary does what a customer does: resolve the endpoint's name, connect, read
an item. It opens a new connection each time, because an old one keeps working
long after the name is gone. After a few failures in a row it sets its
CloudWatch alarm, which is how detection time is measured.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Canary", "alarm_name"]

logger = logging.getLogger(__name__)


def alarm_name(endpoint: str) -> str:
    """Return the name of the alarm that watches an endpoint."""
    return f"endpoint-{endpoint}"


class Canary:
    """Watches one endpoint and keeps its alarm, if it has one.

    Args:
        endpoint: the managed name.
        read: does what a customer does, on a new connection.
        cloudwatch: where the alarm is.
        failures_to_alarm: in a row; 0 for a canary without an alarm.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        read: Callable[[], Any],
        cloudwatch: Any,
        failures_to_alarm: int,
    ) -> None:
        self.endpoint = endpoint
        self._read = read
        self._cloudwatch = cloudwatch
        self._failures_to_alarm = failures_to_alarm
        self._failures = 0
        self._alarmed = False

    def define_alarm(self) -> None:
        """Create the alarm in CloudWatch; doing it twice is the same as once."""
        if not self._failures_to_alarm:
            return
        self._cloudwatch.put_metric_alarm(
            AlarmName=alarm_name(self.endpoint),
            Namespace="gameday",
            MetricName="EndpointFailures",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=float(self._failures_to_alarm),
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )

    def look(self) -> bool:
        """Read once like a customer; return whether the endpoint served.

        Any answer from the service counts as served, also an error code: the
        question is the way there.
        """
        why = ""
        try:
            self._read()
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            why = str(error) if status >= 500 else ""
        except BotoCoreError as error:
            why = str(error)
        self._failures = self._failures + 1 if why else 0
        self._keep_alarm(why)
        return not why

    def _keep_alarm(self, why: str) -> None:
        if not self._failures_to_alarm:
            return
        failing = self._failures >= self._failures_to_alarm
        if failing == self._alarmed or (why and not failing):
            return
        reason = why or "the endpoint serves again"
        try:
            self._cloudwatch.set_alarm_state(
                AlarmName=alarm_name(self.endpoint),
                StateValue="ALARM" if failing else "OK",
                StateReason=reason[:1000],
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("alarm of %s not set: %s", self.endpoint, error)
        else:
            self._alarmed = failing
