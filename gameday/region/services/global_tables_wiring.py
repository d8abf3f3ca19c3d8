"""How are two regions put together that keep one table?

The first is reached by its public name, the second by the gateway. Replication has no
other way into the first region, and neither have customers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameday.aws.metrics import datum
from gameday.model.replication_seen import (
    BEHIND_METRIC,
    LATENCY_METRIC,
    REPLICATION_NAMESPACE,
)
from gameday.region.services.customer_wiring import SECOND_REGION, in_second_region
from gameday.region.services.global_tables import Replication, TableIn
from gameday.region.services.two_region_customer import TwoRegionCustomer
from gameday.region.wiring import clock_and_policy, gateway_client, managed_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.settings import ActorConfig

__all__ = ["BASKETS_TABLE", "home_and_copy", "wire_replication", "wire_two_regions"]

BASKETS_TABLE: Final = "gameday-baskets"


def wire_replication(config: ActorConfig) -> tuple[Replication, Replication]:
    """Return the replication out of the first region and the one into it."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    home, copy = home_and_copy(config)
    out, into = (
        Replication(
            table=BASKETS_TABLE,
            source=source,
            target=target,
            policy=policy,
            clock=clock,
            tell=_teller(config, LATENCY_METRIC, region=target.region),
        )
        for source, target in ((home, copy), (copy, home))
    )
    return out, into


def wire_two_regions(config: ActorConfig) -> TwoRegionCustomer:
    """Return the customer who is at home in the first region."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    home, copy = home_and_copy(config)
    return TwoRegionCustomer(
        table=BASKETS_TABLE,
        home=home,
        copy=copy if config.integer("customer_takes_over") else None,
        failures_to_take_over=config.integer("failures_to_take_over"),
        policy=policy,
        clock=clock,
        tell=_teller(config, BEHIND_METRIC, region=SECOND_REGION),
    )


def home_and_copy(config: ActorConfig) -> tuple[TableIn, TableIn]:
    """Return the table in the first region and in the second."""
    away = in_second_region(config)
    endpoint = config.endpoints[0]
    dynamodb, _ = managed_client(config, endpoint, pool_connections_max=1)
    streams, _ = managed_client(
        config, endpoint, pool_connections_max=1, service="dynamodbstreams"
    )
    return (
        TableIn(region=config.aws_region, dynamodb=dynamodb, streams=streams),
        TableIn(
            region=SECOND_REGION,
            dynamodb=gateway_client("dynamodb", away),
            streams=gateway_client("dynamodbstreams", away),
        ),
    )


def _teller(config: ActorConfig, metric: str, *, region: str) -> Callable[[int], None]:
    cloudwatch = gateway_client("cloudwatch", config)

    def tell(value: int) -> None:
        cloudwatch.put_metric_data(
            Namespace=REPLICATION_NAMESPACE,
            MetricData=[datum(metric, float(value), ReceivingRegion=region)],
        )

    return tell
