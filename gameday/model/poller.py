"""Does a poller come back when its dependency does?

Lambda's SQS poller crashed when DynamoDB could not be reached, stayed down when it
could be again, and was brought back by operators 136 minutes later; the Kinesis poller
only fell behind (AWS's post-event summary, October 2025). Two things decide that, each
alone enough to come back unaided: whether an error ends the poller, and whether
something starts it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = [
    "OnError",
    "Poller",
    "PollerDesign",
    "Supervision",
    "after_poll",
    "is_restart_due",
    "restart",
]


class OnError(StrEnum):
    """What an unreachable dependency does to a poller."""

    CRASH = "crash"
    """It ends. As built, for SQS."""
    RETRY = "retry"
    """It polls again next time. As built, for Kinesis."""


class Supervision(StrEnum):
    """Who starts a poller that has ended."""

    NONE = "none"
    """As built: nobody but operators."""
    RESTART = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerDesign:
    """How pollers of one kind are built.

    Attributes:
        on_error: what an unreachable dependency does.
        supervision: who starts one again.
        restart_ms: a supervisor waits so long before it does.
    """

    on_error: OnError = OnError.CRASH
    supervision: Supervision = Supervision.NONE
    restart_ms: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """One poller.

    Attributes:
        crashed_at_ms: when it ended, None while it runs.
        crashes: how many times it has.
    """

    crashed_at_ms: int | None = None
    crashes: int = 0

    @property
    def is_running(self) -> bool:
        """Answer whether it polls."""
        return self.crashed_at_ms is None


def after_poll(
    poller: Poller, *, reached: bool, design: PollerDesign, now_ms: int
) -> Poller:
    """Return a running poller after one poll that did or did not reach everything.

    A poll without a reply counts as not reached.
    """
    if reached or design.on_error is OnError.RETRY:
        return poller
    return Poller(crashed_at_ms=now_ms, crashes=poller.crashes + 1)


def is_restart_due(poller: Poller, *, design: PollerDesign, now_ms: int) -> bool:
    """Answer whether a supervisor starts the poller now.

    It does not ask whether the dependency is back: a poller that is started too early
    crashes again and is started again, at most once every `restart_ms`.
    """
    return (
        design.supervision is Supervision.RESTART
        and poller.crashed_at_ms is not None
        and now_ms - poller.crashed_at_ms >= design.restart_ms
    )


def restart(poller: Poller) -> Poller:
    """Return the poller running again, by its supervisor or by operators."""
    return replace(poller, crashed_at_ms=None)
