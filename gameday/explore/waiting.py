"""Does it make a difference to wake a sleeper?

A sleeper whose next round (what it asks until it sleeps again) would say what the last
one said and change nothing waits: it has no step until something changes. One that
would do something else after a few more such rounds gives up, and those rounds are one
step. One that rests between two turns (`resting`) waits when a turn leads back to the
same rest.

Rounds are compared without times, see `aws_call.likeness`. An actor that gives up only
after more than `patience` rounds is taken to wait for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.in_process import SERVICES
from gameday.explore.actor_memory import WOKEN, Kind

if TYPE_CHECKING:
    from gameday.explore.actor_memory import ActorMemory, Node
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.world import World

__all__ = ["AWAKE", "WAITS", "Waiting"]

ROUND_CALLS_MAX = 100
"""Calls of a turn that is looked at to see whether it changes anything."""
SLEEPS_IN_A_ROW_MAX = 1_000
"""Sleeps without a call between them; an actor that goes on sleeps for ever."""

AWAKE, WAITS = -1, -2
"""What `rounds_ahead` says of a sleeper that does not give up."""

Shared = tuple[int, ...]
"""What follows the actors in a state: AWS by service, and what was spent."""


class Waiting:
    """Looks ahead for sleepers; every answer is looked up the second time."""

    def __init__(self, memory: ActorMemory, world: World, *, patience: int) -> None:
        self._memory = memory
        self._world = world
        self._patience = patience
        self._places = {service: place for place, service in enumerate(SERVICES)}
        self._ahead: dict[tuple[int, Shared], int] = {}
        self._looked_at: dict[tuple[int, Shared], tuple[AwsCall, ...]] = {}
        self._looking: dict[AwsCall, None] = {}

    def rounds_ahead(self, node: Node, shared: Shared) -> int:
        """Return AWAKE, WAITS, or the node at which the sleeper gives up."""
        key = (node.number, shared)
        found = self._ahead.get(key)
        if found is None:
            self._looking = {}
            found = self._ahead[key] = self._look_ahead(node, shared)
            self._looked_at[key] = tuple(self._looking)
        return found

    def looked_at(self, node: Node, shared: Shared) -> tuple[AwsCall, ...]:
        """Return every call whose outcome decides what `rounds_ahead` says."""
        self.rounds_ahead(node, shared)
        return self._looked_at[node.number, shared]

    def woken(self, node: Node, periods: int) -> Node:
        """Return where a sleeper stands when it has slept enough."""
        for _ in range(SLEEPS_IN_A_ROW_MAX):
            if node.kind is not Kind.SLEEP:
                break
            node = self._memory.next(node, WOKEN, periods)
        return node

    def _look_ahead(self, node: Node, shared: Shared) -> int:
        if node.rests and self._comes_back(node, shared):
            return WAITS
        at = node
        for rounds in range(self._patience + 1):
            after = self._round(at, shared, said=node.round)
            if after is None:
                return AWAKE if rounds == 0 else at.number
            if after is at:
                break
            at = after
        return WAITS

    def _comes_back(self, node: Node, shared: Shared) -> bool:
        been = {node.number}
        at: Node | None = node
        for _ in range(self._patience + 1):
            at = self._round(at, shared) if at is not None else None
            if at is None:
                return False
            if at.number in been:
                return True
            been.add(at.number)
        return False

    def _round(
        self,
        node: Node,
        shared: Shared,
        *,
        said: tuple[tuple[str, str], ...] | None = None,
    ) -> Node | None:
        """Return where the sleeper sleeps next, with AWS as it was.

        None if AWS is different then, if the sleeper ends, or if the round does not
        say what `said` says.
        """
        periods = shared[-1] & 15
        node = self.woken(node, periods)
        now = list(shared)
        calls_max = ROUND_CALLS_MAX if said is None else len(said)
        for place in range(calls_max):
            if node.call is None:
                break
            slot = self._places[node.call.service]
            self._looking[node.call] = None
            reply, now[slot] = self._world.apply(node.call, now[slot])
            if said is None and now[slot] != shared[slot]:
                return None
            told = (node.call.likeness, self._world.reply_likeness[reply])
            if said is not None and told != said[place]:
                return None
            node = self._memory.next(node, reply, periods)
            if said is not None and node.kind is Kind.SLEEP and place < calls_max - 1:
                return None
        return node if node.kind is Kind.SLEEP and tuple(now) == shared else None
