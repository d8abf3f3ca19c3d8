"""When did each service come back, and did any come back before what it needs?

By the services' own canaries. A look is told after it was taken, and a look that waits
for a time-out is told late: all that is sure of a failing look is that it began after
the look before it was told. One between two that work was refused what others got, as
under a throttle. So each outage has two moments, until when the service surely was
down, by two failing looks in a row, and since when it works; an order is only called
wrong when the two do not overlap.

A service came back too early when it works for good while something that it needs goes
on failing. One look that fails between others that work is no outage: a busy machine
answers late now and then. Nor is one that works between others that fail a comeback: it
got the one droplet that was free.

What only the new of a service needs is no cause of an outage that began before it
failed, nor of one in which something failed that the service always needs.

Of a need that may serve some while it fails others, as a load balancer with too little
in DNS, no order is told: who needs it may be one of those whom it serves.

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
    from collections.abc import Iterator, Mapping, Sequence

    from gameday.model.history import History
    from gameday.model.service_graph import Service, ServiceGraph

__all__ = ["PULL_LEVERS", "Comeback", "comebacks", "too_early"]

PULL_LEVERS = "pull_levers"
"""The mark of an operator who sets levers; its `levers` holds those that are pulled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comeback:
    """How one service that failed came back, once.

    Attributes:
        service: its name.
        failed_ns: since when it failed.
        down_ns: until when it surely did not serve those that need it.
        back_ns: since when it works without its lever, None when it did not come back.
        next_ns: when its canary next failed, None when it did not.
    """

    service: str
    failed_ns: int
    down_ns: int
    back_ns: int | None
    next_ns: int | None

    def is_before(self, need: Comeback) -> bool:
        """Answer whether it worked for good while `need` surely was down.

        Not for good is what failed again before the need was back.
        """
        if self.back_ns is None or not need.failed_ns < self.back_ns < need.down_ns:
            return False
        return self.next_ns is None or (
            need.back_ns is not None and self.next_ns > need.back_ns
        )


def comebacks(history: History, graph: ServiceGraph) -> dict[str, tuple[Comeback, ...]]:
    """Return the comebacks of each service that failed, by name, in order."""
    looks: dict[str, list[CanaryLook]] = {}
    start_ns = run_span(history).start_ns
    for look in canary_looks(history):
        if look.at_ns >= start_ns:
            looks.setdefault(look.service, []).append(look)
    found = {
        service.name: tuple(
            _comebacks(looks.get(service.name, ()), _let_go_ns(history, service))
        )
        for service in graph.services
    }
    return {name: each for name, each in found.items() if each}


def too_early(
    graph: ServiceGraph, found: Mapping[str, tuple[Comeback, ...]]
) -> tuple[tuple[Comeback, Comeback], ...]:
    """Return each (service, need) where the service surely was back first.

    Sorted by when the service was back.
    """
    wrong = [
        (mine, theirs)
        for service in graph.services
        for need in service.needs
        for mine in found.get(service.name, ())
        for theirs in found.get(need.on, ())
        if not need.serves_some
        and mine.is_before(theirs)
        and not (need.for_new and _has_another_cause(service, mine, theirs, found))
    ]
    return tuple(sorted(wrong, key=lambda pair: (pair[0].back_ns, pair[0].service)))


def _has_another_cause(
    service: Service,
    mine: Comeback,
    theirs: Comeback,
    found: Mapping[str, tuple[Comeback, ...]],
) -> bool:
    """Answer whether a service failed for another reason than a need for what is new.

    It failed before that need did, or while something failed that it always needs.
    """
    return mine.failed_ns <= theirs.failed_ns or any(
        other.failed_ns < mine.down_ns
        and (other.back_ns is None or other.back_ns > mine.failed_ns)
        for need in service.needs
        if not need.for_new
        for other in found.get(need.on, ())
    )


def _comebacks(
    looks: Sequence[CanaryLook], let_go_ns: int | None
) -> Iterator[Comeback]:
    fails = [look.says is CanarySays.FAILS for look in looks]
    place = 0
    while place + 1 < len(looks):
        first, last = place, place + 1
        if not all(fails[place : place + 2]):
            place += 1
            continue
        while any(fails[place : place + 2]):
            if place > first and fails[place - 1] and fails[place]:
                last = place
            place += 1
        back_ns = looks[place].at_ns if place < len(looks) else None
        if back_ns is not None:
            back_ns = None if let_go_ns is None else max(back_ns, let_go_ns)
        yield Comeback(
            service=looks[first].service,
            failed_ns=looks[first].at_ns,
            down_ns=looks[last - 1].at_ns,
            back_ns=back_ns,
            next_ns=next(
                (looks[each].at_ns for each in range(place, len(looks)) if fails[each]),
                None,
            ),
        )


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
