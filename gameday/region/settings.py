"""What is one actor told when it starts?

An actor of the region learns who it is, where AWS stands and which numbers to
work with from one JSON file, named by GAMEDAY_CONFIG. `ActorConfig` is that file
as a value. A program that does not import gameday reads the same JSON itself.

Which settings the region's own programs read is listed in `known_settings.py`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gameday.model.detection import Monitor, parse_monitor, render_monitor
from gameday.model.safeguards import Safeguards
from gameday.region.known_settings import KNOWN_SETTINGS, Number, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ActorConfig",
    "Balancer",
    "Identity",
    "LoadBalancer",
    "Queue",
    "Table",
    "TableKey",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """One load balancer: a plan's weights name it, leaves point at its address."""

    name: str
    address: str
    az: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """The network load balancer: its name, and each zone's node by its address."""

    name: str
    nodes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A second caller that an actor may act as."""

    name: str
    access_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKey:
    """One key attribute of a DynamoDB table; `type` is "S", "N" or "B"."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A DynamoDB table that exists before the actors start, here and in replicas."""

    name: str
    partition_key: TableKey
    sort_key: TableKey | None = None
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An SQS queue that exists before the actors start.

    Attributes:
        name: ordered and without duplicates when it ends in ".fifo".
        visibility_timeout_s: after which a message that was received comes again.
        retention_s: after which a message that nobody took is gone.
        message_bytes_max: the longest message that is taken.
    """

    name: str
    visibility_timeout_s: int
    retention_s: int
    message_bytes_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorConfig:
    """Everything one actor is told.

    Attributes:
        actor: its name in histories, e.g. "enactor-az1".
        az: the availability zone it runs in.
        aws_region: region name for clients and credential scopes.
        gateway_url: where every AWS API answers.
        resolver: address and port of the DNS resolver of its zone.
        managed_port: port on which the load balancers answer.
        endpoints: names that the region maintains in DNS, the main one first.
        load_balancers: all of them, in every zone.
        settings: numbers and spans by name, as the region file gives them.
        safeguards: the switches of the design under test.
        identities: other callers it may act as, by role.
        record_ttl_s: TTL of the records that point at load balancers.
        tables: tables that provisioning creates; empty for other actors.
        queues: queues that it creates; empty for other actors.
        canaries: the services whose canary it is, each with its managed endpoint, ""
            for a service that has none.
        balancer: the network load balancer, None in a region without one.
        monitors: whose alarms it keeps; empty for other actors.
        seed: seed of this actor's own randomness.
    """

    actor: str
    az: str
    aws_region: str
    gateway_url: str
    resolver: tuple[str, int]
    managed_port: int
    endpoints: tuple[str, ...]
    load_balancers: tuple[LoadBalancer, ...]
    settings: Mapping[str, Number | Span] = field(default_factory=dict)
    safeguards: Safeguards = field(default_factory=Safeguards)
    identities: Mapping[str, Identity] = field(default_factory=dict)
    record_ttl_s: int = 1
    tables: tuple[Table, ...] = ()
    queues: tuple[Queue, ...] = ()
    canaries: Mapping[str, str] = field(default_factory=dict)
    balancer: Balancer | None = None
    monitors: tuple[Monitor, ...] = ()
    seed: int = 0

    def setting(self, name: str) -> Number:
        """Return the setting `name`, in the unit its name ends with.

        Raises KeyError when the region gives none and the reference has no default.
        """
        value = self._value(name)
        if isinstance(value, tuple):
            raise TypeError(f"setting {name!r} is a span: {list(value)}")
        return value

    def integer(self, name: str) -> int:
        """Return the setting `name` rounded to a whole number."""
        return round(self.setting(name))

    def span(self, name: str) -> Span:
        """Return the lowest and highest value of the setting `name`."""
        value = self._value(name)
        return value if isinstance(value, tuple) else (value, value)

    def _value(self, name: str) -> Number | Span:
        if name in self.settings:
            return self.settings[name]
        return KNOWN_SETTINGS[name].default

    @classmethod
    def parse(cls, text: str) -> ActorConfig:
        """Return the value that `render` wrote."""
        given: dict[str, Any] = json.loads(text)
        host, port = given["resolver"]
        return cls(
            actor=given["actor"],
            az=given["az"],
            aws_region=given["aws_region"],
            gateway_url=given["gateway_url"],
            resolver=(host, port),
            managed_port=given["managed_port"],
            endpoints=tuple(given["endpoints"]),
            load_balancers=tuple(
                LoadBalancer(**each) for each in given["load_balancers"]
            ),
            settings={
                name: _setting_value(value)
                for name, value in given.get("settings", {}).items()
            },
            safeguards=Safeguards.parse(given.get("safeguards", {})),
            identities={
                role: Identity(**each)
                for role, each in given.get("identities", {}).items()
            },
            record_ttl_s=given.get("record_ttl_s", 1),
            tables=tuple(_table(each) for each in given.get("tables", ())),
            queues=tuple(Queue(**each) for each in given.get("queues", ())),
            canaries=dict(given.get("canaries", {})),
            balancer=Balancer(**given["balancer"]) if given.get("balancer") else None,
            monitors=tuple(parse_monitor(each) for each in given.get("monitors", ())),
            seed=given.get("seed", 0),
        )

    def render(self) -> str:
        """Return this configuration as the JSON text that the actor reads."""
        return json.dumps(
            {
                "actor": self.actor,
                "az": self.az,
                "aws_region": self.aws_region,
                "gateway_url": self.gateway_url,
                "resolver": list(self.resolver),
                "managed_port": self.managed_port,
                "endpoints": list(self.endpoints),
                "load_balancers": [
                    {"name": each.name, "address": each.address, "az": each.az}
                    for each in self.load_balancers
                ],
                "settings": self.settings,
                "safeguards": self.safeguards.render(),
                "identities": {
                    role: {"name": each.name, "access_key": each.access_key}
                    for role, each in self.identities.items()
                },
                "record_ttl_s": self.record_ttl_s,
                "tables": [_render_table(each) for each in self.tables],
                "queues": [asdict(each) for each in self.queues],
                "canaries": dict(self.canaries),
                "balancer": asdict(self.balancer) if self.balancer else None,
                "monitors": [render_monitor(each) for each in self.monitors],
                "seed": self.seed,
            },
            indent=2,
        )


def _setting_value(value: Any) -> Number | Span:
    if isinstance(value, list):
        lowest, highest = value
        return lowest, highest
    number: Number = value
    return number


def _table(given: Mapping[str, Any]) -> Table:
    sort_key = given.get("sort_key")
    return Table(
        name=given["name"],
        partition_key=TableKey(**given["partition_key"]),
        sort_key=TableKey(**sort_key) if sort_key else None,
        replicas=tuple(given.get("replicas", ())),
    )


def _render_table(table: Table) -> dict[str, Any]:
    keys = {"partition_key": table.partition_key, "sort_key": table.sort_key}
    return {"name": table.name, "replicas": list(table.replicas)} | {
        role: {"name": key.name, "type": key.type}
        for role, key in keys.items()
        if key is not None
    }
