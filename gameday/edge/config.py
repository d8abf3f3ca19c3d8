"""How is the edge configured?

The harness writes this file, and a person may: unknown keys, wrong types and
targets that are not on this machine are all refused at once, before anything
listens.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gameday.edge.document_fields import Fields
from gameday.errors import InvalidInput, NotLoopback, Reason

__all__ = ["EdgeConfig", "LoadBalancerConfig", "load_config", "parse_config"]

PORT_MAX = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerConfig:
    """One load balancer: its name, IP address and availability zone."""

    name: str
    address: str
    az: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """Everything that an edge is told at its start.

    Attributes:
        emulator_url: what stands behind; on loopback.
        guard: whether Route 53's contract is kept where the emulator does not.
        host: the gateway's address; on loopback.
        gateway_port: 0 for any free one, like every port here.
        load_balancer_port: one port for all load balancers.
        dns_port: one port for each DNS address.
        actors: actors by access key id.
        zones_of_actors: availability zone by actor; others are outside all.
        load_balancers: where else AWS requests are taken.
        dns_edges: addresses of the authoritative DNS servers.
        resolvers: address of the caching resolver of each AZ.
        negative_ttl_s: how long resolvers remember that there is no answer.
        propagation_ms: shortest and longest time until a DNS edge has a change.
        connection_age_max_ms: from this age on a load balancer closes a
            connection; 0 for never.
        seed: decides everything that is random here.
        history: file of the history; None keeps it in memory only.
    """

    emulator_url: str
    guard: bool = True
    host: str = "127.0.0.1"
    gateway_port: int = 0
    load_balancer_port: int = 0
    dns_port: int = 0
    actors: dict[str, str]
    zones_of_actors: dict[str, str] = field(default_factory=dict)
    load_balancers: tuple[LoadBalancerConfig, ...] = ()
    dns_edges: tuple[str, ...] = ()
    resolvers: dict[str, str]
    negative_ttl_s: int = 900
    propagation_ms: tuple[int, int] = (20, 80)
    connection_age_max_ms: int = 0
    seed: int = 1
    history: Path | None = None


def load_config(file: Path) -> EdgeConfig:
    """Return the configuration in a file; raises InvalidInput with every reason."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(Reason(message=str(error), file=str(file))) from error
    except ValueError as error:
        raise InvalidInput(
            Reason(message=f"this is not JSON: {error}", file=str(file))
        ) from error
    try:
        return parse_config(document)
    except NotLoopback:
        raise
    except InvalidInput as error:
        raise InvalidInput(
            *(
                Reason(message=reason.message, file=str(file))
                for reason in error.reasons
            )
        ) from error


def parse_config(document: Any) -> EdgeConfig:
    """Return the configuration that a document describes.

    Raises:
        InvalidInput: with every problem.
        NotLoopback: the emulator or the host is not on this machine.
    """
    fields = Fields(document)
    history = fields.text("history", None)
    shortest, longest = _propagation(fields)
    config = EdgeConfig(
        emulator_url=fields.text("emulator_url").rstrip("/"),
        guard=fields.flag("guard", default=True),
        host=fields.text("host", "127.0.0.1"),
        gateway_port=fields.integer("gateway_port", 0, low=0, high=PORT_MAX),
        load_balancer_port=fields.integer(
            "load_balancer_port", 0, low=0, high=PORT_MAX
        ),
        dns_port=fields.integer("dns_port", 0, low=0, high=PORT_MAX),
        actors=_texts_by_name(fields, "actors"),
        zones_of_actors=_texts_by_name(fields, "zones_of_actors"),
        load_balancers=_load_balancers(fields),
        dns_edges=_addresses(fields, "dns_edges", fields.texts("dns_edges")),
        resolvers=_texts_by_name(fields, "resolvers"),
        negative_ttl_s=fields.integer("negative_ttl_s", 900, low=0, high=86_400),
        propagation_ms=(shortest, longest),
        connection_age_max_ms=fields.integer("connection_age_max_ms", 0, low=0),
        seed=fields.integer("seed", 1),
        history=Path(history) if history else None,
    )
    _addresses(fields, "resolvers", tuple(config.resolvers.values()))
    _ensure_distinct(fields, "dns_edges", config.dns_edges)
    _ensure_distinct(fields, "resolvers", tuple(config.resolvers.values()))
    fields.refuse_unknown()
    fields.raise_if_wrong()
    _ensure_loopback(config.emulator_url, config.emulator_url)
    _ensure_loopback(f"http://{_bracketed(config.host)}", config.host)
    return config


def _propagation(fields: Fields) -> tuple[int, int]:
    value = fields.take("propagation_ms")
    if value is None:
        return 20, 80
    match value:
        case [int(shortest), int(longest)] if 0 <= shortest <= longest:
            return shortest, longest
        case _:
            message = f"should be [shortest, longest] in milliseconds, not {value!r}"
            fields.wrong("propagation_ms", message)
            return 20, 80


def _texts_by_name(fields: Fields, name: str) -> dict[str, str]:
    value = fields.take(name)
    if value is None:
        return {}
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return value
    fields.wrong(name, f"should be an object of texts, not {value!r}")
    return {}


def _load_balancers(fields: Fields) -> tuple[LoadBalancerConfig, ...]:
    value = fields.take("load_balancers")
    if not isinstance(value, list | None):
        fields.wrong("load_balancers", f"should be a list, not {value!r}")
        return ()
    found = []
    for at, document in enumerate(value or ()):
        path = f"load_balancers[{at}]"
        inner = Fields(document, path=path, problems=fields.problems)
        one = LoadBalancerConfig(
            name=inner.text("name"),
            address=inner.text("address"),
            az=inner.text("az", ""),
        )
        inner.refuse_unknown()
        _addresses(fields, f"{path}.address", (one.address,) if one.address else ())
        found.append(one)
    return tuple(found)


def _addresses(
    fields: Fields, name: str, addresses: tuple[str, ...]
) -> tuple[str, ...]:
    for address in addresses:
        try:
            loopback = ipaddress.ip_address(address).is_loopback
        except ValueError:
            fields.wrong(name, f"{address!r} is not an IP address")
        else:
            if not loopback:
                fields.wrong(name, f"{address} is not a loopback address")
    return addresses


def _ensure_distinct(fields: Fields, name: str, addresses: tuple[str, ...]) -> None:
    """A DNS server is named by its address, and a resolver is known by it."""
    for address in sorted({each for each in addresses if addresses.count(each) > 1}):
        fields.wrong(name, f"{address} is given twice")


def _ensure_loopback(url: str, shown: str) -> None:
    """Refuse a target of which any address is not on this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise InvalidInput(f"{shown!r} is not a URL: {error}") from error
    if parts.scheme != "http" or not host:
        raise InvalidInput(f"emulator_url: {shown!r} is not an http:// URL")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InvalidInput(f"{shown!r}: {host} cannot be resolved: {error}") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise NotLoopback(shown)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
