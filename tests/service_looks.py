"""A look of a service's canary, in the shape that the edge records."""

from __future__ import annotations

from gameday.model.canaries_seen import (
    CANARIES_NAMESPACE,
    SERVICE_DIMENSION,
    WORKS_METRIC,
)
from gameday.model.history import Op, OpKind, Outcome

__all__ = ["look_op"]


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
