"""What is known of one history of one actor?

Nodes make a graph: a node has a child for each answer that was tried. Those that an
actor ends at are one node for each way of ending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gameday.aws.recall import Completed
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.continuation import Held

__all__ = ["LOST", "WOKEN", "Kind", "Merged", "Node"]

LOST = -1
"""Stands for a reply that never came."""
WOKEN = -2
"""Stands for the end of a sleep."""


class Kind(Enum):
    """At which kind of scheduling point an actor stands."""

    CALL = "call"
    SLEEP = "sleep"
    RETURNED = "returned"
    RAISED = "raised"
    CRASHED = "crashed"
    TOO_LONG = "too long"


@dataclass(slots=True, eq=False)
class Node:
    """One history of one actor.

    Attributes:
        number: its place among all nodes.
        actor: the actor's place among the actors.
        kind: where the actor stands.
        parent: the history without its last answer, None at the beginning.
        answer: the last answer's number, LOST or WOKEN.
        periods: how often the search had let time pass when it was answered.
        call: the call it is about to make.
        duration_ms: how long it is about to sleep.
        error: what it raised.
        depth: answers in the history.
        slept_ms: its sleep in all.
        drawn: how often it had drawn random bytes when it was last answered.
        random_state: of the module random, where it stands.
        kept: what the properties of histories remember of it.
        said: what it asked and was told since it last slept, without times.
        slept_at: where it last slept.
        holds: what stands for where it is.
    """

    number: int
    actor: int
    kind: Kind
    parent: Node | None
    answer: int
    periods: int
    call: AwsCall | None = None
    duration_ms: float = 0.0
    error: str = ""
    depth: int = 0
    slept_ms: float = 0.0
    drawn: int = 0
    random_state: Any = None
    kept: tuple[Any, ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    slept_at: Node | None = None
    holds: Held | None = None
    completed: tuple[Completed, ...] = ()
    children: dict[int, Node] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether the actor will do nothing more."""
        return self.kind not in {Kind.CALL, Kind.SLEEP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A history that was taken to leave an actor where another one had.

    Attributes:
        parent: the history without its last answer.
        label: of the last answer, among the children of `parent`.
        at: where the other one had left the actor.
    """

    parent: Node
    label: int
    at: Node
