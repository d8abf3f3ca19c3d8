"""Does a property hold in every interleaving, where states are not known again?

Dynamic partial-order reduction with source sets and sleep sets (Abdulla, Aronis,
Jonsson, Sagonas: Source Sets, JACM 64(4), 2017, algorithm 1). Executions are followed
from beginning to end, and no state is compared with another one. In each execution the
races are looked for: two steps that depend on each other with no step between them that
makes one follow from the other. For each, some first step of what could have come
before is noted where the first of the two was taken, unless one is noted there already.

A step that goes wrong depends on every other step, and each that is possible is tried
wherever the search comes by.

Invariant: when a point is left, its noted steps are a source set: each execution that
goes on from there begins, up to the order of independent steps, with one of them.

The trap: a sleeper is woken only when its round leads somewhere, or there would be no
end of it. What others do in the middle of the rounds that are left out is not seen, so
an exploration that left one out does not claim everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.explore.search import Ending

if TYPE_CHECKING:
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.dependence import Dependence
    from gameday.explore.search import Search
    from gameday.explore.space import Choice, State

__all__ = ["SourceDpor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDpor:
    """One execution for each order of dependent steps, and a few that are cut short.

    Its counts of states are of points come by, not of states.

    Attributes:
        dependence: tells which steps' order may show.
    """

    dependence: Dependence

    @property
    def name(self) -> str:
        """How reports call it."""
        return "source-dpor"

    def explore(self, search: Search) -> Ending:
        """Follow executions until every race was turned round."""
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        return _Walk(search, self.dependence).finish()


@dataclass(frozen=True, slots=True)
class _Event:
    """A step that was taken.

    Attributes:
        choice: which.
        actor: whose; -1 when time passes.
        call: what it called, None for nothing.
        before: the events that it follows from, as a bit mask of their places.
    """

    choice: Choice
    actor: int
    call: AwsCall | None
    before: int


@dataclass(slots=True)
class _Point:
    """A point of the execution that goes on.

    Attributes:
        state: where it is.
        noted: steps to take there, a source set in the end.
        asleep: steps that need not be taken there, those taken already among them.
    """

    state: State
    noted: list[Choice]
    asleep: set[Choice]


class _Walk:
    """One walk; a local builder."""

    def __init__(self, search: Search, dependence: Dependence) -> None:
        self._search = search
        self._space = search.space
        self._dependence = dependence
        self._points: list[_Point] = []
        self._events: list[_Event] = []
        self._everything = True

    def finish(self) -> Ending:
        """Follow executions until every race was turned round."""
        search, points, events = self._search, self._points, self._events
        self._enter(self._space.initial, set())
        while points and search.broken is None:
            if search.is_over():
                return Ending(exhausted=False)
            point = points[-1]
            del events[len(points) - 1 :]
            choice = next((c for c in point.noted if c not in point.asleep), None)
            if choice is None:
                points.pop()
                continue
            events.append(self._event(point.state, choice))
            self._note_races()
            asleep = {
                other
                for other in point.asleep
                if not self._dependence.depend(point.state, choice, other)
            }
            point.asleep.add(choice)
            state = search.step(point.state, choice)
            if search.broken is None:
                self._enter(state, asleep)
        if search.broken is not None:
            way = tuple(event.choice for event in events)
            return Ending(exhausted=False, choices=way, broken=search.broken)
        return Ending(exhausted=self._everything)

    def _enter(self, state: State, asleep: set[Choice]) -> None:
        """Come by a point; note one step of an actor, and all that may go wrong."""
        search, space = self._search, self._space
        search.counts.states += 1
        if space.is_at_rest(state):
            search.rest(state)
        if space.leaves_waiting(state):
            self._everything = False
        possible = space.moves(state)
        awake = [choice for choice in possible if choice not in asleep]
        if not awake:
            search.counts.cut_short += bool(possible)
            return
        own = [choice for choice in awake if choice < space.count]
        faults = [choice for choice in awake if choice >= space.count]
        self._points.append(_Point(state, own[:1] + faults, asleep))

    def _event(self, state: State, choice: Choice) -> _Event:
        """Return a step as what follows the events so far."""
        call = self._space.call_of(state, choice)
        actor = self._space.owner_of(choice)
        before = 0
        for place in reversed(range(len(self._events))):
            event = self._events[place]
            if not before >> place & 1 and (
                event.actor == actor
                or self._dependence.between(event.choice, event.call, choice, call)
            ):
                before |= event.before | 1 << place
        return _Event(choice, actor, call, before)

    def _note_races(self) -> None:
        """Look for the races of the last event, and note what turns them round."""
        events = self._events
        last = events[-1]
        between = 0
        for place in reversed(range(len(events) - 1)):
            if not last.before >> place & 1 or between >> place & 1:
                continue
            between |= events[place].before
            if events[place].actor != last.actor:
                self._note(place)

    def _note(self, place: int) -> None:
        """Note a first step of what could have come before the event at a place."""
        events = self._events
        free = [
            later
            for later in range(place + 1, len(events))
            if later == len(events) - 1 or not events[later].before >> place & 1
        ]
        among = sum(1 << each for each in free)
        point = self._points[place]
        firsts = [
            events[each].choice
            for each in free
            if not events[each].before & among
            and self._space.leads_on(point.state, events[each].choice)
        ]
        if firsts and not any(choice in point.noted for choice in firsts):
            point.noted.append(firsts[0])
