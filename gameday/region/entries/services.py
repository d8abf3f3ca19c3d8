"""What does a region file say of its services, and does it make a graph?

`services:` names what the region consists of for somebody who depends on it, and what
each of them needs. A need says what breaks without it, what happens when it is back,
and who says so, because a map that cannot be checked is an opinion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from gameday.documents import STRICT, unknown_name
from gameday.model.lever_document import LEVER_NAMES
from gameday.model.service_graph import (
    Evidence,
    Need,
    Recovery,
    Service,
    ServiceGraph,
    cycles,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gameday.region.consistency import Problem

__all__ = [
    "NeedEntry",
    "ServiceEntry",
    "Services",
    "service_graph",
    "service_problems",
    "watched_by",
]

SERVICES_MAX = 200

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NeedEntry(BaseModel):
    """What a service cannot do without; the fields are those of `Need`."""

    model_config = STRICT
    fails: Sentence
    recovers: Sentence
    recovery: Recovery
    source: Sentence
    evidence: Evidence
    for_new: bool = False
    serves_some: bool = False


def _none_for_null(needs: Any) -> Any:
    """Return no needs for the key without a value; `service_problems` tells of it."""
    return {} if needs is None else needs


class ServiceEntry(BaseModel):
    """One service; the fields are those of `Service`."""

    model_config = STRICT
    what: Sentence
    needs: Annotated[dict[str, NeedEntry], BeforeValidator(_none_for_null)] = Field(
        default_factory=dict
    )
    endpoint: str | None = None
    canary: str | None = None
    lever: str | None = None


Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=32)
]
Services = Annotated[dict[Name, ServiceEntry], Field(max_length=SERVICES_MAX)]


def service_graph(services: Mapping[str, ServiceEntry]) -> ServiceGraph:
    """Return the graph of services that have no problems."""
    return ServiceGraph(
        services=tuple(
            Service(
                name=name,
                what=entry.what,
                needs=tuple(
                    Need(
                        on=on,
                        fails=need.fails,
                        recovers=need.recovers,
                        recovery=need.recovery,
                        source=need.source,
                        evidence=need.evidence,
                        for_new=need.for_new,
                        serves_some=need.serves_some,
                    )
                    for on, need in sorted(entry.needs.items())
                ),
                endpoint=entry.endpoint,
                canary=entry.canary,
                lever=entry.lever,
            )
            for name, entry in sorted(services.items())
        )
    )


def watched_by(services: Mapping[str, ServiceEntry], actor: str) -> dict[str, str]:
    """Return the services whose canary an actor is, each with its endpoint or ""."""
    return {
        name: entry.endpoint or ""
        for name, entry in services.items()
        if entry.canary == actor
    }


def service_problems(
    services: Mapping[str, ServiceEntry],
    *,
    endpoints: Iterable[str],
    programs: Iterable[str],
) -> Iterator[Problem]:
    """Yield what keeps the services from being a graph of this region.

    Args:
        services: as the file has them.
        endpoints: the managed DNS names of the region.
        programs: the actors that a canary may be.
    """
    for name, entry in services.items():
        path = ("services", name)
        if "needs" in entry.model_fields_set and not entry.needs:
            message = (
                "this depends on nothing; name a service, or leave `needs` out for one "
                "that stands by itself"
            )
            yield (*path, "needs"), message
        for on in entry.needs:
            if not on:
                yield (*path, "needs", on), "this depends on nothing; name a service"
            elif on not in services:
                yield (*path, "needs", on), unknown_name("service", on, services)
        if entry.endpoint is not None and entry.endpoint not in endpoints:
            message = unknown_name("endpoint", entry.endpoint, endpoints)
            yield (*path, "endpoint"), message
        if entry.canary is not None and entry.canary not in programs:
            yield (*path, "canary"), unknown_name("actor", entry.canary, programs)
        if entry.lever is not None and entry.lever not in LEVER_NAMES:
            yield (*path, "lever"), unknown_name("lever", entry.lever, LEVER_NAMES)
    for cycle in cycles({name: entry.needs for name, entry in services.items()}):
        message = (
            f"{' needs '.join(cycle)}: nothing on this cycle could recover first; take "
            "one of its needs out"
        )
        yield ("services", cycle[0], "needs", cycle[1]), message
