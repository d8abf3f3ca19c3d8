"""Which network changes have reached the network, and may another one be queued?

The network manager propagates launches and terminations to instances and appliances,
in the order in which they were accepted. Every change has a version, counted from 1,
and one number says how far propagation has come: an instance has network as soon as
that number has reached its version. Its launch has succeeded long before.

The dangerous ordering: launch, enter service, propagate. An instance that enters
service at launch fails its health checks although nothing is wrong with it. Entering
when the version is propagated closes that gap.

As built the queue takes whatever comes. Its latency is then the backlog of the outage
plus whatever more arrives than goes out. Owners make it worse: who waits too long for
network replaces the instance, which is one termination and one more launch. Admission
by the size of the waiting queue, which AWS promised after October 2025, bounds both.
The figures are ours; no rate, bound or backlog is public.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = [
    "REPLACEMENT_CHANGES",
    "EntersService",
    "Offer",
    "PropagationQueue",
    "Waiting",
    "acknowledge",
    "has_room",
    "is_replaced",
    "may_enter_service",
    "offer",
    "propagate",
    "rate_problems",
]

REPLACEMENT_CHANGES = 2
"""A replaced instance is one termination and one launch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Changes that were accepted together and are not yet propagated."""

    changes: int
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PropagationQueue:
    """How far propagation has come, and what waits.

    Attributes:
        propagated: the version up to which every change is in the network.
        waiting: what comes after it, oldest first.
        free_at_ms: when the change in hand was begun, or the last one finished.
    """

    propagated: int = 0
    waiting: tuple[Waiting, ...] = ()
    free_at_ms: int = 0

    @property
    def backlog(self) -> int:
        """Return how many changes wait."""
        return sum(batch.changes for batch in self.waiting)

    @property
    def accepted(self) -> int:
        """Return the newest version."""
        return self.propagated + self.backlog

    def has_network(self, version: int) -> bool:
        """Answer whether the change of that version is in the network."""
        return version <= self.propagated

    def latency_ms(self, now_ms: int) -> int:
        """Return for how long the oldest waiting change has waited."""
        return max(0, now_ms - self.waiting[0].since_ms) if self.waiting else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What became of changes that somebody offered.

    Attributes:
        queue: with those that were accepted.
        versions: of the accepted ones, in the order in which they were offered.
        refused: how many were turned away; the caller answers its own caller with
            RequestLimitExceeded and offers nothing again by itself.
    """

    queue: PropagationQueue
    versions: range
    refused: int


def offer(
    queue: PropagationQueue,
    *,
    changes: int = 1,
    backlog_max: int | None = None,
    now_ms: int,
) -> Offer:
    """Accept changes as far as the queue may grow.

    Args:
        queue: as it is.
        changes: launches and terminations alike.
        backlog_max: the most that may wait; None, as built, bounds nothing.
        now_ms: when they are offered.
    """
    room = changes
    if backlog_max is not None:
        room = max(0, min(changes, backlog_max - queue.backlog))
    first = queue.accepted + 1
    waiting = queue.waiting
    if room and waiting and waiting[-1].since_ms == now_ms:
        joined = replace(waiting[-1], changes=waiting[-1].changes + room)
        waiting = (*waiting[:-1], joined)
    elif room:
        waiting = (*waiting, Waiting(changes=room, since_ms=now_ms))
    return Offer(
        queue=replace(queue, waiting=waiting),
        versions=range(first, first + room),
        refused=changes - room,
    )


def has_room(backlog: int, *, backlog_max: int | None) -> bool:
    """Answer whether another change is accepted while so many wait."""
    return backlog_max is None or backlog < backlog_max


def acknowledge(queue: PropagationQueue, *, changes: int = 1) -> PropagationQueue:
    """Return the queue after the network has confirmed its next changes.

    Without a reply nothing is acknowledged: propagating a change twice is harmless,
    and an instance that is believed reachable is not.
    """
    if changes > queue.backlog:
        raise ValueError(f"{changes} confirmed, only {queue.backlog} wait")
    left = changes
    place = 0
    while left and left >= queue.waiting[place].changes:
        left -= queue.waiting[place].changes
        place += 1
    waiting = queue.waiting[place:]
    if left:
        waiting = (replace(waiting[0], changes=waiting[0].changes - left), *waiting[1:])
    return replace(queue, propagated=queue.propagated + changes, waiting=waiting)


def propagate(
    queue: PropagationQueue, *, change_ms: int, now_ms: int
) -> PropagationQueue:
    """Return the queue after one at a time was propagated until now.

    For virtual time, where a change takes `change_ms` and nothing has to be done.
    """
    if change_ms < 1:
        raise ValueError(f"a change takes at least 1 ms, not {change_ms}")
    free_at_ms = queue.free_at_ms
    done = 0
    for batch in queue.waiting:
        begun_ms = max(free_at_ms, batch.since_ms)
        finished = min(batch.changes, max(0, now_ms - begun_ms) // change_ms)
        done += finished
        free_at_ms = begun_ms + finished * change_ms
        if finished < batch.changes:
            break
    return replace(acknowledge(queue, changes=done), free_at_ms=free_at_ms)


def rate_problems(
    *, change_ms: int, arrival_ms: int, backlog_max: int | None
) -> tuple[str, ...]:
    """Return why a queue means nothing with these rates.

    Args:
        change_ms: how long one change takes to propagate.
        arrival_ms: how long it is from one change to the next on an ordinary day.
        backlog_max: the most that may wait; None bounds nothing.
    """
    problems = []
    if change_ms >= arrival_ms:
        problems.append(
            f"need change_ms < arrival_ms, not {change_ms} and {arrival_ms}: the "
            "backlog grows without any outage"
        )
    if backlog_max is not None and backlog_max < 1:
        problems.append(
            f"need backlog_max >= 1, not {backlog_max}: every change is refused"
        )
    return tuple(problems)


class EntersService(StrEnum):
    """When a new instance may get traffic."""

    AT_LAUNCH = "at-launch"
    """As built: its launch succeeded, whether it can be reached or not."""
    WHEN_PROPAGATED = "when-propagated"


def may_enter_service(
    queue: PropagationQueue, version: int, *, enters: EntersService
) -> bool:
    """Answer whether a launched instance may be put into service now."""
    return enters is EntersService.AT_LAUNCH or queue.has_network(version)


def is_replaced(
    queue: PropagationQueue,
    version: int,
    *,
    launched_at_ms: int,
    patience_ms: int,
    now_ms: int,
) -> bool:
    """Answer whether its owner gives up on an instance that has no network yet.

    The replacement is REPLACEMENT_CHANGES more changes behind all that wait; the
    instance's own change stays in the queue and helps nobody.
    """
    return not queue.has_network(version) and now_ms - launched_at_ms >= patience_ms
