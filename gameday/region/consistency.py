"""Do the parts of a region file fit each other?

Pure checks over a region whose values are already of the right form. Each
problem is a path in the file with a sentence, so that the caller can say which
line it stands on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.safeguards import DESIGNS, Safeguards
from gameday.near_names import unknown_name
from gameday.region.balancing.settings import BALANCING_PROGRAMS, balancer_problems
from gameday.region.droplets.fleet import region_fleet_problems
from gameday.region.droplets.launch_looks import region_launch_problems
from gameday.region.entries.monitors import monitor_problems
from gameday.region.entries.record import record_problems
from gameday.region.entries.services import service_problems
from gameday.region.known_settings import KNOWN_SETTINGS
from gameday.region.network.rates import region_rate_problems
from gameday.region.services.invocation_load import region_invocation_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gameday.region.topology import Actor, Region

__all__ = ["Problem", "inconsistencies", "uses_reference_settings"]

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

RESERVED_NAMES = {"operator": "operator_access_key", "harness": "the harness"}
RESERVED_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "GAMEDAY_",
)


def inconsistencies(region: Region) -> tuple[Problem, ...]:
    """Return everything in `region` that does not fit the rest of it."""
    return (
        *_unknown_zones(region),
        *_repeated(_names(region), "name"),
        *_repeated(_access_keys(region), "access key"),
        *_repeated(_listeners(region), "address"),
        *_repeated(
            ((("availability_zones", i), az) for i, az in _each(region, "zones")),
            "zone",
        ),
        *_repeated(
            ((("endpoints", i), name) for i, name in _each(region, "endpoints")),
            "endpoint",
        ),
        *_repeated(
            (
                (("queues", i, "name"), each.name)
                for i, each in enumerate(region.queues)
            ),
            "queue",
        ),
        *_replicas_at_home(region),
        *_wrong_designs(region),
        *_wrong_settings(region),
        *_meaningless_fleets(region),
        *_meaningless_balancers(region),
        *_overrun_networks(region),
        *_reserved_variables(region),
        *service_problems(
            region.services, endpoints=region.endpoints, programs=region.actors
        ),
        *record_problems(region.record, services=region.services),
        *monitor_problems(
            region.monitors, services=region.services, settings=region.settings
        ),
    )


def uses_reference_settings(region: Region) -> bool:
    """Answer whether the region's settings are read by the reference programs."""
    return any(_is_reference(actor) for actor in region.actors.values())


def _each(region: Region, what: str) -> Iterator[tuple[int, str]]:
    yield from enumerate(
        region.availability_zones if what == "zones" else region.endpoints
    )


def _unknown_zones(region: Region) -> Iterator[Problem]:
    named: list[tuple[Path, str | None]] = [
        *(
            (("load_balancers", index, "az"), balancer.az)
            for index, balancer in enumerate(region.load_balancers)
        ),
        *((("actors", name, "az"), actor.az) for name, actor in region.actors.items()),
        *((("dns", "resolvers", az), az) for az in region.dns.resolvers),
        *(
            (("balancer", "nodes", az), az)
            for az in (region.balancer.nodes if region.balancer else ())
        ),
    ]
    for path, az in named:
        if az is not None and az not in region.availability_zones:
            yield path, unknown_name("availability zone", az, region.availability_zones)


def _names(region: Region) -> Iterator[tuple[Path, str]]:
    for name, owner in RESERVED_NAMES.items():
        yield (owner,), name
    for name in region.callers:
        yield ("callers", name), name
    for name, actor in region.actors.items():
        yield ("actors", name), name
        for role, identity in actor.identities.items():
            yield ("actors", name, "identities", role, "name"), identity.name


def _access_keys(region: Region) -> Iterator[tuple[Path, str]]:
    yield ("operator_access_key",), region.operator_access_key
    for name, access_key in region.callers.items():
        yield ("callers", name), access_key
    for name, actor in region.actors.items():
        yield ("actors", name, "access_key"), actor.access_key
        for role, identity in actor.identities.items():
            path = ("actors", name, "identities", role, "access_key")
            yield path, identity.access_key


def _listeners(region: Region) -> Iterator[tuple[Path, str]]:
    """Every address that something listens on.

    The kinds use different ports, but a stage takes free ones, so two listeners
    on one address could be given the same port.
    """
    for index, balancer in enumerate(region.load_balancers):
        yield ("load_balancers", index, "address"), balancer.address
    for az, address in region.balancer.nodes.items() if region.balancer else ():
        yield ("balancer", "nodes", az), address
    for index, address in enumerate(region.dns.edges):
        yield ("dns", "edges", index), address
    for az, address in region.resolvers().items():
        yield ("dns", "resolvers", az), address


def _repeated(found: Iterable[tuple[Path, str]], what: str) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, value in found:
        if value in first:
            where = ".".join(str(step) for step in first[value])
            yield path, f"the {what} {value!r} is already taken by {where}"
        else:
            first[value] = path


def _replicas_at_home(region: Region) -> Iterator[Problem]:
    for number, table in enumerate(region.tables):
        for place, replica in enumerate(table.replicas):
            if replica == region.aws_region:
                path = ("tables", number, "replicas", place)
                yield path, f"{replica} is the region itself; name another"


def _wrong_designs(region: Region) -> Iterator[Problem]:
    for name, switches in region.designs.items():
        if name in DESIGNS:
            yield ("designs", name), f"the design {name!r} is built in; take another"
        for switch, value in switches.items():
            try:
                Safeguards.parse({switch: value})
            except ValueError as error:
                yield ("designs", name, switch), str(error)


def _wrong_settings(region: Region) -> Iterator[Problem]:
    ours = {name: a for name, a in region.actors.items() if _is_reference(a)}
    given: list[tuple[Path, str, object]] = [
        (("actors", name, "settings", setting), setting, value)
        for name, actor in ours.items()
        for setting, value in actor.settings.items()
    ]
    # A setting for strangers only belongs to those actors, so that a misspelt one
    # of the reference's can be told here.
    if uses_reference_settings(region):
        given += [
            (("settings", setting), setting, value)
            for setting, value in region.settings.items()
        ]
    for path, setting, value in given:
        known = KNOWN_SETTINGS.get(setting)
        if known is None:
            yield path, unknown_name("setting", setting, KNOWN_SETTINGS)
        elif isinstance(known.default, tuple) != isinstance(value, tuple):
            kind = (
                "a span [lowest, highest]"
                if isinstance(known.default, tuple)
                else ("one number")
            )
            yield path, f"should be {kind}: {known.meaning}"


def _meaningless_fleets(region: Region) -> Iterator[Problem]:
    for problems in (
        region_fleet_problems,
        region_launch_problems,
        region_invocation_problems,
    ):
        for actor, problem in problems(region):
            yield ("actors", actor), problem


def _meaningless_balancers(region: Region) -> Iterator[Problem]:
    balancer = region.balancer
    if balancer is not None and balancer.name in region.endpoints:
        message = (
            f"{balancer.name} is an endpoint too, which the enactors maintain; give "
            "the load balancer a name of its own"
        )
        yield ("balancer", "name"), message
    for name, actor in region.actors.items():
        if balancer is None and (actor.run or "").startswith(BALANCING_PROGRAMS):
            message = "this needs the region's `balancer: {name, nodes}`"
            yield ("actors", name, "run"), message
    for checker, problem in balancer_problems(region):
        yield ("actors", checker), problem


def _overrun_networks(region: Region) -> Iterator[Problem]:
    for actor, problem in region_rate_problems(region):
        yield ("actors", actor), problem


def _is_reference(actor: Actor) -> bool:
    return (actor.run or "").startswith("gameday.region.")


def _reserved_variables(region: Region) -> Iterator[Problem]:
    for name, actor in region.actors.items():
        for variable in actor.env:
            if variable.startswith(RESERVED_VARIABLES):
                message = (
                    f"{variable} is set by the harness, so that every call passes "
                    "the edge under this actor's own name"
                )
                yield ("actors", name, "env", variable), message
