"""What does an actor do next, given everything it has been answered so far?

A tree for each actor: a node is a history of answers, and says at which scheduling
point the actor then stands. Each node is found out once, by running the real program;
afterwards it is a look-up. A run that is still paused at a node is taken further
from there; else the program is run again from its start through a script.

Nodes that an actor ends at are one node for each way of ending, because nothing
distinguishes their future.

Invariant: node numbers are given in the order of discovery, so two searches that
ask the same questions in the same order get the same numbers.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from gameday.aws.recall import ProgramMemory
from gameday.explore.actor import (
    Actor,
    Answer,
    Calls,
    Past,
    Point,
    Raised,
    Returned,
    Sleeps,
)
from gameday.explore.actor_run import ActorRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.aws.recall import Completed
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.interleaving import Faults
    from gameday.explore.world import World

__all__ = ["LOST", "WOKEN", "ActorMemory", "Kind", "Node"]

LOST = -1
"""Stands for a reply that never came."""
WOKEN = -2
"""Stands for the end of a sleep."""
_TIME_BITS = 4
RUNS_PAUSED_MAX = 1_000
"""Paused runs that are kept; the longest unused is dropped."""
POINTS_MAX = 2_000
"""Scheduling points in one history; an actor that goes on is stopped there."""


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
        rests: whether it sleeps between two turns, see `resting`.
        round: what it asked and was told since it last slept, without times.
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
    rests: bool = False
    round: tuple[tuple[str, str], ...] = ()
    completed: tuple[Completed, ...] = ()
    children: dict[int, Node] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether the actor will do nothing more."""
        return self.kind not in {Kind.CALL, Kind.SLEEP}


class ActorMemory:
    """Everything that was found out about the actors."""

    def __init__(
        self, actors: Sequence[Actor], world: World, *, faults: Faults
    ) -> None:
        self.nodes: list[Node] = []
        self.runs = 0
        self.points = 0
        self._actors = tuple(actors)
        self._world = world
        self._faults = faults
        self._made = [ProgramMemory() for _ in actors]
        self._paused: OrderedDict[int, ActorRun] = OrderedDict()
        self._resting: dict[tuple[int, bytes], Node] = {}
        self._ends: dict[tuple[int, Kind, str], Node] = {}
        self.crashed = [self._new_end(n, Kind.CRASHED) for n in range(len(actors))]

    def begin(self, actor: int) -> Node:
        """Return where an actor stands before it was answered anything."""
        run = self._run(actor, ())
        return self._node(run, run.begin(), actor=actor, parent=None, answer=WOKEN)

    def next(self, node: Node, answer: int, periods: int) -> Node:
        """Return where the actor stands after it was answered."""
        label = (answer << _TIME_BITS) | periods
        child = node.children.get(label)
        if child is None:
            child = node.children[label] = self._advance(node, answer, periods)
        return child

    def close(self) -> None:
        """Drop every paused run."""
        while self._paused:
            self._paused.popitem()[1].drop()

    def past(self, node: Node) -> list[Past]:
        """Return the history of a node as a script."""
        script: list[Past] = []
        while node.parent is not None:
            script.append(
                Past(
                    shown=self._shown_node(node.parent),
                    answer=self._answer(node.answer, node.periods),
                    completed=node.completed,
                    slept_ms=node.slept_ms,
                    drawn=node.drawn,
                )
            )
            node = node.parent
        script.reverse()
        return script

    def _advance(self, node: Node, answer: int, periods: int) -> Node:
        run = self._paused.pop(node.number, None)
        if run is None:
            run = self._run(node.actor, self.past(node))
            point = run.begin()
            run.ensure_at(self._shown_node(node), point)
            # What could not be recalled was done again and belongs to the past.
            run.take_completed()
        point = run.resume(self._answer(answer, periods))
        return self._node(
            run, point, actor=node.actor, parent=node, answer=answer, periods=periods
        )

    def _run(self, actor: int, script: Sequence[Past]) -> ActorRun:
        self.runs += 1
        return ActorRun(
            self._actors[actor],
            number=actor,
            script=script,
            made=self._made[actor],
            shown=self._shown,
            tick_ms=self._faults.tick_ms,
        )

    def _node(
        self,
        run: ActorRun,
        point: Point,
        *,
        actor: int,
        parent: Node | None,
        answer: int,
        periods: int = 0,
    ) -> Node:
        self.points += 1
        if isinstance(point, Returned):
            return self._end(actor, Kind.RETURNED, "")
        if isinstance(point, Raised):
            return self._end(actor, Kind.RAISED, point.error)
        if isinstance(point, Sleeps) and point.holds is not None:
            known = self._resting.get((actor, point.holds))
            if known is not None:
                run.drop()
                return known
        depth = parent.depth + 1 if parent else 0
        if depth > POINTS_MAX:
            run.drop()
            return self._end(actor, Kind.TOO_LONG, "")
        node = Node(
            number=len(self.nodes),
            actor=actor,
            kind=Kind.CALL if isinstance(point, Calls) else Kind.SLEEP,
            parent=parent,
            answer=answer,
            periods=periods,
            depth=depth,
            slept_ms=run.slept_ms,
            drawn=run.drawn,
            completed=run.take_completed(),
        )
        if isinstance(point, Calls):
            node.call = self._world.calls.named(point.attempt)
        else:
            node.duration_ms = point.duration_ms
            if point.holds is not None:
                node.rests = True
                self._resting[actor, point.holds] = node
        self._follow_rounds(node)
        self.nodes.append(node)
        self._paused[node.number] = run
        if len(self._paused) > RUNS_PAUSED_MAX:
            self._paused.popitem(last=False)[1].drop()
        return node

    def _follow_rounds(self, node: Node) -> None:
        """Carry over what was asked and told since the last sleep."""
        before = node.parent
        if before is None:
            return
        if before.call is not None:
            told = "" if node.answer < 0 else self._world.reply_likeness[node.answer]
            node.round = (*before.round, (before.call.likeness, told))

    def _end(self, actor: int, kind: Kind, error: str) -> Node:
        key = (actor, kind, error)
        if key not in self._ends:
            self._ends[key] = self._new_end(actor, kind, error)
        return self._ends[key]

    def _new_end(self, actor: int, kind: Kind, error: str = "") -> Node:
        node = Node(
            number=len(self.nodes),
            actor=actor,
            kind=kind,
            parent=None,
            answer=WOKEN,
            periods=0,
            error=error,
        )
        self.nodes.append(node)
        return node

    def _answer(self, answer: int, periods: int) -> Answer:
        reply = None if answer < 0 else self._world.replies[answer]
        return Answer(reply=reply, passed_ms=float(periods * self._faults.expiry_ms))

    def _shown(self, point: Point) -> str:
        match point:
            case Calls():
                return self._world.calls.named(point.attempt).shown
            case Sleeps():
                return f"sleep {point.duration_ms:g} ms"
            case Returned():
                return "its end"
            case Raised():
                return point.error

    def _shown_node(self, node: Node) -> str:
        if node.call is not None:
            return node.call.shown
        return f"sleep {node.duration_ms:g} ms"
