"""What does a region consist of, and is its file right?

A region is one YAML document: zones, load balancers, endpoints, DNS, settings,
tables, queues, the actors with their access keys, and what services they make up,
and who watches them.
`load_region` returns it as a frozen value or raises `InvalidInput` with every
mistake, its line and the nearest valid name. The reference region is one such
file, and a control plane of somebody else's is another; neither is special.

Invariants of a loaded region: every address is on loopback, every caller has an
access key and a name of its own, every zone that is named exists, and the
program of every actor was there when the file was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    model_validator,
)

from gameday.documents import STRICT, Document, load_document, unknown_name, validate
from gameday.errors import InvalidInput
from gameday.model.safeguards import DESIGNS, Safeguards
from gameday.region.consistency import inconsistencies
from gameday.region.entries.monitors import MonitorEntry, monitors_of
from gameday.region.entries.record import Record, recorded_events
from gameday.region.entries.resources import (
    Address,
    BalancerEntry,
    DnsName,
    Name,
    QueueEntry,
    TableEntry,
)
from gameday.region.entries.services import Services, service_graph
from gameday.region.programs import missing_programs
from gameday.region.scalars import (
    access_key,
    program_reference,
    property_reference,
    rising_span,
    setting_value,
)

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from pathlib import Path
    from typing import Any

    from gameday.model.detection import Monitor
    from gameday.model.public_record import RecordedEvent
    from gameday.model.service_graph import ServiceGraph

__all__ = [
    "Actor",
    "DnsSettings",
    "IdentityEntry",
    "LoadBalancerEntry",
    "Ports",
    "Properties",
    "Region",
    "load_region",
    "parse_region",
]

AccessKey = Annotated[str, BeforeValidator(access_key)]
ProgramReference = Annotated[str, BeforeValidator(program_reference)]
PropertyReference = Annotated[str, BeforeValidator(property_reference)]
Port = Annotated[int, Field(ge=0, le=65535)]
SettingValue = Annotated[
    int | float | tuple[int | float, int | float], BeforeValidator(setting_value)
]
Settings = dict[str, SettingValue]


class LoadBalancerEntry(BaseModel):
    """One load balancer of the managed endpoints."""

    model_config = STRICT
    name: Name
    address: Address
    az: Name


class DnsSettings(BaseModel):
    """How answers age and how fast changes spread."""

    model_config = STRICT
    negative_ttl_s: Annotated[int, Field(ge=0, le=86_400)] = 5
    record_ttl_s: Annotated[int, Field(ge=0, le=86_400)] = 1
    propagation_ms: Annotated[tuple[int, int], BeforeValidator(rising_span)] = (20, 80)
    edges: Annotated[tuple[Address, ...], Field(min_length=1)] = ("127.0.30.1",)
    resolvers: dict[Name, Address] = Field(default_factory=dict)


class Ports(BaseModel):
    """Fixed ports; 0 takes a free one."""

    model_config = STRICT
    gateway: Port = 0
    load_balancers: Port = 0
    dns: Port = 0


class IdentityEntry(BaseModel):
    """A second caller that an actor may act as."""

    model_config = STRICT
    name: Name
    access_key: AccessKey


class Actor(BaseModel):
    """One program of the region and how it is started.

    Attributes:
        run: `module:callable`, started in an interpreter of its own.
        command: any program; `{python}` stands for the running interpreter.
        access_key: who it is in the history.
        az: the zone that it runs in; the first zone when left out.
        cwd: where it runs, relative to the region file.
        restart: whether the keeper starts it again when it ends.
        begins: "when-published" holds it back until every endpoint has an
            address on every DNS server, because a resolver that is asked too
            early remembers that there was no answer.
        settings: numbers for this actor alone; they win over the region's.
        clock: "adjustable" lets a game day set the wall clock of a program that is
            not gameday's own, by libfaketime.
    """

    model_config = STRICT
    run: ProgramReference | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    access_key: AccessKey
    az: Name | None = None
    identities: dict[Name, IdentityEntry] = Field(default_factory=dict)
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str = "."
    restart: Literal["never", "always"] = "never"
    begins: Literal["at-once", "when-published"] = "at-once"
    settings: Settings = Field(default_factory=dict)
    clock: Literal["machine", "adjustable"] = "machine"

    @model_validator(mode="after")
    def _one_program(self) -> Self:
        if (self.run is None) == (self.command is None):
            raise ValueError("give either `run: module:callable` or `command: [...]`")
        return self


class Properties(BaseModel):
    """What must hold, by the names of functions; see `gameday explore`.

    Attributes:
        always: at every moment.
        eventually: wherever nobody goes on.
        sometimes: what has to be seen for a green answer to mean anything.
    """

    model_config = STRICT
    always: tuple[PropertyReference, ...] = ()
    eventually: tuple[PropertyReference, ...] = ()
    sometimes: tuple[PropertyReference, ...] = ()


class Region(BaseModel):
    """A whole region, as its file describes it."""

    model_config = STRICT
    name: Name
    aws_region: Name
    availability_zones: Annotated[tuple[Name, ...], Field(min_length=1)]
    load_balancers: Annotated[tuple[LoadBalancerEntry, ...], Field(min_length=1)]
    endpoints: Annotated[tuple[DnsName, ...], Field(min_length=1)]
    actors: dict[Name, Actor]
    dns: DnsSettings = Field(default_factory=DnsSettings)
    ports: Ports = Field(default_factory=Ports)
    connection_age_max_ms: Annotated[int, Field(ge=0)] = 1500
    settings: Settings = Field(default_factory=dict)
    designs: dict[Name, dict[str, str]] = Field(default_factory=dict)
    tables: tuple[TableEntry, ...] = ()
    queues: tuple[QueueEntry, ...] = ()
    balancer: BalancerEntry | None = None
    operator_access_key: AccessKey = "AKIAOPERATOR00000001"
    callers: dict[Name, AccessKey] = Field(default_factory=dict)
    services: Services = Field(default_factory=dict)
    record: Record = Field(default_factory=dict)
    monitors: dict[Name, MonitorEntry] = Field(default_factory=dict)
    properties: Properties = Field(default_factory=Properties)

    def design_names(self) -> tuple[str, ...]:
        """Return every design that this region can be opened with."""
        return tuple(sorted({*DESIGNS, *self.designs}))

    def design(self, name: str) -> Safeguards:
        """Return the switches of a design, the built-in ones or this file's."""
        if name in DESIGNS:
            return DESIGNS[name]
        if name in self.designs:
            return Safeguards.parse(self.designs[name])
        raise InvalidInput(unknown_name("design", name, self.design_names()))

    def access_keys(self) -> dict[str, str]:
        """Return who each access key belongs to, the operator included.

        `callers` are programs that nobody here starts, such as `aws` in a shell.
        """
        owners = {self.operator_access_key: "operator"}
        owners |= {access_key: name for name, access_key in self.callers.items()}
        for name, actor in self.actors.items():
            owners[actor.access_key] = name
            for identity in actor.identities.values():
                owners[identity.access_key] = identity.name
        return owners

    def service_graph(self) -> ServiceGraph:
        """Return the services and what they need; empty when the file names none."""
        return service_graph(self.services)

    def recorded_events(self) -> tuple[RecordedEvent, ...]:
        """Return the public record of the day that the region is taken from."""
        return recorded_events(self.record)

    def watching(self) -> tuple[Monitor, ...]:
        """Return the monitors, sorted by name; empty when the file names none."""
        return monitors_of(self.monitors)

    def settings_of(
        self, programs: Container[str], *, over: Mapping[str, Any] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Return the settings of each actor that runs one of the programs, by name.

        An actor's own win over the region's, and `over` wins over both.
        """
        return {
            name: {**self.settings, **actor.settings, **(over or {})}
            for name, actor in self.actors.items()
            if actor.run in programs
        }

    def zone_of(self, actor: str) -> str:
        """Return the zone that a program runs in."""
        return self.actors[actor].az or self.availability_zones[0]

    def has_settable_clock(self, actor: str) -> bool:
        """Whether the wall clock of a program can be set while it runs."""
        program = self.actors[actor]
        is_ours = (program.run or "").startswith("gameday.")
        return is_ours or program.clock == "adjustable"

    def zones_of_callers(self) -> dict[str, str]:
        """Return the zone of each caller that is in one, by the caller's name."""
        zones = {name: self.zone_of(name) for name in self.actors}
        for name, actor in self.actors.items():
            for identity in actor.identities.values():
                zones[identity.name] = zones[name]
        return zones

    def resolvers(self) -> dict[str, str]:
        """Return the resolver address of each zone; 127.0.20.<n> unless given."""
        return {
            az: self.dns.resolvers.get(az, f"127.0.20.{number}")
            for number, az in enumerate(self.availability_zones, start=1)
        }


def load_region(file: Path) -> Region:
    """Read a region file; raises InvalidInput with every mistake and its line."""
    return parse_region(load_document(file), folder=file.resolve().parent)


def parse_region(document: Document, *, folder: Path) -> Region:
    """Return the region in `document`; relative paths start from `folder`."""
    region = _with_absolute_paths(validate(document, Region), folder)
    problems = [*inconsistencies(region), *missing_programs(region)]
    if problems:
        reasons = [document.reason(path, message) for path, message in problems]
        raise InvalidInput(*sorted(reasons, key=lambda reason: reason.line or 0))
    return region


def _with_absolute_paths(region: Region, folder: Path) -> Region:
    actors = {
        name: actor.model_copy(update={"cwd": str((folder / actor.cwd).resolve())})
        for name, actor in region.actors.items()
    }
    properties = region.properties.model_copy(
        update={
            place: tuple(
                str(folder / each) if ".py:" in each else each for each in references
            )
            for place, references in region.properties
        }
    )
    return region.model_copy(update={"actors": actors, "properties": properties})
