"""What is one promise of AWS, and what may it cost to try it?

A case does what AWS documents, then looks at what is there: the state decides,
not the reply alone. Cases are data; the modules of `emulators.cases` hold them,
one group a module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.emulators.contract_ground import Ground

__all__ = ["QUICK", "THOROUGH", "Case", "Effort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much the cases about concurrency do.

    Attributes:
        name: for tables and messages.
        clients: callers at the same time, each with a connection of its own.
        rounds: rounds of compare-and-swap and of put-if-absent.
        increments: optimistic increments by each client.
        failing_transactions: in all, beside the plain writes.
        plain_writes: acknowledged writes that none of them may undo, in all.
    """

    name: str
    clients: int = 8
    rounds: int
    increments: int
    failing_transactions: int
    plain_writes: int


QUICK = Effort(
    name="quick", rounds=12, increments=6, failing_transactions=40, plain_writes=160
)
THOROUGH = Effort(
    name="thorough",
    rounds=200,
    increments=100,
    failing_transactions=240,
    plain_writes=800,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One promise and how it is tried.

    Attributes:
        name: short, stable, for tables and messages.
        group: what it is about, e.g. "Route 53: change batches".
        expected: what AWS does, a sentence without its full stop.
        source: the document, or the log of a real account, that says so.
        relied_on: whether a verdict is worth nothing where this does not hold.
        play: returns what differs, "" when nothing does.
    """

    name: str
    group: str
    expected: str
    source: str
    relied_on: bool = True
    play: Callable[[Ground], str]
