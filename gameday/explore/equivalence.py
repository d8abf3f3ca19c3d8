"""Do the look-ups of a search say what really happens?

Executions that the search went through by look-ups are carried out on the faithful
path; the calls, their order, their replies and the final contents of AWS must be the
same, byte for byte. A difference means that a footprint is wrong or an actor is not
deterministic, and that nothing the search said may be believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gameday.emulators.in_process import SERVICES
from gameday.errors import GamedayError
from gameday.explore.actor import HiddenNondeterminism
from gameday.explore.execution import Diverged, Execution, execute

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from gameday.emulators.in_process import InProcessEmulator
    from gameday.explore.actor import Actor
    from gameday.explore.interleaving import Faults, Schedule
    from gameday.explore.space import Choice, Space

__all__ = [
    "Beginning",
    "LookedUp",
    "NotEquivalent",
    "Repeats",
    "RepeatsHere",
    "confirm",
    "looked_up",
]


class NotEquivalent(GamedayError):
    """The faithful path did something else than the search's look-ups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """An execution as the search went through it.

    Attributes:
        schedule: one attempt a step.
        calls: what each step's call is known by, "" for none.
        contents: what AWS holds at the end.
    """

    schedule: Schedule
    calls: tuple[str, ...]
    contents: dict[str, Hashable]


def looked_up(space: Space, choices: Sequence[Choice]) -> LookedUp:
    """Return what the search sees of an execution."""
    calls: list[str] = []
    state = space.initial
    for choice in choices:
        new = space.step(state, choice)
        call = space.call_of(state, choice)
        calls.append("" if call is None else call.shown)
        state = new
    contents: dict[str, Hashable] = {}
    for service in space.services_of(state):
        contents.update(space.world.contents(service).values)
    return LookedUp(
        schedule=space.schedule(choices), calls=tuple(calls), contents=contents
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Where every execution begins.

    Attributes:
        actors: the programs; each is run afresh.
        faults: says how much time passes at a time.
        emulator: answers live.
        contents: what AWS holds before the first step.
    """

    actors: tuple[Actor, ...]
    faults: Faults
    emulator: InProcessEmulator
    contents: Mapping[str, Hashable]

    @classmethod
    def here(
        cls, actors: Sequence[Actor], emulator: InProcessEmulator, *, faults: Faults
    ) -> Beginning:
        """Return the beginning at which an emulator stands."""
        return cls(
            actors=tuple(actors),
            faults=faults,
            emulator=emulator,
            contents=emulator.contents(all_of=frozenset(SERVICES)),
        )


class Repeats(Protocol):
    """Carries out again what a search went through by look-ups."""

    @property
    def where(self) -> str:
        """How reports call the place where it happens."""
        ...

    def give(self, seen: LookedUp, *, watched: bool = False) -> None:
        """Take an execution; whether to look at each call, see `execute`."""
        ...

    def finish(self) -> Execution:
        """Return the one that was given last, once all were carried out.

        Raises what `confirm` raises for any of them.
        """
        ...


class RepeatsHere:
    """Carries everything out in this process, when the search is over."""

    where = "the process that searched"

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning
        self._given: list[tuple[LookedUp, bool]] = []

    def give(self, seen: LookedUp, *, watched: bool = False) -> None:
        """Take an execution."""
        self._given.append((seen, watched))

    def finish(self) -> Execution:
        """Return the one that was given last; see `Repeats`."""
        done = [
            confirm(self._beginning, seen, watched=watched)
            for seen, watched in self._given
        ]
        return done[-1]


def confirm(
    beginning: Beginning, seen: LookedUp, *, watched: bool = False
) -> Execution:
    """Carry out what was looked up.

    Args:
        beginning: where it begins.
        seen: what was seen of it.
        watched: see `execute`.

    Raises HiddenNondeterminism when an actor makes other calls than before, and
    NotEquivalent when the same calls end in other contents.

    Leaves the emulator as the execution leaves it.
    """
    beginning.emulator.load(dict(beginning.contents))
    try:
        done = execute(
            beginning.actors,
            seen.schedule,
            beginning.emulator,
            faults=beginning.faults,
            expected=seen.calls,
            watched=watched,
        )
    except Diverged as error:
        # The programs are the same, so they did something else by themselves.
        raise HiddenNondeterminism(
            actor=seen.schedule[error.place - 1].actor,
            step=error.place,
            expected=error.expected,
            found=error.found,
        ) from error
    different = sorted(
        resource
        for resource in {*done.contents, *seen.contents}
        if done.contents.get(resource) != seen.contents.get(resource)
    )
    if different:
        raise NotEquivalent(
            f"after the same calls {', '.join(different[:3])} is different on the "
            "faithful path: a footprint is wrong, so nothing is concluded"
        )
    return done
