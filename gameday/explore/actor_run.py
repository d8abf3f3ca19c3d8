"""What does one run of an actor look like from outside?

`ActorRun` takes a program from point to point. It can be given a script of answers that
an earlier run had, and gets through it without repeating what AWS's library did then
(`aws.recall`). A run that leaves its script is not deterministic, and says where.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gameday.aws.attempts import ANSWERER, ReplyLost
from gameday.aws.recall import MEMORY, ProgramMemory
from gameday.explore import surrounding, surroundings
from gameday.explore.actor import (
    Calls,
    HiddenNondeterminism,
    Raised,
    Returned,
    Sleeps,
)
from gameday.explore.continuation import Held, continuation
from gameday.explore.kept_calls import KeptCalls
from gameday.explore.settled_values import Settled
from gameday.explore.surroundings import SURROUNDINGS, Surroundings
from gameday.explore.switching import new_strand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.aws.attempts import Attempt, Reply
    from gameday.aws.recall import Completed
    from gameday.explore.actor import Actor, Answer, Past, Point
    from gameday.explore.switching import Pause

__all__ = ["ActorRun"]

_PAUSES_IN = frozenset({__file__, surrounding.__file__, surroundings.__file__})


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
        looks_after: int | None = None,
        watched: bool = False,
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
            looks_after: points after which it says what the program holds; None: never.
            watched: look at each of its calls; see `kept_calls`.
        """
        self._actor = actor
        self._script = script
        self._made = made
        self._shown = shown
        self._tick_ms = tick_ms
        self._looks_after = looks_after
        self._settled = Settled()
        self._made_count = 0
        self._passed = 0
        self._drawn = 0
        self._drawn_at_call = 0
        self._called_at = -1
        self._recounted = (-1, -1)
        self._supplied: tuple[Reply | None] | None = None
        self._exchanged: tuple[Attempt, Reply] | None = None
        self._completed: list[Completed] = []
        self._pause: Pause | None = None
        self._left_script: HiddenNondeterminism | None = None
        self._surroundings = Surroundings.of(actor, number=number, sleep=self._sleep)
        self._kept = (
            KeptCalls(
                self._surroundings,
                surrounding.originals_here(),
                except_in=surrounding.__file__,
            )
            if watched
            else None
        )
        self._strand = new_strand(self._run, threads=threads)

    @property
    def slept_ms(self) -> float:
        """How long it has slept in all."""
        return self._surroundings.slept_ms

    @property
    def drawn(self) -> int:
        """How often it had drawn random bytes when it was last answered."""
        return self._drawn

    @property
    def random_state(self) -> Any:
        """What the module random was at where it stands."""
        return self._surroundings.random_state

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

    def stands_for(self, passed: int) -> None:
        """Go on as a run that came here by another history.

        Args:
            passed: how many points that history has passed.
        """
        self._completed.clear()
        self._script = ()
        self._looks_after = 0
        # The call under way, if any, began by the run's own count.
        self._recounted = (self._passed, passed)
        self._passed = self._called_at = passed

    def drop(self) -> None:
        """End it where it stands."""
        self._strand.drop()

    def answer(self, attempt: Attempt) -> Reply:
        """Answer one attempt of the program; see `Answerer`."""
        if self._supplied is not None:
            (reply,) = self._supplied
            self._supplied = None
        else:
            first = self._called_at == self._passed
            holds = self._continuation(is_calling=True) if first else None
            reply = self._at(Calls(attempt=attempt, holds=holds)).reply
        if reply is None:
            raise ReplyLost
        self._exchanged = (attempt, reply)
        return reply

    def supply(self, reply: Reply | None) -> None:
        """Keep an answer for the attempt that is made next; see `CallMemory`."""
        self._supplied = (reply,)

    def plain_exchange(self, begun_at: int) -> tuple[Attempt, Reply] | None:
        """Return a call's one attempt and its reply; see `CallMemory`."""
        alone = self._passed == self._counted(begun_at) + 1
        undrawn = self._surroundings.drawn == self._drawn_at_call
        return self._exchanged if alone and undrawn else None

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

    def begin_call(self) -> int:
        """Return how many points it has passed; see `CallMemory`."""
        self._drawn_at_call = self._surroundings.drawn
        self._called_at = self._passed
        self._recounted = (-1, -1)
        # A call whose reply is lost has no exchange, and not that of the one before.
        self._exchanged = None
        return self._passed

    def note(self, completed: Completed) -> None:
        """Remember a completed call; see `CallMemory`."""
        begun_at = self._counted(completed.begun_at)
        # One without an attempt was refused by the library itself, and will be.
        if begun_at < self._passed:
            self._completed.append(replace(completed, begun_at=begun_at))

    def made(self) -> ProgramMemory:
        """Return the clients of earlier runs; see `CallMemory`."""
        if self._made is None:
            self._made = ProgramMemory()
        return self._made

    def next_made(self) -> int:
        """Count one client more; see `CallMemory`."""
        self._made_count += 1
        return self._made_count

    def _counted(self, begun_at: int) -> int:
        own, other = self._recounted
        return other if begun_at == own else begun_at

    def _resumed(self, value: Any) -> Point:
        self._surroundings.enter()
        try:
            point: Point = self._strand.resume(value)
        finally:
            self._surroundings.leave()
        # Both were raised inside the program, which may have handled them.
        if self._surroundings.refused is not None:
            raise self._surroundings.refused
        if self._left_script is not None:
            raise self._left_script
        return point

    def _run(self, pause: Pause) -> Point:
        self._pause = pause
        ANSWERER.set(self)
        MEMORY.set(self)
        SURROUNDINGS.set(self._surroundings)
        if self._kept is not None:
            self._kept.begin()
        try:
            self._actor.program()
        except Exception as error:  # noqa: BLE001 - a finding about the actor
            return Raised(error=f"{type(error).__name__}: {error}")
        finally:
            if self._kept is not None:
                self._kept.end()
        return Returned()

    def _sleep(self, duration_ms: float) -> None:
        holds = self._continuation(is_calling=False)
        self._at(Sleeps(duration_ms=duration_ms, holds=holds))

    def _continuation(self, *, is_calling: bool) -> Held | None:
        """Return what stands for where the program is; see `continuation`."""
        if self._looks_after is None or self._passed < self._looks_after:
            return None
        return continuation(
            begins_in=ActorRun._run.__code__,
            is_calling=is_calling,
            pauses_in=_PAUSES_IN,
            place_of=self.made().place_of,
            chance=self._surroundings.chance(),
            time_ms=self._surroundings.time_ms(),
            settled=self._settled,
        )

    def _at(self, point: Point) -> Answer:
        if self._passed < len(self._script):
            past = self._script[self._passed]
            shown = self._shown(point)
            if shown != past.shown:
                raise self._differs(past.shown, shown)
            self._go_to(self._passed)
            return past.answer
        assert self._pause is not None  # noqa: S101 - set before the program begins
        if self._kept is not None:
            self._kept.end()
        answer: Answer = self._pause(point)
        if self._kept is not None:
            self._kept.begin()
        self._passed += 1
        self._drawn = self._surroundings.drawn
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
        self._surroundings.drawn = self._script[place].drawn
        self._surroundings.passed_ms = self._script[place].answer.passed_ms
        # What was recalled on the way may have drawn: a delay before it tried again.
        random.setstate(self._script[place].random_state)

    def _differs(self, expected: str, found: str) -> HiddenNondeterminism:
        self._left_script = HiddenNondeterminism(
            actor=self._actor.name,
            step=self._passed + 1,
            expected=expected,
            found=found,
        )
        return self._left_script
