"""With which command, environment and configuration does each actor start?

Pure: a region and the addresses of an open stage in, one `ProcessSpec` an actor
out. An actor reaches AWS by the standard variables only (`environments.py`), so any
boto3 program takes part.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gameday.region.entries.monitors import MONITOR_PROGRAM
from gameday.region.entries.services import watched_by
from gameday.region.environments import aws_environment, harness_environment
from gameday.region.launch import CONFIG_VARIABLE, LIFELINE_FLAG
from gameday.region.programs import PYTHON
from gameday.region.settings import (
    ActorConfig,
    Balancer,
    Identity,
    LoadBalancer,
    Queue,
    Table,
    TableKey,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gameday.model.safeguards import Safeguards
    from gameday.region.entries.resources import KeyEntry
    from gameday.region.known_settings import Number
    from gameday.region.topology import Actor, Region

__all__ = [
    "OPERATOR",
    "Addresses",
    "ProcessSpec",
    "Variant",
    "actor_config",
    "actor_spec",
    "operator_config",
    "operator_spec",
]

OPERATOR = "operator"
"""Who people and the harness's own provisioning are in the history."""

PROVISIONING = "gameday.region.provisioning:provision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the parts of an open stage answer.

    Attributes:
        gateway_url: the edge's AWS gateway.
        load_balancer_port: common port of the load balancers.
        resolvers: address and port by availability zone.
        config_folder: where actor configurations are written.
    """

    gateway_url: str
    load_balancer_port: int
    resolvers: Mapping[str, tuple[str, int]]
    config_folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What differs between two stages of the same region.

    Attributes:
        safeguards: the switches of the design under test.
        settings: numbers that win over the region's and the actors' own.
        seed: every actor's seed is derived from it and the actor's name.
        stage: the stage's id.
    """

    safeguards: Safeguards
    settings: Mapping[str, Number | tuple[Number, Number]]
    seed: int
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """How one process is started.

    Attributes:
        name: the actor.
        argv: the command.
        env: its whole environment.
        cwd: the folder it runs in.
        config: the configuration to write to `config_file` before it starts.
        speaks_lifeline: whether it is ours and waits on its standard input.
        restart: whether it is started again when it ends.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    config: ActorConfig
    config_file: Path
    speaks_lifeline: bool
    restart: bool = False


def actor_spec(
    region: Region,
    name: str,
    *,
    addresses: Addresses,
    variant: Variant,
    inherited: Mapping[str, str],
) -> ProcessSpec:
    """Return how the actor `name` of `region` is started."""
    actor = region.actors[name]
    config = actor_config(region, name, addresses=addresses, variant=variant)
    config_file = addresses.config_folder / f"{name}.json"
    return ProcessSpec(
        name=name,
        argv=_argv(actor),
        env={
            **harness_environment(inherited, stage=variant.stage),
            **aws_environment(region, addresses.gateway_url, actor.access_key),
            "GAMEDAY_ACTOR": name,
            CONFIG_VARIABLE: str(config_file),
            **actor.env,
        },
        cwd=actor.cwd,
        config=config,
        config_file=config_file,
        speaks_lifeline=actor.run is not None,
        restart=actor.restart == "always",
    )


def operator_spec(
    region: Region,
    *,
    addresses: Addresses,
    variant: Variant,
    inherited: Mapping[str, str],
) -> ProcessSpec:
    """Return how the provisioning of `region` is started."""
    config_file = addresses.config_folder / f"{OPERATOR}.json"
    return ProcessSpec(
        name=OPERATOR,
        argv=_launch(PROVISIONING),
        env={
            **harness_environment(inherited, stage=variant.stage),
            **aws_environment(
                region, addresses.gateway_url, region.operator_access_key
            ),
            "GAMEDAY_ACTOR": OPERATOR,
            CONFIG_VARIABLE: str(config_file),
        },
        cwd=str(addresses.config_folder),
        config=operator_config(region, addresses=addresses, variant=variant),
        config_file=config_file,
        speaks_lifeline=True,
    )


def actor_config(
    region: Region, name: str, *, addresses: Addresses, variant: Variant
) -> ActorConfig:
    """Return what the actor `name` is told."""
    actor = region.actors[name]
    config = _config(
        region,
        name,
        az=region.zone_of(name),
        addresses=addresses,
        variant=replace(
            variant,
            settings={**region.settings, **actor.settings, **variant.settings},
        ),
        identities={
            role: Identity(name=each.name, access_key=each.access_key)
            for role, each in actor.identities.items()
        },
    )
    return replace(
        config,
        canaries=watched_by(region.services, name),
        monitors=region.watching() if actor.run == MONITOR_PROGRAM else (),
    )


def operator_config(
    region: Region, *, addresses: Addresses, variant: Variant
) -> ActorConfig:
    """Return what provisioning is told, tables and queues included."""
    config = _config(
        region,
        OPERATOR,
        az=region.availability_zones[0],
        addresses=addresses,
        variant=replace(variant, settings={**region.settings, **variant.settings}),
        identities={},
    )
    tables = tuple(
        Table(
            name=table.name,
            partition_key=_key(table.partition_key),
            sort_key=_key(table.sort_key) if table.sort_key else None,
            replicas=table.replicas,
        )
        for table in region.tables
    )
    queues = tuple(Queue(**entry.model_dump()) for entry in region.queues)
    return replace(config, tables=tables, queues=queues)


def _config(
    region: Region,
    name: str,
    *,
    az: str,
    addresses: Addresses,
    variant: Variant,
    identities: Mapping[str, Identity],
) -> ActorConfig:
    return ActorConfig(
        actor=name,
        az=az,
        aws_region=region.aws_region,
        gateway_url=addresses.gateway_url,
        resolver=addresses.resolvers[az],
        managed_port=addresses.load_balancer_port,
        endpoints=region.endpoints,
        load_balancers=tuple(
            LoadBalancer(**each.model_dump()) for each in region.load_balancers
        ),
        settings=variant.settings,
        safeguards=variant.safeguards,
        identities=identities,
        record_ttl_s=region.dns.record_ttl_s,
        balancer=Balancer(**region.balancer.model_dump()) if region.balancer else None,
        seed=_derived_seed(variant.seed, name),
    )


def _argv(actor: Actor) -> tuple[str, ...]:
    if actor.run is not None:
        return _launch(actor.run)
    command = actor.command or ()
    return tuple(sys.executable if part == PYTHON else part for part in command)


def _launch(reference: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "gameday.region.launch", LIFELINE_FLAG, reference)


def _key(entry: KeyEntry) -> TableKey:
    return TableKey(name=entry.name, type=entry.type)


def _derived_seed(seed: int, name: str) -> int:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:6])
