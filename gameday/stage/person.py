"""With which environment does a program of a person's act on a stage?

As the operator, by the standard variables that every AWS SDK and tool reads. In a
stage that is isolated, services behind the region's endpoints are reached by
their names, as a customer does, so that an outage of the names is one for the
person's tools, too; everything else goes to the gateway.

What could lead a call elsewhere (profiles, other endpoints, proxies) is taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.near_names import unknown_name
from gameday.region.environments import aws_environment, without_foreign
from gameday.stage.actor_specs import managed_variables
from gameday.stage.state import HOME_VARIABLE, STAGE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.stage.state import StageState

__all__ = ["person_environment", "resolver_of"]


def person_environment(
    state: StageState, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a program that acts on a running stage."""
    region = state.region
    home = inherited.get(HOME_VARIABLE)
    managed: Mapping[str, str] = {}
    if state.network:
        managed = managed_variables(region, int(state.edge["load_balancer_port"]))
    return {
        **without_foreign(inherited),
        **({HOME_VARIABLE: home} if home else {}),
        STAGE_VARIABLE: state.id,
        **aws_environment(region, state.gateway_url, region.operator_access_key),
        **managed,
    }


def resolver_of(state: StageState, az: str | None) -> str:
    """Return the address of a zone's resolver, the first zone's for None.

    Raises InvalidInput for a zone that the region does not have.
    """
    zones = state.region.availability_zones
    zone = zones[0] if az is None else az
    if zone not in zones:
        raise InvalidInput(unknown_name("availability zone", zone, zones))
    address, _ = state.edge["resolvers"][zone]
    return str(address)
