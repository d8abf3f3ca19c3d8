"""What does an actor do next, given everything it has been answered so far?

A tree for each actor: a node is a history of answers, and says at which scheduling
point the actor then stands. Each node is found out once, by running the real program;
afterwards it is a look-up. A run that is still paused at a node is taken further
from there; else the program is run again from its start through a script.

Histories that leave the actor in the same place (`continuation`) are one node, the
first of them stands for all, and so are those that end it in the same way. A sleeper
whose rounds say the same again and again is taken to be where it was a round ago.

Invariant: node numbers are given in the order of discovery, so two searches that
ask the same questions in the same order get the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from gameday.explore.actor_nodes import LOST, WOKEN, Kind, Merged, Node
from gameday.explore.actor_run import ActorRun
from gameday.explore.paused_runs import PausedRuns
from gameday.explore.properties import Made
from gameday.explore.rounds import PATIENCE, follow_round, same_round

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from gameday.explore.aws_call import AwsCall
    from gameday.explore.interleaving import Faults
    from gameday.explore.properties import HistoryProperty
    from gameday.explore.world import World

__all__ = ["ActorMemory"]

_TIME_BITS = 4
RUNS_PAUSED_MAX = 2_000
"""Paused runs that are kept, of all actors."""
POINTS_MAX = 2_000
"""Scheduling points in one history; an actor that goes on is stopped there."""


class ActorMemory:
    """Everything that was found out about the actors."""

    def __init__(
        self,
        actors: Sequence[Actor],
        world: World,
        *,
        faults: Faults,
        histories: Sequence[HistoryProperty] = (),
        patience: int = PATIENCE,
    ) -> None:
        """Know nothing yet.

        Args:
            actors: whose histories these are.
            world: numbers calls and replies.
            faults: how much time passes at a time.
            histories: properties that remember something of each history.
            patience: rounds in a row that say the same before a sleeper is taken to go
                on like that for ever.
        """
        self.nodes: list[Node] = []
        self.runs = 0
        self.points = 0
        self._actors = tuple(actors)
        self._world = world
        self._faults = faults
        self._made = [ProgramMemory() for _ in actors]
        self._paused = PausedRuns(RUNS_PAUSED_MAX)
        self._histories = tuple(histories)
        self._merges = all(each.follow is not None for each in histories)
        self._alike: dict[Hashable, Node] = {}
        self.merged: list[Merged] = []
        self.tired: set[tuple[int, int]] = set()
        self._patience = patience
        # One of them is some 20 kB, and most nodes have the same.
        self._random_states: dict[Any, Any] = {}
        self._ends: dict[tuple[int, Kind, str], Node] = {}
        self.crashed = [self._new_end(n, Kind.CRASHED) for n in range(len(actors))]

    def begin(self, actor: int) -> Node:
        """Return where an actor stands before it was answered anything."""
        run = self._run(actor, (), is_first=True)
        return self._node(run, run.begin(), actor=actor, parent=None, answer=WOKEN)

    def next(self, node: Node, answer: int, periods: int) -> Node:
        """Return where the actor stands after it was answered."""
        label = _label(answer, periods)
        child = node.children.get(label)
        if child is None:
            self._world.questions.ask_actor(node.number, label)
            child = node.children[label] = self._advance(node, answer, periods)
        return child

    def close(self) -> None:
        """Drop every paused run."""
        self._paused.drop_all()

    def past(self, node: Node) -> list[Past]:
        """Return the history of a node as a script."""
        script: list[Past] = []
        while node.parent is not None:
            script.append(
                Past(
                    shown=self.shown_node(node.parent),
                    answer=self._answer(node.answer, node.periods),
                    completed=node.completed,
                    slept_ms=node.slept_ms,
                    drawn=node.drawn,
                    random_state=node.parent.random_state,
                )
            )
            node = node.parent
        script.reverse()
        return script

    def run_again(self, node: Node) -> ActorRun:
        """Return a new run that has gone to a node from the start."""
        run = self._run(node.actor, self.past(node), is_first=False)
        run.ensure_at(self.shown_node(node), run.begin())
        # What could not be recalled was done again and belongs to the past.
        run.take_completed()
        return run

    def resume(self, run: ActorRun, label: int) -> Point:
        """Answer a run as the child of its node with this label was."""
        answer, periods = label >> _TIME_BITS, label & ((1 << _TIME_BITS) - 1)
        return run.resume(self._answer(answer, periods))

    def _advance(self, node: Node, answer: int, periods: int) -> Node:
        run = self._paused.take(node.number) or self.run_again(node)
        point = run.resume(self._answer(answer, periods))
        return self._node(
            run, point, actor=node.actor, parent=node, answer=answer, periods=periods
        )

    def _run(self, actor: int, script: Sequence[Past], *, is_first: bool) -> ActorRun:
        self.runs += 1
        return ActorRun(
            self._actors[actor],
            number=actor,
            script=script,
            made=self._made[actor],
            shown=self.shown,
            tick_ms=self._faults.tick_ms,
            # On the way to a node that is known nobody asks, nor there.
            looks_after=0 if is_first else len(script) + 1,
            watched=is_first,
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
        call = (
            self._world.calls.named(point.attempt) if isinstance(point, Calls) else None
        )
        kept = self._kept(parent, answer)
        key = self._key(actor, point, call, kept)
        known = self._alike.get(key) if key is not None else None
        if known is not None:
            run.stands_for(known.depth)
            self._paused.keep(known.number, run)
            if parent is not None:
                label = _label(answer, periods)
                self.merged.append(Merged(parent=parent, label=label, at=known))
            return known
        depth = parent.depth + 1 if parent else 0
        if depth > POINTS_MAX:
            run.drop()
            return self._end(actor, Kind.TOO_LONG, "")
        node = Node(
            number=len(self.nodes),
            actor=actor,
            kind=Kind.SLEEP if isinstance(point, Sleeps) else Kind.CALL,
            parent=parent,
            answer=answer,
            periods=periods,
            depth=depth,
            slept_ms=run.slept_ms,
            drawn=run.drawn,
            random_state=self._random_states.setdefault(
                run.random_state, run.random_state
            ),
            completed=run.take_completed(),
            call=call,
            duration_ms=point.duration_ms if isinstance(point, Sleeps) else 0.0,
            kept=kept,
            holds=point.holds,
        )
        follow_round(node, self._world.reply_likeness)
        if node.kind is Kind.SLEEP:
            earlier = same_round(node, patience=self._patience)
            if earlier is not None:
                if parent is not None:
                    self.tired.add((parent.number, _label(answer, periods)))
                run.drop()
                return earlier
        if key is not None:
            self._alike[key] = node
        self.nodes.append(node)
        self._paused.keep(node.number, run)
        return node

    def _key(
        self,
        actor: int,
        point: Calls | Sleeps,
        call: AwsCall | None,
        kept: tuple[Any, ...],
    ) -> Hashable | None:
        """Return what is equal for histories that leave an actor in the same place."""
        if not self._merges or point.holds is None:
            return None
        duration_ms = point.duration_ms if isinstance(point, Sleeps) else 0.0
        return (actor, call.number if call else -1, duration_ms, point.holds, kept)

    def _kept(self, parent: Node | None, answer: int) -> tuple[Any, ...]:
        """Return what the properties of histories remember after an answer."""
        if not self._merges or not self._histories:
            return ()
        if parent is None:
            return tuple(each.begin for each in self._histories)
        if parent.call is None:
            return parent.kept
        made = self.made_at(parent, answer)
        return tuple(
            each.follow(before, made) if each.follow is not None else before
            for each, before in zip(self._histories, parent.kept, strict=True)
        )

    def made_at(self, node: Node, answer: int) -> Made:
        """Return the call of a node and how it was answered."""
        assert node.call is not None  # noqa: S101 - the caller looked
        return Made.of(
            node.call,
            actor=self._actors[node.actor].name,
            status=0 if answer == LOST else self._world.replies[answer].status,
        )

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

    def shown(self, point: Point) -> str:
        """Return a text that tells two points apart."""
        match point:
            case Calls():
                return self._world.calls.named(point.attempt).shown
            case Sleeps():
                return f"sleep {point.duration_ms:g} ms"
            case Returned():
                return "its end"
            case Raised():
                return point.error

    def shown_node(self, node: Node) -> str:
        """Return the point of a node as `shown` shows it."""
        if node.call is not None:
            return node.call.shown
        return f"sleep {node.duration_ms:g} ms"


def _label(answer: int, periods: int) -> int:
    return (answer << _TIME_BITS) | periods
