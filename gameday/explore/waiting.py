"""Does it make a difference to wake a sleeper?

A round is what a sleeper asks until it sleeps again. A sleeper waits when its rounds
lead nowhere: nothing in AWS changes, and either it comes back to where it sleeps, or
one round says what the one before said, again and again. One that does something else
after a few such rounds gives up, and those rounds are one step.

Rounds are compared without times, see `aws_call.likeness`. An actor that gives up only
after more than `patience` rounds is taken to wait for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.emulators.in_process import SERVICES
from gameday.explore.actor_memory import WOKEN, Kind

if TYPE_CHECKING:
    from gameday.explore.actor_memory import ActorMemory, Node
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.world import World

__all__ = ["AWAKE", "WAITS", "Waiting"]

ROUND_CALLS_MAX = 100
"""Calls of a round that is looked at to see whether it changes anything."""
SLEEPS_IN_A_ROW_MAX = 1_000
"""Sleeps without a call between them; an actor that goes on sleeps for ever."""

AWAKE, WAITS = -1, -2
"""What `rounds_ahead` says of a sleeper that does not give up."""

Shared = tuple[int, ...]
"""What follows the actors in a state: AWS by service, and what was spent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What a sleeper did that changed nothing.

    Attributes:
        calls: in order.
        said: calls and replies without times.
        end: where it sleeps again.
    """

    calls: tuple[AwsCall, ...]
    said: tuple[tuple[str, str], ...]
    end: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlook:
    """What becomes of a sleeper while AWS stays as it is.

    Attributes:
        ahead: AWAKE, WAITS, or the node at which it gives up.
        calls: of the rounds until then.
        looked_at: every call whose outcome decides this.
    """

    ahead: int
    calls: tuple[AwsCall, ...]
    looked_at: tuple[AwsCall, ...]


class Waiting:
    """Looks ahead for sleepers; every answer is looked up the second time."""

    def __init__(self, memory: ActorMemory, world: World, *, patience: int) -> None:
        self._memory = memory
        self._world = world
        self._patience = patience
        self._places = {service: place for place, service in enumerate(SERVICES)}
        self._outlooks: dict[tuple[int, Shared], _Outlook] = {}

    def rounds_ahead(self, node: Node, shared: Shared) -> int:
        """Return AWAKE, WAITS, or the node at which the sleeper gives up."""
        return self._outlook(node, shared).ahead

    def given_up(self, node: Node, shared: Shared) -> tuple[AwsCall, ...]:
        """Return the calls of the rounds that a sleeper makes until it gives up."""
        return self._outlook(node, shared).calls

    def looked_at(self, node: Node, shared: Shared) -> tuple[AwsCall, ...]:
        """Return every call whose outcome decides what `rounds_ahead` says."""
        return self._outlook(node, shared).looked_at

    def woken(self, node: Node, periods: int) -> Node:
        """Return where a sleeper stands when it has slept enough."""
        for _ in range(SLEEPS_IN_A_ROW_MAX):
            if node.kind is not Kind.SLEEP:
                break
            node = self._memory.next(node, WOKEN, periods)
        return node

    def _outlook(self, node: Node, shared: Shared) -> _Outlook:
        key = (node.number, shared)
        found = self._outlooks.get(key)
        if found is None:
            found = self._outlooks[key] = self._look_ahead(node, shared)
        return found

    def _look_ahead(self, node: Node, shared: Shared) -> _Outlook:
        looking: dict[AwsCall, None] = {}
        rounds: list[_Round] = []
        at = node
        while len(rounds) <= self._patience:
            done = self._round(at, shared, looking)
            if done is None or (rounds and done.said != rounds[-1].said):
                # One round alone is not repeated: it is taken call by call.
                awake = len(rounds) < 2
                calls = tuple(call for each in rounds for call in each.calls)
                return _Outlook(
                    ahead=AWAKE if awake else at.number,
                    calls=() if awake else calls,
                    looked_at=tuple(looking),
                )
            rounds.append(done)
            at = done.end
            if at is node:
                break
        return _Outlook(ahead=WAITS, calls=(), looked_at=tuple(looking))

    def _round(
        self, node: Node, shared: Shared, looking: dict[AwsCall, None]
    ) -> _Round | None:
        """Return a round, None if AWS is different after it or the sleeper ends."""
        periods = shared[-1] & 15
        node = self.woken(node, periods)
        calls: list[AwsCall] = []
        said: list[tuple[str, str]] = []
        now = list(shared)
        while node.call is not None and len(calls) < ROUND_CALLS_MAX:
            slot = self._places[node.call.service]
            looking[node.call] = None
            reply, now[slot] = self._world.apply(node.call, now[slot])
            calls.append(node.call)
            said.append((node.call.likeness, self._world.reply_likeness[reply]))
            node = self._memory.next(node, reply, periods)
        if node.kind is not Kind.SLEEP or tuple(now) != shared:
            return None
        return _Round(calls=tuple(calls), said=tuple(said), end=node)
