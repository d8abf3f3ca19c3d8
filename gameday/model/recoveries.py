"""When did each service come back for good, and did any come back before its need?

By the services' own canaries. A look is told after it was taken, and a look that waits
for a time-out is told late: all that is sure of a failing look is that it began after
the look before it was told. So each service has two moments, until when it surely was
down and since when it works, and an order is only called wrong when the two do not
overlap.

Operators may hold a service up by a lever while what it needs is still down: as long
as that lever is pulled the service is not back, however well its canary. Those that
need it are served all the same, so for them its canary counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.canaries_seen import CanaryLook, canary_looks
from gameday.model.history import OpKind
from gameday.model.run_span import run_span
from gameday.model.service_health import CanarySays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameday.model.history import History
    from gameday.model.service_graph import Service, ServiceGraph

__all__ = ["PULL_LEVERS", "Comeback", "comebacks", "too_early"]

PULL_LEVERS = "pull_levers"
"""The mark of an operator who sets levers; its `levers` holds those that are pulled."""

_NS_A_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comeback:
    """How one service that failed came back.

    Attributes:
        service: its name.
        down_ns: until when it surely did not serve those that need it.
        back_ns: since when it works for good and without its lever, None when it did
            not come back.
    """

    service: str
    down_ns: int
    back_ns: int | None


def comebacks(history: History, graph: ServiceGraph) -> dict[str, Comeback]:
    """Return the comeback of each service whose canary failed, by name."""
    looks: dict[str, list[CanaryLook]] = {}
    start_ns = run_span(history).start_ns
    for look in canary_looks(history):
        if look.at_ns >= start_ns:
            looks.setdefault(look.service, []).append(look)
    found = (
        _comeback(service, looks.get(service.name, ()), _let_go_ns(history, service))
        for service in graph.services
    )
    return {each.service: each for each in found if each is not None}


def too_early(
    graph: ServiceGraph, found: Mapping[str, Comeback], *, end_ns: int
) -> tuple[tuple[Comeback, Comeback], ...]:
    """Return each (service, need) where the service surely was back first.

    Sorted by when the service was back. A need that did not come back at all counts
    as back after the end, unless it serves by its lever.
    """
    back_ms = {
        name: (end_ns if each.back_ns is None else each.back_ns) // _NS_A_MS
        for name, each in found.items()
    }
    pairs = [
        (found[service], found[need])
        for service, need in graph.recovered_too_early(back_ms)
    ]
    sure = [
        (service, need)
        for service, need in pairs
        if service.back_ns is not None and service.back_ns < need.down_ns
    ]
    return tuple(sorted(sure, key=lambda pair: (pair[0].back_ns or 0, pair[0].service)))


def _comeback(
    service: Service, looks: Sequence[CanaryLook], let_go_ns: int | None
) -> Comeback | None:
    failing = [n for n, look in enumerate(looks) if look.says is CanarySays.FAILS]
    if not failing:
        return None
    last = failing[-1]
    down_ns = looks[max(last - 1, 0)].at_ns
    back_ns = looks[last + 1].at_ns if last + 1 < len(looks) else None
    if let_go_ns is None:
        back_ns = None
    elif back_ns is not None:
        back_ns = max(back_ns, let_go_ns)
    return Comeback(service=service.name, down_ns=down_ns, back_ns=back_ns)


def _let_go_ns(history: History, service: Service) -> int | None:
    """Return when the service's lever was let go: 0 if never pulled, None if pulled."""
    let_go_ns: int | None = 0
    for op in history:
        if service.lever and op.kind is OpKind.MARK and op.operation == PULL_LEVERS:
            if service.lever in (op.request.get("levers") or {}):
                let_go_ns = None
            elif let_go_ns is None:
                let_go_ns = op.end_ns
    return let_go_ns
