"""How does a program tell CloudWatch what it sees, and what if it cannot?

A metric that is not told is a gap in a graph and nothing else: whoever tells goes on.
So a failed call is logged here and never raised, and the caller learns which it was.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["datum", "tell_metrics"]

logger = logging.getLogger(__name__)


def datum(metric: str, value: float, **dimensions: str) -> dict[str, Any]:
    """Return one value of a metric as CloudWatch takes it."""
    return {
        "MetricName": metric,
        "Dimensions": [
            {"Name": name, "Value": given} for name, given in dimensions.items()
        ],
        "Value": value,
    }


def tell_metrics(
    cloudwatch: Any, namespace: str, data: Sequence[dict[str, Any]], *, what: str
) -> bool:
    """Put values in one call; return whether CloudWatch took them.

    Args:
        cloudwatch: reached by the gateway.
        namespace: of all of them.
        data: see `datum`.
        what: is told, for the log.

    After an unknown outcome the answer is False, and they may be there all the same.
    """
    try:
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=list(data))
    except (BotoCoreError, ClientError) as error:
        logger.warning("%s was not told: %s", what, error)
        return False
    return True
