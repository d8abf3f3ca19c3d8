"""What is an actor, and what does one run of it look like from outside?

An actor is a callable that uses boto3 in the ordinary way. A run of it goes from
scheduling point to scheduling point: an AWS call attempt that is about to be sent,
a sleep, or its end. It knows nothing of the others; whoever resumes it decides
what it is answered and when.

The run is deterministic: the same answers in the same order lead to the same
points. `ActorRun` can be given a script of answers that an earlier run had, and
gets through it without repeating what AWS's library did then (`aws.recall`). A run
that leaves its script is not deterministic, and says where.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gameday.aws.attempts import ANSWERER, Attempt, Reply, ReplyLost
from gameday.aws.recall import MEMORY, Completed, ProgramMemory
from gameday.errors import GamedayError
from gameday.explore.resting import HELD, digest_of
from gameday.explore.surroundings import SURROUNDINGS, Surroundings
from gameday.explore.switching import new_strand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gameday.explore.switching import Pause

__all__ = [
    "Actor",
    "ActorRun",
    "Answer",
    "Calls",
    "HiddenNondeterminism",
    "Past",
    "Point",
    "Raised",
    "Returned",
    "Sleeps",
]


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
    """

    name: str
    program: Callable[[], Any]
    forever: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """It is about to send an attempt."""

    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeps:
    """It sleeps.

    Attributes:
        duration_ms: how long.
        holds: stands for all that it remembers, None when that is not known; see
            `resting`.
    """

    duration_ms: float
    holds: bytes | None = None


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
    """

    shown: str
    answer: Answer
    completed: tuple[Completed, ...]
    slept_ms: float


class HiddenNondeterminism(GamedayError):
    """An actor did something else when it was answered the same."""

    def __init__(self, *, actor: str, step: int, expected: str, found: str) -> None:
        self.actor = actor
        self.step = step
        self.expected = expected
        self.found = found
        super().__init__(
            f"{actor} is not deterministic: at its step {step} it once had {expected} "
            f"and now has {found}. Usual causes: datetime.now(), an unseeded Random(), "
            "the order of a set, a module-level variable that an earlier run changed"
        )


class ActorRun:
    """One run of an actor; `point` is where it stands."""

    def __init__(
        self,
        actor: Actor,
        *,
        number: int,
        script: Sequence[Past] = (),
        made: ProgramMemory | None = None,
        shown: Callable[[Point], str],
        tick_ms: int = 0,
        threads: bool = False,
    ) -> None:
        """Make a run that has not begun.

        Args:
            actor: whose run it is.
            number: the actor's place among the actors.
            script: what to go through before the first point is shown.
            made: the clients of earlier runs; None makes new ones.
            shown: returns a text that tells two points apart.
            tick_ms: see `Faults`.
            threads: switch by threads although greenlet is installed.
        """
        self._actor = actor
        self._script = script
        self._made = made
        self._shown = shown
        self._tick_ms = tick_ms
        self._made_count = 0
        self._passed = 0
        self._completed: list[Completed] = []
        self._pause: Pause | None = None
        self._left_script: HiddenNondeterminism | None = None
        self._surroundings = Surroundings(
            actor=actor.name, number=number, sleep=self._sleep, env=actor.env
        )
        self._strand = new_strand(self._run, threads=threads)

    @property
    def slept_ms(self) -> float:
        """How long it has slept in all."""
        return self._surroundings.slept_ms

    def begin(self) -> Point:
        """Run to the first point after the script."""
        return self._resumed(None)

    def resume(self, answer: Answer) -> Point:
        """Answer the point at which it stands and run to the next."""
        return self._resumed(answer)

    def ensure_at(self, expected: str, point: Point) -> None:
        """Raise HiddenNondeterminism unless the run stands where one once stood."""
        found = self._shown(point)
        if found != expected:
            raise self._differs(expected, found)

    def take_completed(self) -> tuple[Completed, ...]:
        """Return the API calls that were completed since the last time."""
        taken = tuple(self._completed)
        self._completed.clear()
        return taken

    def drop(self) -> None:
        """End it where it stands."""
        self._strand.drop()

    def answer(self, attempt: Attempt) -> Reply:
        """Answer one attempt of the program; see `Answerer`."""
        answer = self._at(Calls(attempt=attempt))
        if answer.reply is None:
            raise ReplyLost
        return answer.reply

    def recall(self, operation: str, parameters: str) -> Completed | None:
        """Return the call that begins here as it ended earlier; see `CallMemory`."""
        candidates = []
        for place in range(self._passed, len(self._script)):
            for completed in self._script[place].completed:
                if completed.begun_at != self._passed:
                    continue
                if (completed.operation, completed.parameters) == (
                    operation,
                    parameters,
                ):
                    self._go_to(place)
                    return completed
                candidates.append(completed)
        if candidates:
            raise self._differs(
                f"{candidates[0].operation} {candidates[0].parameters}",
                f"{operation} {parameters}",
            )
        return None

    def passed(self) -> int:
        """Return how many points it has passed; see `CallMemory`."""
        return self._passed

    def note(self, completed: Completed) -> None:
        """Remember a completed call; see `CallMemory`."""
        # One without an attempt was refused by the library itself, and will be.
        if completed.begun_at < self._passed:
            self._completed.append(completed)

    def made(self) -> ProgramMemory:
        """Return the clients of earlier runs; see `CallMemory`."""
        if self._made is None:
            self._made = ProgramMemory()
        return self._made

    def next_made(self) -> int:
        """Count one client more; see `CallMemory`."""
        self._made_count += 1
        return self._made_count

    def _resumed(self, value: Any) -> Point:
        self._surroundings.enter()
        try:
            point: Point = self._strand.resume(value)
        finally:
            self._surroundings.leave()
        if self._left_script is not None:
            # Raised inside the program, which may have handled it.
            raise self._left_script
        return point

    def _run(self, pause: Pause) -> Point:
        self._pause = pause
        ANSWERER.set(self)
        MEMORY.set(self)
        SURROUNDINGS.set(self._surroundings)
        try:
            self._actor.program()
        except Exception as error:  # noqa: BLE001 - a finding about the actor
            return Raised(error=f"{type(error).__name__}: {error}")
        return Returned()

    def _sleep(self, duration_ms: float) -> None:
        held = HELD.get()
        holds = None
        # On the way through a script nobody asks.
        if held is not None and self._passed >= len(self._script):
            ahead = self._surroundings.ahead()
            holds = digest_of((held, ahead), place_of=self.made().place_of)
        self._at(Sleeps(duration_ms=duration_ms, holds=holds))

    def _at(self, point: Point) -> Answer:
        if self._passed < len(self._script):
            past = self._script[self._passed]
            shown = self._shown(point)
            if shown != past.shown:
                raise self._differs(past.shown, shown)
            self._go_to(self._passed)
            return past.answer
        assert self._pause is not None  # noqa: S101 - set before the program begins
        answer: Answer = self._pause(point)
        self._passed += 1
        if isinstance(point, Sleeps):
            slept_ms = point.duration_ms
            if self._tick_ms:
                slept_ms -= slept_ms % self._tick_ms
            self._surroundings.slept_ms += slept_ms
        self._surroundings.passed_ms = answer.passed_ms
        return answer

    def _go_to(self, place: int) -> None:
        self._passed = place + 1
        self._surroundings.slept_ms = self._script[place].slept_ms
        self._surroundings.passed_ms = self._script[place].answer.passed_ms

    def _differs(self, expected: str, found: str) -> HiddenNondeterminism:
        self._left_script = HiddenNondeterminism(
            actor=self._actor.name,
            step=self._passed + 1,
            expected=expected,
            found=found,
        )
        return self._left_script
