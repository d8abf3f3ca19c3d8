"""Do the look-ups of a search say what really happens?

Executions that the search went through by look-ups are carried out on the faithful
path; the calls, their order, their replies and the final contents of AWS must be the
same, byte for byte. A difference means that a footprint is wrong or an actor is not
deterministic, and that nothing the search said may be believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.errors import GamedayError
from gameday.explore.actor import HiddenNondeterminism
from gameday.explore.execution import Diverged, Execution, execute

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from gameday.emulators.in_process import InProcessEmulator
    from gameday.explore.interleaving import Schedule
    from gameday.explore.space import Choice, Space

__all__ = ["LookedUp", "NotEquivalent", "confirm", "looked_up"]


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


def confirm(
    space: Space,
    seen: LookedUp,
    emulator: InProcessEmulator,
    *,
    watched: bool = False,
) -> Execution:
    """Carry out what was looked up.

    Args:
        space: where it was looked up.
        seen: what was seen of it.
        emulator: answers live.
        watched: see `execute`.

    Raises HiddenNondeterminism when an actor makes other calls than before, and
    NotEquivalent when the same calls end in other contents.

    Leaves the emulator as the execution leaves it.
    """
    space.world.put_back(space.services_of(space.initial))
    try:
        done = execute(
            space.actors,
            seen.schedule,
            emulator,
            faults=space.faults,
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
