"""Can this stage be opened at all?

Everything that a person can get wrong is checked before anything starts, all of
it at once: design, safeguards, settings, emulator, ports, clocks.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any

from gameday.emulators.registry import find_emulator, why_outside
from gameday.errors import InvalidInput
from gameday.model.safeguards import Safeguards
from gameday.near_names import unknown_name
from gameday.region.balancing.settings import balancer_problems
from gameday.region.consistency import uses_reference_settings
from gameday.region.droplets.fleet import region_fleet_problems
from gameday.region.droplets.launch_looks import region_launch_problems
from gameday.region.known_settings import KNOWN_SETTINGS
from gameday.region.network.rates import region_rate_problems
from gameday.region.scalars import setting_value
from gameday.region.services.invocation_load import region_invocation_problems
from gameday.stage.faketime import find_library
from gameday.stage.isolation import isolated_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.topology import Region

__all__ = ["ensure_openable"]

_GATEWAY_HOST = "127.0.0.1"
_MEANINGLESS = (
    region_fleet_problems,
    region_launch_problems,
    balancer_problems,
    region_rate_problems,
    region_invocation_problems,
)
"""What tells (actor, why not) of numbers that mean nothing together."""


def ensure_openable(
    region: Region,
    *,
    design: str,
    safeguards: Mapping[str, str],
    settings: Mapping[str, Any],
    emulator: str,
    gateway_port: int,
) -> Safeguards:
    """Return the switches to play, or raise InvalidInput with every reason."""
    problems: list[str] = []
    chosen = Safeguards()
    try:
        chosen = region.design(design)
    except InvalidInput as error:
        problems.append(str(error))
    try:
        chosen = Safeguards.parse(safeguards, over=chosen)
    except ValueError as error:
        problems.append(str(error))
    problems += _setting_problems(region, settings)
    problems += _emulator_problems(emulator)
    problems += _port_problems(region, gateway_port)
    problems += _clock_problems(region)
    if problems:
        raise InvalidInput(*problems)
    return chosen


def _setting_problems(region: Region, settings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        if uses_reference_settings(region) and name not in KNOWN_SETTINGS:
            yield unknown_name("setting", name, KNOWN_SETTINGS)
            continue
        try:
            setting_value(value)
        except ValueError as error:
            yield f"setting {name}: {error}"
    for problems in _MEANINGLESS:
        for actor, problem in problems(region, settings):
            yield f"{actor}: {problem}"


def _emulator_problems(emulator: str) -> Iterator[str]:
    try:
        # First: what is outside does not answer in here, which would say less.
        outside = tuple(why_outside(emulator)) if isolated_network() else ()
        if not outside:
            find_emulator(emulator)
        yield from (f"--isolate: {why}; or leave out --isolate" for why in outside)
    except InvalidInput as error:
        yield from (str(reason) for reason in error.reasons)


def _clock_problems(region: Region) -> Iterator[str]:
    adjustable = [n for n, a in region.actors.items() if a.clock == "adjustable"]
    try:
        if adjustable:
            find_library()
    except InvalidInput as error:
        yield f"{', '.join(adjustable)}: {error}"


def _port_problems(region: Region, gateway_port: int) -> Iterator[str]:
    gateway = gateway_port or region.ports.gateway
    fixed = [(_GATEWAY_HOST, gateway, "the gateway")]
    fixed += [
        (each.address, region.ports.load_balancers, f"load balancer {each.name}")
        for each in region.load_balancers
    ]
    fixed += [
        (address, region.ports.dns, "DNS")
        for address in (*region.dns.edges, *region.resolvers().values())
    ]
    for host, port, who in fixed:
        if port:
            yield from _taken(host, port, who)


def _taken(host: str, port: int, who: str) -> Iterator[str]:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = f"port {port} of {host} is in use"
        else:
            why = f"cannot listen on {host}:{port}: {error.strerror}"
        yield f"{why}, and {who} is to listen there; 0 takes a free port"
