"""Which random number does this entity get, whoever else draws in between?

A draw is a function of (seed, stream, entity, number): nothing is consumed, so the
order in which entities draw cannot matter. Two runs that differ in one lever give
droplet 17 the same third service time (common random numbers), and a program with
threads draws what the simulator drew.

The mixing is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): every entity has a
key, and draw `number` is the key's sequence at that place.
"""

from __future__ import annotations

import math
from enum import IntEnum

__all__ = ["Draws", "Stream"]

_WORD = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_UNIT = 2.0**-53


class Stream(IntEnum):
    """What a draw is for; streams of one entity are independent."""

    PHASE = 1
    """Where in the renewal interval a droplet starts."""
    SERVICE = 2
    """How long a call takes."""
    BACKOFF = 3
    """How long a loser waits."""
    REACHABILITY = 4
    """When a host loses the table, and when it has it back."""


class Draws:
    """One stream of uniform numbers for each of a row of entities.

    Attributes:
        first: the number of the first entity; hosts of one run number their
            droplets one after the other, so that no two share a stream.
    """

    __slots__ = ("_keys",)

    def __init__(
        self, *, seed: int, stream: Stream, entities: int, first: int = 0
    ) -> None:
        root = _mixed(_mixed(seed & _WORD) + stream * _GAMMA)
        self._keys = [
            _mixed(root + (first + entity) * _GAMMA) for entity in range(entities)
        ]

    def uniform(self, entity: int, number: int) -> float:
        """Return draw `number` of `entity`, in [0, 1)."""
        # `_mixed` by hand: this is the simulator's innermost call.
        word = (self._keys[entity] + number * _GAMMA) & _WORD
        word = ((word ^ (word >> 30)) * _FIRST) & _WORD
        word = ((word ^ (word >> 27)) * _SECOND) & _WORD
        return ((word ^ (word >> 31)) >> 11) * _UNIT

    def exponential(self, entity: int, number: int) -> float:
        """Return the same draw as a multiple of the mean of an exponential law."""
        return -math.log1p(-self.uniform(entity, number))


def _mixed(word: int) -> int:
    word &= _WORD
    word = ((word ^ (word >> 30)) * _FIRST) & _WORD
    word = ((word ^ (word >> 27)) * _SECOND) & _WORD
    return word ^ (word >> 31)
