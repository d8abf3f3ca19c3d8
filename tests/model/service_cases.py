"""Small graphs of services, and the cascade as the smallest one that has its order."""

from __future__ import annotations

from gameday.model.service_graph import (
    Evidence,
    Need,
    Recovery,
    Service,
    ServiceGraph,
)


def graph(needs: dict[str, str]) -> ServiceGraph:
    """Return a graph from {"sts": "dns nlb"}."""
    return ServiceGraph(
        services=tuple(
            Service(
                name=name,
                what=f"the {name}",
                needs=tuple(
                    Need(
                        on=on,
                        fails="stops",
                        recovers="with it",
                        recovery=Recovery.BY_ITSELF,
                        source="ours",
                        evidence=Evidence.CHOSEN,
                    )
                    for on in ons.split()
                ),
            )
            for name, ons in sorted(needs.items())
        )
    )


CASCADE = {
    "dns": "",
    "dynamodb": "dns",
    "dwfm": "dynamodb",
    "launch": "dwfm",
    "network": "dwfm",
    "nlb": "network",
    "sts": "dynamodb nlb",
    "support": "dynamodb",
    "alone": "",
}
