"""What can each actor do at each place, and does it break a property?

A place is where one actor stands together with what it shares with the others: AWS and
the faults that were spent. What the actor can do there depends on nothing else, so each
place is found out once, by the space and the judge; there are some hundred times fewer
of them than states.

Invariant: places are numbered in the order in which they are found out, and the space
is asked in that order; whoever asks again in the same order gets the same numbers.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from gameday.explore.expanding import Atlas, Moves
from gameday.explore.interleaving import StepKind

if TYPE_CHECKING:
    from gameday.explore.expanding import Entry
    from gameday.explore.judge import Broken, Judge
    from gameday.explore.space import Choice, Space, State

__all__ = ["Places"]


class Places:
    """All places that were found out.

    Attributes:
        log: them, in that order.
        found_out_at: the states at which some of them were found out, in order.
        atlas: the same, for whoever expands states in this process.
        broken: the state and the step there that break a property, and which.
    """

    def __init__(self, space: Space, judge: Judge) -> None:
        self.log: list[Entry] = []
        self.found_out_at: list[bytes] = []
        self.broken: tuple[State, Choice, Broken] | None = None
        self._space = space
        self._judge = judge
        self._form = struct.Struct(f"<{len(space.initial)}I")
        self._number = struct.Struct("<I")
        self._shared = struct.Struct(f"<{len(space.initial) - space.count}I")
        self.atlas = Atlas(actors=space.count, width=self._form.size)

    @property
    def actors(self) -> int:
        """Return how many actors there are."""
        return self._space.count

    @property
    def version(self) -> int:
        """Return how many places are known."""
        return len(self.log)

    def packed(self, state: State) -> bytes:
        """Return a state as workers know it."""
        return self._form.pack(*state)

    def unpacked(self, packed: bytes) -> State:
        """Return a state as the space knows it."""
        return self._form.unpack(packed)

    def find_out(self, state: State) -> None:
        """Find out what each actor can do at a state that was come by.

        `broken` is set when a step breaks a property, and then nothing more is.
        """
        shared = self._shared.pack(*state[self._space.count :])
        before = self.version
        for actor in range(self._space.count):
            place = self._number.pack(state[actor]) + shared
            if place in self.atlas.known:
                continue
            moves = self._moves(state, actor)
            if self.broken is not None:
                return
            entry = (place, moves)
            self.log.append(entry)
            self.atlas.learn((entry,))
        if self.version > before:
            self.found_out_at.append(self.packed(state))

    def _moves(self, state: State, actor: int) -> Moves:
        space, count = self._space, self._space.count
        steps: list[tuple[bytes, bytes]] = []
        later: bytes | None = None
        for choice in space.choices(state):
            if space.step_of(choice).kind is StepKind.TIME_PASSES:
                if space.may_go(state, actor):
                    later = self._shared.pack(*space.step(state, choice)[count:])
                continue
            if choice % count != actor:
                continue
            new = space.step(state, choice)
            broken = self._judge.after(state, choice, new)
            if broken is not None:
                self.broken = (state, choice, broken)
                break
            after = self._shared.pack(*new[count:])
            steps.append((self._number.pack(new[actor]), after))
        return Moves(
            version=self.version,
            rests=actor not in space.moves(state),
            steps=tuple(steps),
            later=later,
        )
