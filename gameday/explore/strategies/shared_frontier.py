"""Does a property hold in every interleaving, when many look at once?

Every state is come by once, by a frontier that workers share. The real programs run in
this process alone: workers look moves up, and where a move is not known yet the state
comes back and the move is found out here. A crew begins as this process alone and hands
over when a search turns out to be long, because most are over before a process starts.

The order of states does not depend on the crew (see `crew`), and neither do numbers,
counts, verdict and counterexample.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.explore.crew import Alone
from gameday.explore.frontier import Frontier
from gameday.explore.places import Places
from gameday.explore.questions import answered, ask_again
from gameday.explore.search import Ending
from gameday.explore.unfinished import BatchLeft, Unfinished

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.explore.crew import Crew
    from gameday.explore.frontier import Batch
    from gameday.explore.search import Search
    from gameday.explore.space import Choice

__all__ = ["ProgramsChanged", "SharedFrontier"]

HANDOVER_S = 3.0
"""A search that lasts longer is handed over to the crew."""
BATCHES_IN_THE_AIR = 32
"""Batches that were given and not answered: as many whoever answers them, or the order
of states would depend on it."""


class ProgramsChanged(InvalidInput):
    """The programs of a search that was interrupted do not do the same again."""

    def __init__(self) -> None:
        super().__init__(
            "the programs, or what they run on, have changed since the search was "
            "interrupted: asked the same, they do something else; explore again"
        )


@dataclass(slots=True)
class SharedFrontier:
    """Every state.

    Attributes:
        crew: makes the crew that a long search is handed over to; None stays alone.
        handover_s: how long a search may last before that.
        resumed: an earlier search to go on with.
        unfinished: what is left of this one when it ended early.
    """

    crew: Callable[[], Crew] | None = None
    handover_s: float = HANDOVER_S
    resumed: Unfinished | None = None
    unfinished: Unfinished | None = field(default=None, init=False)
    name: str = field(default="exhaustive", init=False)

    def explore(self, search: Search) -> Ending:
        """Come by every state.

        Raises ProgramsChanged when an earlier search cannot be gone on with.
        """
        if search.broken is not None:
            return Ending(exhausted=True, choices=(), broken=search.broken)
        walk = _Walk(search, self)
        try:
            if self.resumed is not None:
                walk.go_on_with(self.resumed)
            ending = walk.finish()
            if not ending.exhausted and ending.broken is None:
                self.unfinished = walk.unfinished()
        finally:
            walk.close()
        return ending


class _Walk:
    """One walk; a local builder."""

    def __init__(self, search: Search, strategy: SharedFrontier) -> None:
        self._search = search
        self._strategy = strategy
        self._places = Places(search.space, search.judge)
        initial = self._places.packed(search.space.initial)
        self._frontier = Frontier(width=len(initial))
        self._frontier.begin(initial)
        self._crews: list[Crew] = []
        self._in_the_air: deque[tuple[Crew, Batch]] = deque()
        self._join(Alone())

    def go_on_with(self, earlier: Unfinished) -> None:
        """Stand where an earlier search stood."""
        search, frontier = self._search, self._frontier
        if not ask_again(search.space, earlier.asked):
            raise ProgramsChanged
        for packed in earlier.cut(earlier.found_out_at):
            self._places.find_out(self._places.unpacked(packed))
        if answered(search.space) != earlier.answered or self._places.broken:
            raise ProgramsChanged
        frontier.put_back(
            earlier.cut(earlier.states), earlier.came_from[:], earlier.open[:]
        )
        for left in earlier.in_the_air:
            self._submit(frontier.batch(left.numbers, left.version))
        search.judge.crashed_properties.update(earlier.crashed_properties)
        for each in fields(earlier.counts):
            setattr(search.counts, each.name, getattr(earlier.counts, each.name))

    def unfinished(self) -> Unfinished:
        """Return where it stands."""
        space, frontier = self._search.space, self._frontier
        return Unfinished(
            width=frontier.width,
            asked=space.world.questions.asked[:],
            answered=answered(space),
            found_out_at=b"".join(self._places.found_out_at),
            states=b"".join(frontier.states),
            came_from=frontier.came_from,
            open=frontier.open,
            in_the_air=tuple(
                BatchLeft(numbers=batch.numbers, version=batch.version)
                for _, batch in self._in_the_air
            ),
            counts=replace(self._search.counts),
            crashed_properties=dict(self._search.judge.crashed_properties),
        )

    def finish(self) -> Ending:
        """Come by every state."""
        search, frontier, in_the_air = self._search, self._frontier, self._in_the_air
        while frontier.open or in_the_air:
            if search.is_over(at_once=True):
                return Ending(exhausted=False)
            self._hand_over_when_long()
            while frontier.open and len(in_the_air) < BATCHES_IN_THE_AIR:
                self._submit(frontier.take(self._places.version))
            crew, batch = in_the_air[0]
            broken = self._take_up(batch, crew)
            in_the_air.popleft()
            if broken is not None:
                return broken
        return Ending(exhausted=True)

    def close(self) -> None:
        """Let everybody go."""
        for crew in self._crews:
            crew.close()

    def _submit(self, batch: Batch) -> None:
        crew = self._crews[-1]
        crew.submit(batch)
        self._in_the_air.append((crew, batch))

    def _join(self, crew: Crew) -> None:
        crew.open(self._places)
        self._crews.append(crew)

    def _hand_over_when_long(self) -> None:
        make = self._strategy.crew
        if make is None or len(self._crews) > 1:
            return
        if self._search.elapsed_s >= self._strategy.handover_s:
            self._join(make())

    def _take_up(self, batch: Batch, crew: Crew) -> Ending | None:
        """Take up what follows from a batch; returns how the search ends by it."""
        search, places, counts = self._search, self._places, self._search.counts
        expanded = crew.next()
        for packed in expanded.unknown:
            places.find_out(places.unpacked(packed))
            if places.broken is not None:
                _, choice, search.broken = places.broken
                return self._ending(batch, packed, choice)
        for packed in expanded.resting:
            search.rest(places.unpacked(packed))
            if search.broken is not None:
                return self._ending(batch, packed)
        self._frontier.take_up(batch, expanded)
        counts.states += len(batch.numbers) - len(expanded.unknown)
        counts.transitions += expanded.transitions
        counts.frontier = len(self._frontier.states) - counts.states
        # Every other step led to a state that was come by already.
        counts.cut_short = counts.transitions - (len(self._frontier.states) - 1)
        return None

    def _ending(self, batch: Batch, packed: bytes, *last: Choice) -> Ending:
        number = next(
            each for each in batch.numbers if self._frontier.states[each] == packed
        )
        return Ending(
            exhausted=False,
            choices=(*self._choices(number), *last),
            broken=self._search.broken,
        )

    def _choices(self, number: int) -> list[Choice]:
        """Return the steps from the beginning to a state."""
        space = self._search.space
        way = [self._places.unpacked(each) for each in self._frontier.way_to(number)]
        choices = []
        for state, following in pairwise(way):
            choices.append(
                next(
                    choice
                    for choice in space.choices(state)
                    if space.step(state, choice) == following
                )
            )
        return choices
