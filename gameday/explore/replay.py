"""Does a saved interleaving still happen, step for step, and still break the same?

The schedule is followed through the search's own space, where each call is compared
with the one that was saved, and the property is judged as it was then. What was
followed is carried out on the faithful path besides (`equivalence.confirm`). The
answer is the same every time: nothing here depends on the machine or the moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.aws.attempts import answered_here
from gameday.aws.loading import models_loaded_once
from gameday.aws.recall import recalled
from gameday.emulators.in_process import InProcessEmulator
from gameday.explore.equivalence import Beginning, confirm, looked_up
from gameday.explore.judge import NOT_STARVED, Judge
from gameday.explore.properties import as_properties
from gameday.explore.setting_up import set_up
from gameday.explore.space import Space
from gameday.explore.starvation import starved_in
from gameday.explore.surrounding import surrounded
from gameday.explore.world import World

if TYPE_CHECKING:
    from gameday.explore.execution import Execution
    from gameday.explore.interleaving_file import Loaded
    from gameday.explore.interleaving_form import SavedStep
    from gameday.explore.judge import Broken
    from gameday.explore.problem import Problem
    from gameday.explore.space import Choice

__all__ = ["Replayed", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a saved interleaving.

    Attributes:
        difference: how it went otherwise, "" when it went as it was saved.
        step: the step that differs, from 1; None for none.
        broken: what broke, None for nothing.
        execution: what was carried out, up to the step that differs.
    """

    difference: str
    step: int | None
    broken: Broken | None
    execution: Execution

    @property
    def is_reproduced(self) -> bool:
        """Answer whether everything went as it was saved."""
        return not self.difference


def replay(saved: Loaded) -> Replayed:
    """Carry out a saved interleaving."""
    emulator = InProcessEmulator()
    problem, content = saved.problem, saved.content
    with answered_here(), surrounded(), models_loaded_once():
        set_up(problem.setup, emulator)
        beginning = Beginning.here(problem.actors, emulator, faults=problem.faults)
        with recalled():
            space = Space(
                problem.actors,
                World(emulator),
                faults=problem.faults,
                histories=problem.histories,
                patience=content.explored.patience,
            )
            walk = _Walk(space, _judge(problem, space), content.schedule)
            try:
                walk.finish()
                if content.breaks == NOT_STARVED and walk.broken is None:
                    walk.broken = starved_in(space, walk.choices)
                seen = looked_up(space, walk.choices)
            finally:
                space.memory.close()
        execution = confirm(beginning, seen)
    difference = walk.difference
    if not difference:
        difference = _other_end(walk.broken, saved)
    return Replayed(
        difference=difference,
        step=walk.place + 1 if walk.difference else None,
        broken=walk.broken,
        execution=execution,
    )


def _judge(problem: Problem, space: Space) -> Judge:
    return Judge(
        space,
        always=as_properties(problem.always),
        histories=problem.histories,
        eventually=as_properties(problem.eventually),
    )


def _other_end(broken: Broken | None, saved: Loaded) -> str:
    content = saved.content
    if broken is None:
        return f"every step went as it was saved, and {content.breaks} holds now"
    if broken.name != content.breaks:
        return f"{broken.name} breaks, not {content.breaks}: {broken.message}"
    if broken.message != content.says:
        return f"{broken.name} breaks in another way: {broken.message}"
    return ""


class _Walk:
    """One way through a space along saved steps; a local builder."""

    def __init__(
        self, space: Space, judge: Judge, steps: tuple[SavedStep, ...]
    ) -> None:
        self.choices: list[Choice] = []
        self.broken: Broken | None = None
        self.difference = ""
        self.place = 0
        self._space = space
        self._judge = judge
        self._steps = steps

    def finish(self) -> None:
        """Follow the steps until one differs or something breaks."""
        space, judge, steps = self._space, self._judge, self._steps
        state = space.initial
        self.broken = judge.at_beginning(state)
        while self.place < len(steps) and self.broken is None:
            choice = space.choice_of(steps[self.place].step)
            possible = space.choices(state)
            if choice not in possible:
                able = ", ".join(str(space.step_of(each)) for each in possible)
                self.difference = (
                    f"{steps[self.place].step} has no step there; "
                    f"{able or 'nobody'} can go on"
                )
                return
            new = space.step(state, choice)
            call = space.call_of(state, choice)
            if not self._fits("" if call is None else call.shown):
                return
            self.choices.append(choice)
            self.broken = judge.after(state, choice, new)
            state = new
        if self.broken is None and space.is_at_rest(state):
            self.broken = judge.at_rest(state)
        if self.place < len(steps) and self.broken is not None:
            self.difference = (
                f"{self.broken.name} breaks before it: {self.broken.message}"
            )

    def _fits(self, found: str) -> bool:
        """Answer whether the next saved step makes this call."""
        saved = self._steps[self.place]
        if found != saved.shown:
            self.difference = (
                f"{saved.actor} was to call {saved.shown or 'nothing'}, and calls "
                f"{found or 'nothing'}"
            )
            return False
        self.place += 1
        return True
