"""Is there an interleaving that breaks a property, and which?

`explore` sets the world up, searches, shrinks what it finds and confirms it on the
faithful path. What it returns says exactly what was exhausted.

How it works
    First a few random executions, because most bugs fall to them at once; then
    everything that needs few interruptions, because what is found there can be read;
    then every state without a bound, which proves. A counterexample that the
    faithful path does not confirm is never shown as one: it raises.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from gameday.aws.attempts import answered_here
from gameday.aws.loading import models_loaded_once
from gameday.aws.recall import recalled
from gameday.emulators.in_process import InProcessEmulator
from gameday.explore.coverage import Coverage
from gameday.explore.dependence import Dependence
from gameday.explore.equivalence import Beginning, RepeatsHere, looked_up
from gameday.explore.exploration import Counterexample, Exploration
from gameday.explore.garbage import collected_seldom
from gameday.explore.interleaving import Faults
from gameday.explore.judge import NOT_STARVED, Judge
from gameday.explore.merging_check import check_merging
from gameday.explore.properties import HistoryProperty, as_properties
from gameday.explore.reduction_check import (
    ReductionBroken,
    ReductionChecked,
    check_reduction,
)
from gameday.explore.rounds import PATIENCE
from gameday.explore.schedules import count_schedules
from gameday.explore.search import Limits, Search
from gameday.explore.setting_up import set_up
from gameday.explore.shared_variables import causes_named
from gameday.explore.shrink import shrink
from gameday.explore.space import Space
from gameday.explore.starvation import find_starved
from gameday.explore.strategy_names import (
    DEFAULT_STRATEGY,
    PREEMPTIONS,
    strategies_named,
)
from gameday.explore.surrounding import surrounded
from gameday.explore.world import World
from gameday.model.verdict import Validity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gameday.explore.actor import Actor
    from gameday.explore.equivalence import Repeats
    from gameday.explore.interleaving import Schedule
    from gameday.explore.judge import Broken
    from gameday.explore.problem import Problem
    from gameday.explore.properties import Moment, Property
    from gameday.explore.search import Ending, Strategy
    from gameday.explore.space import Choice

    Given = Property | Callable[[Moment], str | bool | None]

__all__ = ["explore", "explore_problem"]

CONFIRMED_EXECUTIONS = 3
"""Random executions that are carried out on the faithful path all the same."""
CONFIRMED_STEPS_MAX = 300
"""Steps of such an execution; a longer one is carried out up to there."""


def explore(
    *,
    setup: Callable[[], Any],
    actors: Sequence[Actor],
    always: Iterable[Given] = (),
    sometimes: Iterable[Given] = (),
    eventually: Iterable[Given] = (),
    histories: Iterable[HistoryProperty] = (),
    faults: Faults | None = None,
    strategies: Callable[[Space, Dependence], Sequence[Strategy]] | None = None,
    limits: Limits | None = None,
    patience: int = PATIENCE,
    seed: int = 0,
    verify_por: bool = False,
    repeats: Repeats | None = None,
) -> Exploration:
    """Search the interleavings of the actors' AWS calls.

    Args:
        setup: makes what exists before the actors begin, by ordinary boto3 calls.
        actors: the programs; see `Actor`.
        always: what must hold at every moment.
        sometimes: what the search must come by for its answer to mean anything.
        eventually: what must hold wherever nobody goes on.
        histories: what must hold of what each actor called.
        faults: what may go wrong, and how often in one execution.
        strategies: returns the strategies, tried in turn until one ends the search;
            None goes by preemptions first and exhausts afterwards.
        limits: when to give up without an answer.
        patience: see `space`.
        seed: of whatever is drawn.
        verify_por: whether to try what is taken for independent, see `reduction_check`.
        repeats: carries out again what was looked up; None does it in this process.

    Raises:
        HiddenNondeterminism: an actor did something else when answered the same.
        ReachesOutside: an actor used a thread, a process, a socket, a changing file.
        NotEquivalent: the faithful path did not confirm what was looked up.
        NotExplorable: an actor calls a service whose state cannot be put back.
        FootprintBroken: a call changed something that it was not declared to write.
        ReductionBroken: steps that were taken for independent are not.
    """
    emulator = InProcessEmulator()
    remembered = tuple(histories)
    with (
        causes_named(actors),
        answered_here() as strays,
        surrounded(),
        models_loaded_once(),
        collected_seldom(),
    ):
        set_up(setup, emulator)
        budget = faults or Faults()
        beginning = Beginning.here(actors, emulator, faults=budget)
        with recalled():
            space = Space(
                actors,
                World(emulator),
                faults=budget,
                histories=remembered,
                patience=patience,
            )
            judge = Judge(
                space,
                always=as_properties(always),
                histories=remembered,
                sometimes=as_properties(sometimes),
                eventually=as_properties(eventually),
            )
            repeats = repeats or RepeatsHere(beginning)
            campaign = _Campaign(space, judge, limits or Limits(), seed, repeats)
            try:
                campaign.give_sample()
                campaign.run(
                    strategies
                    or strategies_named(
                        DEFAULT_STRATEGY, preemptions=PREEMPTIONS, seed=seed
                    )
                )
                campaign.give_found()
                check_merging(space.memory, seed=seed)
                if verify_por:
                    campaign.verify_reduction()
            finally:
                space.memory.close()
        counterexample = campaign.confirmed()
        reasons = sorted({str(each) for each in strays})
        return campaign.result(counterexample, reasons)


def explore_problem(
    problem: Problem,
    *,
    strategies: Callable[[Space, Dependence], Sequence[Strategy]] | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    verify_por: bool = False,
    repeats: Repeats | None = None,
) -> Exploration:
    """Search the interleavings of a problem; everything else as for `explore`."""
    return explore(
        setup=problem.setup,
        actors=problem.actors,
        always=problem.always,
        sometimes=problem.sometimes,
        eventually=problem.eventually,
        histories=problem.histories,
        faults=problem.faults,
        strategies=strategies,
        limits=limits,
        seed=seed,
        verify_por=verify_por,
        repeats=repeats,
    )


class _Campaign:
    """The strategies of one exploration in turn; a local builder."""

    def __init__(
        self, space: Space, judge: Judge, limits: Limits, seed: int, repeats: Repeats
    ) -> None:
        self._space = space
        self._repeats = repeats
        self._judge = judge
        self._limits = limits
        self._seed = seed
        self._coverage: list[Coverage] = []
        self._ending: Ending | None = None
        self._shrunk: tuple[Choice, ...] = ()
        self._schedule: Schedule = ()
        self._broken: Broken | None = None
        self._exhausted = False
        self._dependence = Dependence(space, views=judge.views)
        self._reduction: ReductionChecked | None = None

    def run(
        self, strategies: Callable[[Space, Dependence], Sequence[Strategy]]
    ) -> None:
        """Search until something broke or everything was seen."""
        for strategy in strategies(self._space, self._dependence):
            search = Search(self._space, self._judge, limits=self._limits)
            ending = strategy.explore(search)
            everything = ending.exhausted and search.counts.preemptions is None
            if everything and ending.broken is None:
                search.counts.schedules = count_schedules(search)
                ending = find_starved(search) or ending
            self._coverage.append(
                Coverage.of(self._space, search, strategy=strategy.name, ending=ending)
            )
            if ending.broken is not None:
                self._ending = ending
                if ending.choices is not None and (
                    # Proven to be the shortest, or a circle that must stay closed.
                    ending.least or ending.broken.name == NOT_STARVED
                ):
                    self._shrunk, self._broken = ending.choices, ending.broken
                    return
                shrunk = shrink(
                    self._space,
                    self._judge,
                    ending.choices or (),
                    name=ending.broken.name,
                )
                self._shrunk = shrunk.choices
                self._broken = shrunk.broken or ending.broken
                return
            if everything:
                self._exhausted = True
                return

    def verify_reduction(self) -> None:
        """Try what is taken for independent."""
        checked = check_reduction(self._space, self._dependence, seed=self._seed)
        if checked.broken:
            raise ReductionBroken(checked.broken)
        self._reduction = checked

    def give_sample(self) -> None:
        """Have a few whole executions carried out, the same ones for a seed."""
        random = Random(self._seed)
        for number in range(CONFIRMED_EXECUTIONS):
            state = self._space.initial
            way: list[Choice] = []
            while len(way) < CONFIRMED_STEPS_MAX and (
                choices := self._space.moves(state)
            ):
                way.append(random.choice(choices))
                state = self._space.step(state, way[-1])
            # To look at every call takes time, and one execution will do.
            self._repeats.give(looked_up(self._space, way), watched=number == 0)

    def give_found(self) -> None:
        """Have the counterexample carried out, if there is one."""
        if self._ending is not None:
            found = looked_up(self._space, self._shrunk)
            self._schedule = found.schedule
            self._repeats.give(found)

    def confirmed(self) -> Counterexample | None:
        """Return the counterexample, once everything was carried out."""
        execution = self._repeats.finish()
        if self._ending is None or self._broken is None:
            return None
        return Counterexample(
            broken=self._broken,
            schedule=self._schedule,
            execution=execution,
            found_in_steps=len(self._ending.choices or ()),
            is_least=self._ending.least,
        )

    def result(
        self, counterexample: Counterexample | None, reasons: list[str]
    ) -> Exploration:
        """Return what it all came to."""
        coverage = self._coverage[-1]
        for name, trace in self._judge.crashed_properties.items():
            reasons.append(f"the property {name} raised:\n{trace}")
        if counterexample is not None:
            validity = Validity.INVALID
        else:
            reasons.extend(
                f"the witness {name} was never seen"
                for name in sorted(self._judge.unseen)
            )
            if not self._exhausted:
                reasons.append(f"not everything was seen: {coverage}")
            validity = Validity.UNKNOWN if reasons else Validity.VALID
        return Exploration(
            validity=validity,
            coverage=coverage,
            counterexample=counterexample,
            reasons=tuple(reasons),
            reduction=self._reduction,
            repeated_in=self._repeats.where,
        )
