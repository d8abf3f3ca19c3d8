"""Where does nobody get any further?

A round is what a sleeper asks until it sleeps again. A sleeper gets nowhere when its
round, with everybody else standing still, leaves AWS as it was and the sleeper where it
slept. A state in which every actor has ended or gets nowhere is at rest: left to take
turns, the actors stay there for ever, which is where `eventually` is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.in_process import SERVICES
from gameday.explore.actor_nodes import WOKEN, Kind

if TYPE_CHECKING:
    from gameday.explore.actor_memory import ActorMemory
    from gameday.explore.actor_nodes import Node
    from gameday.explore.world import World

__all__ = ["Waiting"]

ROUND_CALLS_MAX = 100
"""Calls of a round that is looked at to see whether it leads anywhere."""
SLEEPS_IN_A_ROW_MAX = 1_000
"""Sleeps without a call between them; an actor that goes on sleeps for ever."""

Shared = tuple[int, ...]
"""What follows the actors in a state: AWS by service, and what was spent."""


class Waiting:
    """Looks ahead for sleepers; every answer is looked up the second time."""

    def __init__(self, memory: ActorMemory, world: World) -> None:
        self._memory = memory
        self._world = world
        self._places = {service: place for place, service in enumerate(SERVICES)}
        self._known: dict[tuple[int, Shared], bool] = {}

    def gets_nowhere(self, node: Node, shared: Shared) -> bool:
        """Answer whether a sleeper comes back to where it sleeps, and AWS too."""
        key = (node.number, shared)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._comes_back(node, shared)
        return found

    def woken(self, node: Node, periods: int) -> Node:
        """Return where a sleeper stands when it has slept enough."""
        for _ in range(SLEEPS_IN_A_ROW_MAX):
            if node.kind is not Kind.SLEEP:
                break
            node = self._memory.next(node, WOKEN, periods)
        return node

    def _comes_back(self, sleeper: Node, shared: Shared) -> bool:
        periods = shared[-1] & 15
        node = self.woken(sleeper, periods)
        now = list(shared)
        for _ in range(ROUND_CALLS_MAX):
            if node.call is None:
                break
            slot = self._places[node.call.service]
            reply, now[slot] = self._world.apply(node.call, now[slot])
            node = self._memory.next(node, reply, periods)
        return node is sleeper and tuple(now) == shared
