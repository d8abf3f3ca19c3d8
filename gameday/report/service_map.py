"""How does the map of a region's services read?

First the layers, in the order in which they recover; then each service with what it
needs, what breaks without it and how it comes back. Where it is known how the services
are, one row each says so instead, because in an outage that is what is looked for. On a
terminal it is laid out for the width there is; in a log every fact is one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gameday.model.service_graph import Recovery
from gameday.model.service_health import Condition
from gameday.model.story_line import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.model.service_graph import Need, Service, ServiceGraph
    from gameday.model.service_health import ServiceHealth
    from gameday.report.terminal import Terminal

__all__ = ["SCHEMA", "map_document", "show_map"]

SCHEMA = "gameday/map/v1"
"""Changes when a reader of version 1 would misread it; new keys may come."""

_BACK = {
    Recovery.BY_ITSELF: "back by itself",
    Recovery.AFTER_BACKLOG: "back after its backlog",
    Recovery.BY_OPERATORS: "back by operators",
}
_BACK_STYLES = {
    Recovery.BY_ITSELF: "green",
    Recovery.AFTER_BACKLOG: "yellow",
    Recovery.BY_OPERATORS: "bold yellow",
}


_CONDITION_STYLES = {
    Condition.WELL: "green",
    Condition.EXPOSED: "yellow",
    Condition.IMPAIRED: "bold red",
    Condition.PRESUMED_IMPAIRED: "red",
    Condition.UNKNOWN: "bright_black",
}


def show_map(
    terminal: Terminal,
    graph: ServiceGraph,
    *,
    region: str,
    healths: Mapping[str, ServiceHealth] | None = None,
    when: str = "",
) -> None:
    """Show the services of a region and what they need.

    Args:
        terminal: where.
        graph: the services.
        region: its name.
        healths: how each service is, by name; None when nobody has looked.
        when: the time of the healths, "at 26.3 s".
    """
    if terminal.plain:
        lines = _plain_lines(graph, region)
        if healths is not None:
            lines = _plain_health(graph, region, healths, when)
        for line in lines:
            terminal.note(line)
        return
    console = terminal.console
    if healths is not None:
        console.print(Text(_health_headline(region, healths, when), style="bold"))
        console.print(_health_table(graph, healths))
        return
    console.print(Text(_headline(graph, region), style="bold"))
    console.print(_layers(graph))
    console.print(Text(_chain(graph)))
    for name in graph.recovery_order():
        console.print(_service(graph, graph.service(name)))


def map_document(
    graph: ServiceGraph,
    *,
    region: str,
    healths: Mapping[str, ServiceHealth] | None = None,
    when: str = "",
) -> dict[str, Any]:
    """Return everything as JSON values; "health" only where it is known."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "region": region,
        "layers": [list(layer) for layer in graph.layers],
        "longest_chain": list(graph.longest_chain()),
        "services": [
            {
                "name": service.name,
                "what": service.what,
                "endpoint": service.endpoint,
                "canary": service.canary,
                "needs": [
                    {
                        "on": need.on,
                        "fails": need.fails,
                        "recovers": need.recovers,
                        "recovery": need.recovery.value,
                        "source": need.source,
                        "evidence": need.evidence.value,
                        "for_new": need.for_new,
                        "serves_some": need.serves_some,
                    }
                    for need in service.needs
                ],
            }
            for service in graph.services
        ],
    }
    if healths is not None:
        document["when"] = when
        for each in document["services"]:
            health = healths[each["name"]]
            each["health"] = {
                "condition": health.condition.value,
                "by": list(health.by),
                "roots": list(health.roots),
            }
    return document


def _health_headline(
    region: str, healths: Mapping[str, ServiceHealth], when: str
) -> str:
    conditions = [health.condition for health in healths.values()]
    counts = [
        f"{conditions.count(each)} {each.value}"
        for each in Condition
        if each in conditions
    ]
    return f"{region} {when}: {', '.join(counts)}"


def _health_table(graph: ServiceGraph, healths: Mapping[str, ServiceHealth]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", width=2)
    grid.add_column(width=max(map(len, graph.recovery_order())))
    grid.add_column(ratio=3, overflow="fold")
    grid.add_column(ratio=2, overflow="fold")
    for number, layer in enumerate(graph.layers):
        for name in layer:
            health = healths[name]
            style = _CONDITION_STYLES[health.condition]
            needs = ", ".join(need.on for need in graph.service(name).needs)
            grid.add_row(
                Text(str(number), style="bright_black"),
                Text(name, style=style),
                Text(health.sentence, style=style),
                Text(f"needs {needs}" if needs else "", style="bright_black"),
            )
    return grid


def _plain_health(
    graph: ServiceGraph,
    region: str,
    healths: Mapping[str, ServiceHealth],
    when: str,
) -> Iterator[str]:
    yield _health_headline(region, healths, when)
    for number, layer in enumerate(graph.layers):
        for name in layer:
            yield f"layer {number}: {name} is {healths[name].sentence}"


def _headline(graph: ServiceGraph, region: str) -> str:
    needs = sum(len(service.needs) for service in graph.services)
    return (
        f"{region}: {counted(len(graph.services), 'service')}, "
        f"{counted(needs, 'need')}; failure spreads down, recovery follows it"
    )


def _chain(graph: ServiceGraph) -> str:
    return f"longest chain: {' > '.join(graph.longest_chain())}"


def _reached(service: Service) -> str:
    """Return how a service is reached and watched, "" when nothing is said."""
    at = f"at {service.endpoint}" if service.endpoint else ""
    by = f"watched by {service.canary}" if service.canary else ""
    return ", ".join(filter(None, (at, by)))


def _grounds(need: Need) -> str:
    return f"({need.source}; {need.evidence.value})"


def _layers(graph: ServiceGraph) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", width=2)
    grid.add_column(ratio=1)
    for number, layer in enumerate(graph.layers):
        grid.add_row(Text(str(number), style="bright_black"), Text(", ".join(layer)))
    return grid


def _service(graph: ServiceGraph, service: Service) -> Table:
    """Return a service and its needs as rows; all services have the same columns."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=len("  needs ") + max(map(len, graph.recovery_order())))
    grid.add_column(ratio=1)
    grid.add_row()
    grid.add_row(Text(service.name, style="bold"), Text(service.what))
    if _reached(service):
        grid.add_row("", Text(_reached(service), style="bright_black"))
    for need in service.needs:
        grid.add_row(
            Text.assemble(("  needs ", "bright_black"), need.on), Text(need.fails)
        )
        back = Text.assemble(
            (_BACK[need.recovery], _BACK_STYLES[need.recovery]),
            f": {need.recovers} ",
            (_grounds(need), "bright_black"),
        )
        grid.add_row("", back)
    return grid


def _plain_lines(graph: ServiceGraph, region: str) -> Iterator[str]:
    yield _headline(graph, region)
    for number, layer in enumerate(graph.layers):
        yield f"layer {number}: {', '.join(layer)}"
    yield _chain(graph)
    for name in graph.recovery_order():
        service = graph.service(name)
        reached = _reached(service)
        yield f"{name}: {service.what}{f' ({reached})' if reached else ''}"
        for need in service.needs:
            yield (
                f"{name} needs {need.on}: {need.fails}; {_BACK[need.recovery]}: "
                f"{need.recovers} {_grounds(need)}"
            )
