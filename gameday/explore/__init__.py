"""In which order of AWS calls does a control plane break, and does it in none?

The explorer runs unmodified boto3 programs, takes control of the order of their AWS
calls, and searches the orders. It is a search over look-ups: each distinct (actor,
answers so far) and each distinct (call, values it depends on) runs for real once.

Where things are, in the order in which data flows:

    actor               an actor and its scheduling points; actor_run is one run of it
    switching           how control passes to a program and back (greenlet, thread)
    surroundings        its time, chance and process id
    aws_call            which call an attempt is, and which ones are the same
    footprint           what a call reads and writes
    projection          what the answer to a call depends on
    world               AWS in every state: (call, state) -> (reply, next state)
    actor_memory        the actors in every state: (history, answer) -> next point
    waiting             whether waking a sleeper makes a difference
    space               all of it together: states, possible steps, faults
    interleaving        steps, schedules and fault budgets as values
    resting             where a program that takes turns remembers nothing else
    dependence          which steps' order may show; reduction_check tries it
    properties          what must hold; region_properties has the incident's of
                        records, plan_properties of plans, lock_properties of locks
    judge               a step against the properties
    search              what strategies share; strategies/ has one a module
    sharing             which of them workers share, and how: places are the moves of
                        actors, expanding looks them up, frontier has the states, crew
                        says who does it, worker_processes are some on this machine,
                        cluster are those of Dask
    shrink              a shorter execution that breaks the same
    execution           the faithful path: a schedule carried out for real
    equivalence         look-ups against the faithful path; fresh_process does it in a
                        process that knows nothing of the search
    starvation          who is kept from ending for ever
    coverage            what was exhausted, and what was not
    schedules           how many executions that stands for
    setting_up          what exists before the actors, the same every time
    story               an execution as a numbered list of calls
    campaign            `explore`: all of it together; exploration is what it returns
    region_actors       a region's own programs as actors
    stranger_actors     those of somebody else, as command_program runs a command
    freezing            how an operator turns automation off and knows it is at rest
    problem             what there is to explore; region_problem makes it of a region,
                        region_property_names has the names of what must hold
    own_properties      what must hold in a region by its own file
    strategy_names      which strategies can be named
    request             what was asked for, as a value
    campaign_file       an interrupted search as a file: unfinished is what is left,
                        questions what to ask again, sources which code it was
    watching            how far a search is, and how it is told to stop
    meaning             what a call read or changed; space_time draws it
    interleaving_file   a counterexample as a file; interleaving_form is its form
    replay              a file carried out again
    variant_table       five variants by three hazards
    noting              what explorations in tests found

Rules: `space` and what is below it decide no order; a strategy knows nothing of AWS;
whatever a search claims was confirmed by `equivalence`, or is not claimed.

In the layers below: `aws.attempts` is where botocore's attempts are taken, `aws.recall`
lets a program be run again without repeating its calls, and `emulators.in_process` is
the corrected emulator whose contents can be read and put back.
"""

import sys
from types import ModuleType
from typing import Any

from gameday.explore.actor import Actor, HiddenNondeterminism
from gameday.explore.campaign import explore
from gameday.explore.exploration import Counterexample, Exploration
from gameday.explore.interleaving import Faults, Schedule, Step, StepKind
from gameday.explore.noting import explore_and_note
from gameday.explore.problem import Problem
from gameday.explore.properties import HistoryProperty, Made, Moment, Property
from gameday.explore.search import Limits
from gameday.explore.story import render_story

__all__ = [
    "Actor",
    "Counterexample",
    "Exploration",
    "Faults",
    "HiddenNondeterminism",
    "HistoryProperty",
    "Limits",
    "Made",
    "Moment",
    "Problem",
    "Property",
    "Schedule",
    "Step",
    "StepKind",
    "explore",
    "render_story",
]


class _CallablePackage(ModuleType):
    """Lets `gameday.explore(...)` explore although it is also this package."""

    def __call__(self, **given: Any) -> Exploration:
        """Explore, see `campaign.explore`."""
        return explore_and_note(**given)


sys.modules[__name__].__class__ = _CallablePackage
