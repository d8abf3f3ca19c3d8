"""What happens when a schedule is carried out for real?

The faithful path: every actor is a fresh run of its program with clients of its own,
every attempt is serialised, signed, answered by the live emulator, parsed and retried
by botocore, and nothing is looked up. It confirms what the search found by look-ups.

One `Step` lets one actor make one attempt, waking it first if it sleeps. A schedule
that no longer fits the programs raises `Diverged`, which names the step, what was
expected there and what was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.emulators.in_process import SERVICES
from gameday.errors import GamedayError
from gameday.explore.actor import Answer, Calls, Point, Sleeps
from gameday.explore.actor_run import ActorRun
from gameday.explore.aws_call import AwsCalls
from gameday.explore.interleaving import Faults, Schedule, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from gameday.aws.attempts import Reply
    from gameday.emulators.in_process import InProcessEmulator
    from gameday.explore.actor import Actor
    from gameday.explore.aws_call import AwsCall

__all__ = ["Diverged", "Executed", "Execution", "execute"]

SLEEPS_IN_A_ROW_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """One step as it was carried out.

    Attributes:
        step: the step.
        call: the call that was made, None for a step without one.
        reply: its reply, also when the actor never got it.
        slept_ms: how long the actor slept before.
    """

    step: Step
    call: AwsCall | None = None
    reply: Reply | None = None
    slept_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A schedule that was carried out.

    Attributes:
        steps: as they were carried out.
        contents: what AWS holds at the end, by resource.
        ended: the actors that have ended.
    """

    steps: tuple[Executed, ...]
    contents: Mapping[str, Hashable]
    ended: tuple[str, ...]


class Diverged(GamedayError):
    """A schedule does not fit the programs any more."""

    def __init__(self, *, place: int, expected: str, found: str) -> None:
        self.place = place
        self.expected = expected
        self.found = found
        super().__init__(
            f"the schedule no longer fits at step {place}: expected {expected}, found "
            f"{found}; explore again, because the programs have changed"
        )


def execute(
    actors: Sequence[Actor],
    schedule: Schedule,
    emulator: InProcessEmulator,
    *,
    faults: Faults,
    expected: Sequence[str] = (),
    threads: bool = False,
    watched: bool = False,
) -> Execution:
    """Carry out a schedule on an emulator that stands at the beginning.

    Args:
        actors: whose steps the schedule has; each is run afresh.
        schedule: one attempt a step.
        emulator: answers live.
        faults: says how much time passes at a time.
        expected: what each step's call is known by (`AwsCall.shown`, "" for a step
            without a call); left out, nothing is compared.
        threads: switch by threads although greenlet is installed.
        watched: look at each call of the actors; see `kept_calls`.
    """
    stage = _Stage(actors, emulator, faults=faults, threads=threads, watched=watched)
    try:
        for place, step in enumerate(schedule, start=1):
            done = stage.carry_out(place, step)
            shown = done.call.shown if done.call else ""
            if expected and shown != expected[place - 1]:
                raise Diverged(
                    place=place,
                    expected=f"{step} to call {expected[place - 1] or 'nothing'}",
                    found=f"it calls {shown or 'nothing'}",
                )
        return stage.execution()
    finally:
        stage.close()


class _Stage:
    """The runs of all actors; a local builder."""

    def __init__(
        self,
        actors: Sequence[Actor],
        emulator: InProcessEmulator,
        *,
        faults: Faults,
        threads: bool,
        watched: bool,
    ) -> None:
        self._emulator = emulator
        self._calls = AwsCalls(services=SERVICES, keys_of=emulator.keys_of)
        self._expiry_ms = float(faults.expiry_ms)
        self._passed_ms = 0.0
        self._done: list[Executed] = []
        self._runs: dict[str, ActorRun] = {}
        self._points: dict[str, Point] = {}
        for number, actor in enumerate(actors):
            run = ActorRun(
                actor,
                number=number,
                shown=repr,
                tick_ms=faults.tick_ms,
                threads=threads,
                watched=watched,
            )
            self._runs[actor.name] = run
            self._points[actor.name] = run.begin()

    def carry_out(self, place: int, step: Step) -> Executed:
        """Carry out one step."""
        if step.kind is StepKind.TIME_PASSES:
            self._passed_ms += self._expiry_ms
            done = Executed(step=step)
        elif step.actor not in self._points:
            raise Diverged(
                place=place,
                expected=f"{step.actor} to go on",
                found=f"it has ended; {', '.join(self._points) or 'nobody'} can go on",
            )
        elif step.kind is StepKind.CRASH:
            self._runs[step.actor].drop()
            del self._points[step.actor]
            done = Executed(step=step)
        else:
            done = self._go(step)
        self._done.append(done)
        return done

    def execution(self) -> Execution:
        """Return what was carried out."""
        return Execution(
            steps=tuple(self._done),
            contents=self._emulator.contents(),
            ended=tuple(name for name in self._runs if name not in self._points),
        )

    def close(self) -> None:
        """End every run."""
        for run in self._runs.values():
            run.drop()

    def _go(self, step: Step) -> Executed:
        name = step.actor
        slept_ms = 0.0
        for _ in range(SLEEPS_IN_A_ROW_MAX):
            point = self._points[name]
            if not isinstance(point, Sleeps):
                break
            slept_ms += point.duration_ms
            self._resume(name, Answer(passed_ms=self._passed_ms))
            if name not in self._points:
                return Executed(step=step, slept_ms=slept_ms)
        if not isinstance(point, Calls):
            return Executed(step=step, slept_ms=slept_ms)
        call = self._calls.named(point.attempt)
        reply = self._emulator.answer(point.attempt)
        # Also puts the items into the order of their keys, as the search has them.
        self._emulator.contents(
            all_of=frozenset() if call.footprint.is_known else frozenset(SERVICES)
        )
        lost = step.kind is StepKind.LOSE_REPLY
        self._resume(
            name, Answer(reply=None if lost else reply, passed_ms=self._passed_ms)
        )
        return Executed(step=step, call=call, reply=reply, slept_ms=slept_ms)

    def _resume(self, name: str, answer: Answer) -> None:
        point = self._runs[name].resume(answer)
        if isinstance(point, Calls | Sleeps):
            self._points[name] = point
        else:
            del self._points[name]
