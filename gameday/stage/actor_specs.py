"""With which command and environment does each actor of this stage start?

As its region says; in a stage that is isolated, so that it also asks the resolver
of its own zone whatever it is written in.

An actor that begins once the endpoints are published reaches the AWS services
behind them by their names there, as any customer does. One that begins earlier
may be the one who publishes them, and would wait for itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gameday.aws.service_endpoints import endpoint_variables
from gameday.region.process_specs import actor_spec
from gameday.stage.isolation_rules import isolated_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.region.process_specs import Addresses, ProcessSpec, Variant
    from gameday.region.topology import Region
    from gameday.stage.order import StageOrder

__all__ = ["actor_specs", "managed_variables"]


def actor_specs(
    order: StageOrder, *, addresses: Addresses, variant: Variant
) -> dict[str, ProcessSpec]:
    """Return how every actor of the stage is started, by name."""
    region = order.region
    specs = {
        name: actor_spec(
            region, name, addresses=addresses, variant=variant, inherited=os.environ
        )
        for name in region.actors
    }
    if not order.network:
        return specs
    managed = managed_variables(region, addresses.load_balancer_port)
    return {
        name: isolated_spec(
            spec,
            resolver=addresses.resolvers[spec.config.az][0],
            variables=managed if _begins_late(region, name) else {},
        )
        for name, spec in specs.items()
    }


def managed_variables(region: Region, load_balancer_port: int) -> Mapping[str, str]:
    """Return what leads a program to the region's services by their names."""
    return endpoint_variables(
        region.endpoints, aws_region=region.aws_region, port=load_balancer_port
    )


def _begins_late(region: Region, name: str) -> bool:
    return region.actors[name].begins == "when-published"
