"""How do a region's own programs become actors of an exploration?

Unmodified, through `region.wiring`: a planner that publishes so many plans, and the
region's enactors, which go on for ever. A region file says who there is; the
numbers that only say how long something lasts are made as short as they can be,
because in an exploration a wait lasts as long as the search wants it to, and fewer
distinct times make fewer distinct states.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from gameday.explore.actor import Actor
from gameday.explore.freezing import freeze_and_settle
from gameday.explore.stranger_actors import stranger_actors
from gameday.model.safeguards import DESIGNS, Safeguards
from gameday.region.environments import aws_environment
from gameday.region.process_specs import (
    OPERATOR,
    Addresses,
    Variant,
    actor_config,
    operator_config,
)
from gameday.region.provisioning import provision
from gameday.region.turns import run_turns
from gameday.region.wiring import wire_enactor, wire_planner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.region.settings import ActorConfig
    from gameday.region.topology import Region

__all__ = ["GATEWAY_URL", "SHORT_SETTINGS", "RegionUnderSearch"]

GATEWAY_URL = "http://127.0.0.1:4566"
"""Nothing answers there; clients want an address to send to."""

SHORT_SETTINGS: Mapping[str, Any] = {
    "lock_backoff_ms": (1, 1),
    "cleanup_settle_ms": 1,
    "enactor_poll_ms": 1,
    "lock_losses_max": 2,
    "lock_ttl_ms": 60_000,
}
"""What an exploration sets unless it is told otherwise. A lock outlives every
sleep, so that it expires when the search lets time pass and not before."""

_PLANNER = "planner"
_ENACTOR = "enactor"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionUnderSearch:
    """A region with a bounded amount of work.

    Attributes:
        region: as its file describes it.
        safeguards: the design under test.
        plans: how many plans the planner publishes.
        enactors: how many of the region's enactors take part, None for all.
        endpoints: how many of its endpoints are maintained, None for all.
        settings: numbers that win over the region's and SHORT_SETTINGS.
        seed: of the actors' own randomness.
        freezes: whether an operator turns automation off at some time.
    """

    region: Region
    safeguards: Safeguards = field(default=DESIGNS["as-built"])
    plans: int = 4
    enactors: int | None = None
    endpoints: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    freezes: bool = False

    def endpoint_names(self) -> tuple[str, ...]:
        """Return the endpoints that are maintained."""
        return self.region.endpoints[: self.endpoints]

    def enactor_names(self) -> list[str]:
        """Return the enactors that take part."""
        return self._running(_ENACTOR)[: self.enactors]

    def provision(self) -> None:
        """Create the zones and tables, as the operator."""
        provision(self._operator_config(), access_key=self.region.operator_access_key)

    def actors(self) -> tuple[Actor, ...]:
        """Return the planner, the enactors, the operator and what is not gameday's."""
        return (
            *(self._actor(each, self._publish) for each in self._running(_PLANNER)),
            *(self._actor(each, _enact, forever=True) for each in self.enactor_names()),
            *([self._operator()] if self.freezes else []),
            *stranger_actors(
                self.region, gateway_url=GATEWAY_URL, config_of=self.config_of
            ),
        )

    @property
    def has_planner(self) -> bool:
        """Whether anybody publishes plans."""
        return bool(self._running(_PLANNER))

    def config_of(self, name: str) -> ActorConfig:
        """Return what an actor of the region is told."""
        config = actor_config(
            self.region, name, addresses=self._addresses(), variant=self._variant()
        )
        return replace(config, endpoints=self.endpoint_names())

    def _running(self, program: str) -> list[str]:
        return [
            name
            for name, actor in self.region.actors.items()
            if (actor.run or "").endswith(f":{program}")
        ]

    def _actor(
        self,
        name: str,
        program: Callable[[ActorConfig], None],
        *,
        forever: bool = False,
    ) -> Actor:
        config = self.config_of(name)
        return Actor(
            name=name,
            program=lambda: program(config),
            forever=forever,
            env=aws_environment(
                self.region, GATEWAY_URL, self.region.actors[name].access_key
            ),
        )

    def _operator(self) -> Actor:
        config = self._operator_config()
        return Actor(
            name=config.actor,
            program=lambda: freeze_and_settle(config),
            env=aws_environment(
                self.region, GATEWAY_URL, self.region.operator_access_key
            ),
        )

    def _operator_config(self) -> ActorConfig:
        config = operator_config(
            self.region, addresses=self._addresses(), variant=self._variant()
        )
        return replace(config, endpoints=self.endpoint_names())

    def _publish(self, config: ActorConfig) -> None:
        planner, _ = wire_planner(config)
        healthy = [each.name for each in config.load_balancers]
        for _ in range(self.plans):
            planner.publish(healthy)

    def _variant(self) -> Variant:
        return Variant(
            safeguards=self.safeguards,
            settings={**SHORT_SETTINGS, **self.settings},
            seed=self.seed,
            stage=OPERATOR,
        )

    def _addresses(self) -> Addresses:
        zones = self.region.availability_zones
        return Addresses(
            gateway_url=GATEWAY_URL,
            load_balancer_port=80,
            resolvers=dict.fromkeys(zones, ("127.0.20.1", 53)),
            config_folder=Path(),
        )


class _EvenDraws(Random):
    """Chance that always draws the middle.

    It decides how long an enactor backs off, and in an exploration a wait lasts as
    long as the search wants it to: what was drawn before would only tell states apart.
    """

    @classmethod
    def of(cls, _config: ActorConfig, _purpose: str) -> Random:
        """Return one."""
        return cls(0)

    def random(self) -> float:
        """Draw."""
        return 0.5


def _enact(config: ActorConfig) -> None:
    enactor, clock = wire_enactor(config, stream=_EvenDraws.of)
    run_turns(
        enactor.run_once,
        clock=clock,
        rest_ms=float(config.setting("enactor_poll_ms")),
    )
