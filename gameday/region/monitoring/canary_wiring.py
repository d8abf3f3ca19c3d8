"""How does the region's canary ask each service, and where does it say so?

The services of a region file name their canary. One that has a managed endpoint is
asked by it; the others by what their customers would notice. Each gets a look of its
own, so that a slow service hides no other. What operators need in an outage is reached
by the gateway: a canary must not need what it watches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.aws.leases import LeaseTable
from gameday.aws.resolving import query
from gameday.clock import SystemClock
from gameday.errors import ServiceUnavailable
from gameday.region.droplets.lease_canary import LeaseCanary
from gameday.region.monitoring.service_canary import ServiceCanary
from gameday.region.wiring import clock_and_policy, gateway_client, wire_canaries

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.clock import Clock
    from gameday.region.monitoring.monitors import Canary
    from gameday.region.settings import ActorConfig

__all__ = ["service_canaries", "wire_looks"]


def wire_looks(config: ActorConfig) -> tuple[list[Callable[[], object]], Clock]:
    """Return one look an endpoint or service of this canary, and their clock.

    Raises ValueError for a service that nothing here knows how to ask.
    """
    canaries, _ = wire_canaries(config)
    by_endpoint = {each.endpoint: each for each in canaries}
    for each in canaries:
        each.define_alarm()
    asks: dict[str, Callable[[], object]] = {}
    for service, endpoint in config.canaries.items():
        if endpoint:
            asks[service] = _served(service, by_endpoint.pop(endpoint))
        elif service in _ASKS:
            asks[service] = _ASKS[service](config)
        else:
            raise ValueError(
                f"{config.actor} is the canary of {service!r}, and does not know what "
                f"to ask; it knows {', '.join(sorted(_ASKS))} and managed endpoints"
            )
    looks: list[Callable[[], object]] = [each.look for each in by_endpoint.values()]
    looks += [each.look for each in service_canaries(config, asks)]
    return looks, SystemClock()


def service_canaries(
    config: ActorConfig, asks: dict[str, Callable[[], object]]
) -> list[ServiceCanary]:
    """Return a canary for each service that there is a way to ask."""
    return [
        ServiceCanary(
            service=service, ask=ask, cloudwatch=gateway_client("cloudwatch", config)
        )
        for service, ask in asks.items()
    ]


def _served(service: str, canary: Canary) -> Callable[[], object]:
    def ask() -> None:
        if not canary.look():
            raise ServiceUnavailable(service=service, why="its endpoint does not serve")

    return ask


def _dns(config: ActorConfig) -> Callable[[], object]:
    """Ask the zone's resolver for every managed name, as a look-up tool does."""

    def ask() -> None:
        for endpoint in config.endpoints:
            answer = query(endpoint, "A", config.resolver)
            if not answer.addresses:
                raise ServiceUnavailable(
                    service="dns", why=f"{endpoint} has no address ({answer.rcode})"
                )

    return ask


def _dynamodb(config: ActorConfig) -> Callable[[], object]:
    """Read past the managed names, as DynamoDB's own monitoring does."""
    dynamodb = gateway_client("dynamodb", config)
    return lambda: dynamodb.describe_table(TableName="gameday-leases")


def _dwfm(config: ActorConfig) -> Callable[[], object]:
    clock, policy = clock_and_policy(config, attempts_max=1)
    canary = LeaseCanary(
        service="dwfm",
        table=LeaseTable(gateway_client("dynamodb", config), policy),
        lease_ttl_ms=config.integer("lease_ttl_ms"),
        kept_share_least=config.setting("canary_leases_kept_share"),
        clock=clock,
    )
    return canary.ask


_ASKS: dict[str, Callable[[ActorConfig], Callable[[], object]]] = {
    "dns": _dns,
    "dwfm": _dwfm,
    "dynamodb": _dynamodb,
}
