"""How does the map of a region's services read?

First the layers, in the order in which they recover; then each service with what it
needs, what breaks without it and how it comes back. On a terminal it is laid out for
the width there is; in a log every fact is one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gameday.model.service_graph import Recovery
from gameday.model.story_line import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.service_graph import Need, Service, ServiceGraph
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


def show_map(terminal: Terminal, graph: ServiceGraph, *, region: str) -> None:
    """Show the services of a region and what they need."""
    if terminal.plain:
        for line in _plain_lines(graph, region):
            terminal.note(line)
        return
    console = terminal.console
    console.print(Text(_headline(graph, region), style="bold"))
    console.print(_layers(graph))
    console.print(Text(_chain(graph)))
    for name in graph.recovery_order():
        console.print(_service(graph, graph.service(name)))


def map_document(graph: ServiceGraph, *, region: str) -> dict[str, Any]:
    """Return everything as JSON values."""
    return {
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
                    }
                    for need in service.needs
                ],
            }
            for service in graph.services
        ],
    }


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
