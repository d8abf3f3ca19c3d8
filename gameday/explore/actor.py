"""What is an actor, and at which points can the search decide what comes next?

An actor is a callable that uses boto3 in the ordinary way. A run of it (`actor_run`)
goes from scheduling point to scheduling point: an AWS call attempt that is about to be
sent, a sleep, or its end. It knows nothing of the others; whoever resumes it decides
what it is answered and when. The same answers in the same order lead to the same
points; an actor of which that is not true is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gameday.aws.attempts import Attempt, Reply
    from gameday.aws.recall import Completed
    from gameday.explore.continuation import Held

__all__ = [
    "Actor",
    "Answer",
    "Calls",
    "HiddenNondeterminism",
    "OwnProcess",
    "Past",
    "Point",
    "Raised",
    "Returned",
    "Sleeps",
]


class OwnProcess(Protocol):
    """What belongs to the process of one run."""

    def enter(self) -> None:
        """Put it in place, because the run goes on."""
        ...

    def leave(self) -> None:
        """Take it away, because the run pauses."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A program under exploration.

    Attributes:
        name: how it is called in schedules and stories.
        program: called without arguments, afresh for each run; it makes its own
            clients, so that no run sees what another one left in memory.
        forever: whether it is meant to go on for ever, so that waiting at the
            end is rest and not being stuck.
        env: environment variables that only it sees.
        own_process: makes what a run finds as if it were alone in its process; None
            for a program that is content with this one.
    """

    name: str
    program: Callable[[], Any]
    forever: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    own_process: Callable[[], OwnProcess] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """It is about to send an attempt.

    Attributes:
        attempt: the attempt.
        holds: stands for all that it holds, None when that is not known; see
            `continuation`.
    """

    attempt: Attempt
    holds: Held | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeps:
    """It sleeps.

    Attributes:
        duration_ms: how long.
        holds: as in `Calls`.
    """

    duration_ms: float
    holds: Held | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """It has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """It has ended by an exception that it did not handle."""

    error: str


Point = Calls | Sleeps | Returned | Raised


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run is resumed with.

    Attributes:
        reply: the reply to its attempt; None when that was lost, and for a sleep.
        passed_ms: how much time the search has let pass for everybody by now.
    """

    reply: Reply | None = None
    passed_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One scheduling point that an earlier run went through.

    Attributes:
        shown: the point as `shown` shows it.
        answer: what the run was resumed with.
        completed: the API calls that this answer completed.
        slept_ms: the run's sleep in all, this point included.
        drawn: how often the run had drawn random bytes.
        random_state: of the module random, when the point was shown.
    """

    shown: str
    answer: Answer
    completed: tuple[Completed, ...]
    slept_ms: float
    drawn: int
    random_state: Any


class HiddenNondeterminism(InvalidInput):
    """An actor did something else when it was answered the same."""

    def __init__(
        self,
        *,
        actor: str,
        step: int,
        expected: str,
        found: str,
        changed: Sequence[str] = (),
    ) -> None:
        """Make it.

        Args:
            actor: which.
            step: of its own, from 1.
            expected: what it once did there.
            found: what it did now.
            changed: variables that outlive a run and are not what they were.
        """
        self.actor = actor
        self.step = step
        self.expected = expected
        self.found = found
        self.changed = tuple(changed)
        cause = (
            f"Meanwhile {', '.join(changed)} changed, which outlives a run: make it "
            "afresh in the actor"
            if changed
            else "Usual causes: the order of a set, id(), a clock or chance of an "
            "extension, something that an earlier run left in memory"
        )
        super().__init__(
            f"{actor} is not deterministic: at its step {step} it once had {expected} "
            f"and now has {found}. {cause}"
        )
