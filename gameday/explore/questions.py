"""What was a space asked, in which order, and what did it answer?

What actors and AWS do is found out by asking, and numbers are given in the order of
the questions. Asking another space the same in the same order gives it the same
numbers, so that what an earlier search wrote down in numbers holds again. `answered`
stands for what the programs and AWS did: when it differs, they are not the same.
"""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING

from gameday.errors import GamedayError

if TYPE_CHECKING:
    from gameday.explore.space import Space

__all__ = ["Questions", "answered", "ask_again"]

_TO_WORLD = 0
_TO_ACTOR = 1
_FIELDS = 3
_TIME_BITS = 4
"""Of a label; see `actor_memory`."""


class Questions:
    """What was asked, in order.

    Attributes:
        asked: three numbers a question: whom, about which call or node, at which state
            or with which label.
    """

    def __init__(self) -> None:
        self.asked = array("q")

    def ask_world(self, call: int, state: int) -> None:
        """Note that a call was made at a state for the first time."""
        self.asked.extend((_TO_WORLD, call, state))

    def ask_actor(self, node: int, label: int) -> None:
        """Note that an actor was answered like that for the first time."""
        self.asked.extend((_TO_ACTOR, node, label))


def ask_again(space: Space, asked: array[int]) -> bool:
    """Ask a space what another one was asked; answers whether it could be asked."""
    world, memory = space.world, space.memory
    try:
        for begin in range(0, len(asked), _FIELDS):
            whom, what, where = asked[begin : begin + _FIELDS]
            if whom == _TO_WORLD:
                world.apply(world.calls.by_number[what], where)
            else:
                periods = where & ((1 << _TIME_BITS) - 1)
                memory.next(memory.nodes[what], where >> _TIME_BITS, periods)
    except (IndexError, GamedayError):
        # Fewer calls or places than there were, or a program that does otherwise.
        return False
    return world.questions.asked == asked


def answered(space: Space) -> str:
    """Return what stands for all that the programs and AWS did so far."""
    digest = hashlib.sha256()
    for node in space.memory.nodes:
        shown = node.error if node.is_over else space.memory.shown_node(node)
        digest.update(f"{node.actor} {node.kind.value} {shown}\n".encode())
    for reply in space.world.replies:
        digest.update(f"{reply.status} {len(reply.body)}\n".encode() + reply.body)
    return digest.hexdigest()
