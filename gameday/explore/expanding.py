"""Which states follow from these, going by the moves that are known?

All that a worker does, in this process or in another one: it runs no program and knows
no AWS. A move is looked up by a place, which is where one actor stands together with
what AWS holds; the moves of all actors at their places are the steps of a state.

Invariants: a state is a row of numbers of four bytes (the actors, then what they
share), and `expand` is a function of the states, of the version of the moves and of
nothing else. Whoever asks twice, or asks another worker, is told the same.

Standard library only, and no import of this package: a worker's process is started by
the path of this file and is there in a twentieth of a second.
"""

from __future__ import annotations

import pickle
import signal
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from multiprocessing.connection import Connection

    Entry = tuple[bytes, "Moves"]
    """A place and the moves there."""

__all__ = ["NUMBER_BYTES", "Atlas", "Expanded", "Moves", "serve"]

NUMBER_BYTES = 4


class Moves(NamedTuple):
    """What one actor can do at one place.

    Attributes:
        version: how many places were known when this one was found out.
        rests: whether it has ended, or gets nowhere; see `space`.
        steps: where it stands next and what is shared then, in the order of choices.
        later: what is shared when the search lets time pass, None when it may not.
    """

    version: int
    rests: bool
    steps: tuple[tuple[bytes, bytes], ...]
    later: bytes | None


class Expanded(NamedTuple):
    """What follows from a batch of states.

    Attributes:
        following: for each state the ones that follow it, without those that were
            named already for this batch.
        resting: states in which nobody has anywhere to go.
        unknown: states with a place that was not known at this version.
        transitions: steps that were taken.
    """

    following: list[bytes]
    resting: list[bytes]
    unknown: list[bytes]
    transitions: int


class Atlas:
    """Every place that is known, with the moves there."""

    def __init__(self, *, actors: int, width: int) -> None:
        """Know nothing yet.

        Args:
            actors: numbers at the beginning of a state, one an actor.
            width: bytes of a state.
        """
        self.known: dict[bytes, Moves] = {}
        self.width = width
        self._shared = actors * NUMBER_BYTES
        self._actors = [
            (begin, begin + NUMBER_BYTES)
            for begin in range(0, self._shared, NUMBER_BYTES)
        ]

    def learn(self, entries: Iterable[Entry]) -> None:
        """Take up places that were found out."""
        self.known.update(entries)

    def expand(self, states: bytes, version: int) -> Expanded:
        """Return what follows from states that stand one behind the other."""
        width, begin_shared, actors = self.width, self._shared, self._actors
        known = self.known.get
        following: list[bytes] = []
        resting: list[bytes] = []
        unknown: list[bytes] = []
        met: set[bytes] = set()
        transitions = 0
        for begin in range(0, len(states), width):
            state = states[begin : begin + width]
            shared = state[begin_shared:]
            found: list[bytes] = []
            rests = True
            later: bytes | None = None
            for start, end in actors:
                moves = known(state[start:end] + shared)
                if moves is None or moves[0] >= version:
                    unknown.append(state)
                    following.append(b"")
                    break
                rests = rests and moves[1]
                if moves[2]:
                    ahead, behind = state[:start], state[end:begin_shared]
                    for node, after in moves[2]:
                        found.append(ahead + node + behind + after)
                later = later or moves[3]
            else:
                if later is not None:
                    found.append(state[:begin_shared] + later)
                elif rests:
                    # While time may still pass, nobody waits for good.
                    resting.append(state)
                transitions += len(found)
                fresh = [each for each in found if each not in met]
                met.update(fresh)
                following.append(b"".join(fresh))
        return Expanded(following, resting, unknown, transitions)


def serve(connection: Connection) -> None:
    """Expand what comes until nobody is there any more.

    The first message is the shape of a state; each one after it has new places, a
    version and states, and is answered by what follows.
    """
    actors, width = connection.recv()
    atlas = Atlas(actors=actors, width=width)
    while True:
        try:
            entries, version, states = connection.recv()
        except EOFError:
            return
        atlas.learn(entries)
        # Plain: here this module has another name than where that is read.
        expanded = tuple(atlas.expand(states, version))
        connection.send_bytes(pickle.dumps(expanded, pickle.HIGHEST_PROTOCOL))


def _main() -> None:
    from multiprocessing.connection import Connection

    # Ctrl-C reaches everybody at a terminal; when to end is the starter's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(Connection(int(sys.argv[1])))
    except (BrokenPipeError, ConnectionResetError):
        # The starter is gone in the middle of an answer.
        sys.exit(1)


if __name__ == "__main__":
    _main()
