"""What canaries and monitors tell CloudWatch, in the shape that the edge records."""

from __future__ import annotations

from dataclasses import replace

from gameday.model.canaries_seen import (
    CANARIES_NAMESPACE,
    SERVICE_DIMENSION,
    WORKS_METRIC,
)
from gameday.model.history import Op, OpKind, Outcome

__all__ = ["alarm_op", "alarm_state_op", "look_op"]


def look_op(at_s: float, service: str, *, works: bool, index: int = 0) -> Op:
    """Return the call by which a canary tells CloudWatch what it saw."""
    datum = {
        "MetricName": WORKS_METRIC,
        "Dimensions": [{"Name": SERVICE_DIMENSION, "Value": service}],
        "Value": float(works),
    }
    return Op(
        index=index,
        kind=OpKind.CALL,
        start_ns=round(at_s * 1e9),
        end_ns=round(at_s * 1e9),
        actor="canary",
        service="cloudwatch",
        operation="PutMetricData",
        region="us-east-1",
        outcome=Outcome.OK,
        status=200,
        via="gateway",
        request={"Namespace": CANARIES_NAMESPACE, "MetricData": [datum]},
    )


def alarm_op(
    at_s: float, alarm: str, service: str, watches: str, *, periods: int = 1
) -> Op:
    """Return the call that defines a monitor's alarm; none's, without `watches`."""
    said = {"watches": watches, "service": service, "minute-ms": "1000"}
    tags = [{"Key": key, "Value": value} for key, value in said.items()]
    return replace(
        look_op(at_s, service, works=True),
        operation="PutMetricAlarm",
        request={
            "AlarmName": alarm,
            "Period": 60,
            "EvaluationPeriods": periods,
            "Tags": tags if watches else [],
        },
    )


def alarm_state_op(at_s: float, alarm: str, state: str) -> Op:
    """Return the call that sets an alarm's state."""
    return replace(
        look_op(at_s, "", works=True),
        operation="SetAlarmState",
        request={"AlarmName": alarm, "StateValue": state},
    )
