"""How is an interleaving written down, so that it can be read and carried out again?

A small YAML file: what was explored, which property breaks and how, what was claimed
then, and the schedule, one line a step: who, which call, its digest, and what it
read or changed in short. The digest stands for the whole request, so that a program
that asks for something else is found at its step; `means` is for readers.

Files are held to this form strictly: whatever a hand has changed into something else
is `InvalidInput` with its line and the nearest valid name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import yaml

from gameday.documents import load_document, validate
from gameday.errors import InvalidInput
from gameday.explore.interleaving import Faults, StepKind
from gameday.explore.interleaving_form import (
    InterleavingFile,
    SavedFaults,
    SavedStep,
    SavedTarget,
)
from gameday.explore.judge import ALWAYS_JUDGED
from gameday.explore.meaning import narrated
from gameday.explore.problem import problem_of
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from pathlib import Path

    from gameday.documents import Document
    from gameday.explore.exploration import Exploration
    from gameday.explore.problem import Problem
    from gameday.explore.region_actors import RegionUnderSearch

__all__ = [
    "Loaded",
    "file_of",
    "load_interleaving",
    "write_interleaving",
]

_WIDTH = 88
_HEAD = """\
# An interleaving that breaks {breaks}, in {count} steps.
# `gameday replay {name}` carries it out again and says whether it still does.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An interleaving as it was read.

    Attributes:
        file: where from.
        content: what it says.
        problem: what it is an interleaving of.
        document: knows the lines.
    """

    file: Path
    content: InterleavingFile
    problem: Problem
    document: Document

    def under_search(self) -> RegionUnderSearch:
        """Return the region that was explored; InvalidInput when it was none."""
        if self.content.explored.region is None:
            message = "this was made of a function, and only a region can be stood up"
            raise InvalidInput(self.document.reason(("explored",), message))
        return _target_of(self.content).under_search(near=self.file.parent)

    def place(self, step: int) -> str:
        """Return "file:line" of a step, counted from 1."""
        line = self.document.line_of(("schedule", step - 1))
        return f"{self.file}:{line}"


def file_of(
    found: Exploration, *, target: RegionTarget | str, faults: Faults, seed: int = 0
) -> InterleavingFile:
    """Return the counterexample of an exploration as it is written down.

    Args:
        found: has a counterexample.
        target: the region, or the `module:function` that makes the problem.
        faults: what could go wrong.
        seed: of the search.
    """
    counterexample = found.counterexample
    assert counterexample is not None  # noqa: S101 - the caller looked
    explored = (
        SavedTarget(problem=target)
        if isinstance(target, str)
        else SavedTarget(
            region=target.region,
            design=target.design,
            safeguards=dict(target.safeguards),
            settings=dict(target.settings),
            plans=target.plans,
            enactors=target.enactors,
            endpoints=target.endpoints,
            seed=target.seed,
        )
    )
    more = {
        "faults": SavedFaults(**asdict(faults)),
        "patience": found.coverage.patience,
    }
    return InterleavingFile(
        breaks=counterexample.broken.name,
        says=counterexample.broken.message,
        explored=explored.model_copy(update=more),
        strategy=found.coverage.strategy,
        seed=seed,
        claim=str(found.coverage),
        schedule=tuple(
            SavedStep(
                actor=done.step.actor,
                call=f"{done.call.service}.{done.call.operation}"
                if done.call
                else None,
                digest=done.call.digest if done.call else None,
                how=done.step.kind,
                means=means,
            )
            for done, means in zip(
                counterexample.execution.steps,
                narrated(counterexample.execution),
                strict=True,
            )
        ),
    )


def write_interleaving(content: InterleavingFile, file: Path) -> None:
    """Write a file; an older one of the name is replaced."""
    rest = content.model_dump(mode="json", exclude={"schedule", "version"})
    explored = content.explored
    rest["explored"] = {
        # What a reader asks first is written even where it is the default.
        **({} if explored.problem else {"region": "", "design": explored.design}),
        **explored.model_dump(mode="json", exclude_defaults=True),
    }
    text = _HEAD.format(
        breaks=content.breaks, count=len(content.schedule), name=file.name
    )
    text += _yaml({"version": content.version, **rest}, width=_WIDTH)
    text += "schedule:\n" if content.schedule else "schedule: []\n"
    for number, step in enumerate(content.schedule, start=1):
        line = _yaml(
            step.model_dump(mode="json", exclude_defaults=True), default_flow_style=True
        )
        text += f"  - {line.strip()}  # {number}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def load_interleaving(file: Path) -> Loaded:
    """Read a file and make what it is an interleaving of.

    Raises InvalidInput with every mistake, its line and the nearest valid name.
    """
    document = load_document(file)
    content = validate(document, InterleavingFile)
    problem = _problem(document, content, near=file.parent)
    reasons = [
        document.reason(("schedule", place, key), message)
        for place, step in enumerate(content.schedule)
        for key, message in _strange(step, problem)
    ]
    if reasons:
        raise InvalidInput(*reasons)
    return Loaded(file=file, content=content, problem=problem, document=document)


def _yaml(value: Any, *, width: int = 10**6, **style: Any) -> str:
    text: str = yaml.safe_dump(
        value, sort_keys=False, width=width, allow_unicode=True, **style
    )
    return text


def _problem(document: Document, content: InterleavingFile, *, near: Path) -> Problem:
    explored = content.explored
    if (explored.problem is None) == (explored.region is None):
        raise InvalidInput(
            document.reason(("explored",), "give either a region or a problem")
        )
    try:
        if explored.problem is not None:
            problem = problem_of(explored.problem, near=near)
        else:
            problem = _of_region(content, near=near)
    except InvalidInput as error:
        raise InvalidInput(
            *(
                each
                if each.file
                else document.reason(_key_of(each.message, explored), each.message)
                for each in error.reasons
            )
        ) from error
    known = (*problem.must_hold, *ALWAYS_JUDGED)
    if content.breaks not in known:
        message = unknown_name("property", content.breaks, known)
        raise InvalidInput(document.reason(("breaks",), message))
    return problem


def _key_of(message: str, explored: SavedTarget) -> tuple[str, ...]:
    """Return where a complaint about a target belongs in the file."""
    if explored.problem is not None:
        return ("explored", "problem")
    for told, path in (
        ("unknown property", ("breaks",)),
        ("unknown design", ("explored", "design")),
        ("unknown region", ("explored", "region")),
        ("safeguard", ("explored", "safeguards")),
        ("unknown value of", ("explored", "safeguards")),
    ):
        if told in message:
            return path
    return ("explored",)


def _of_region(content: InterleavingFile, *, near: Path) -> Problem:
    target = _target_of(content)
    faults = Faults(**content.explored.faults.model_dump())
    properties = () if content.breaks in ALWAYS_JUDGED else (content.breaks,)
    return region_problem(target, properties=properties, faults=faults, near=near)


def _target_of(content: InterleavingFile) -> RegionTarget:
    explored = content.explored
    assert explored.region is not None  # noqa: S101 - the caller looked
    return RegionTarget(
        region=explored.region,
        design=explored.design,
        safeguards=explored.safeguards,
        settings=explored.settings,
        plans=explored.plans,
        enactors=explored.enactors,
        endpoints=explored.endpoints,
        seed=explored.seed,
    )


def _strange(step: SavedStep, problem: Problem) -> list[tuple[str, str]]:
    """Return what is wrong with a step whatever the programs do, with its key."""
    names = [actor.name for actor in problem.actors]
    if step.how is StepKind.TIME_PASSES:
        if step.actor:
            return [("actor", "time passes for everybody; leave the actor out")]
        return []
    found = []
    if step.actor not in names:
        found.append(("actor", unknown_name("actor", step.actor, names)))
    if (step.call is None) != (step.digest is None):
        found.append(("call", "a call and its digest go together"))
    return found
