"""What does a test say of the interleavings that it searched or carried out?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.explore.campaign import explore_problem
from gameday.explore.interleaving_file import (
    file_of,
    load_interleaving,
    write_interleaving,
)
from gameday.explore.problem import Problem
from gameday.explore.replay import replay
from gameday.explore.search import Limits
from gameday.explore.strategy_names import (
    DEFAULT_STRATEGY,
    PREEMPTIONS,
    strategies_named,
)
from gameday.explore.watching import Watch
from gameday.model.verdict import Validity
from gameday.report.exploration import (
    counterexample_lines,
    exploration_lines,
)
from gameday.report.replay import replay_lines

if TYPE_CHECKING:
    from pathlib import Path

    from gameday.explore.exploration import Exploration

__all__ = ["attachment", "check_problem", "replay_file"]

WIDTH = 100


def check_problem(
    problem: object,
    *,
    target: str,
    folder: Path,
    budget_s: float,
    seed: int,
) -> str:
    """Search a problem; return "" when it holds in every interleaving, else why not.

    Args:
        problem: what a marked function returned.
        target: `file.py:function` that makes it again, "" when nothing does; then
            what is found cannot be saved.
        folder: where an interleaving that breaks is saved.
        budget_s: seconds.
        seed: of whatever is drawn.
    """
    if not isinstance(problem, Problem):
        return (
            f"a test with the mark gameday_explore returned {type(problem).__name__}; "
            "it must return a gameday.explore.Problem"
        )
    watch = Watch(budget_s=budget_s)
    found = explore_problem(
        problem,
        strategies=watch.watching(
            strategies_named(DEFAULT_STRATEGY, preemptions=PREEMPTIONS, seed=seed)
        ),
        limits=Limits(seconds=budget_s),
        seed=seed,
    )
    if found.validity is Validity.VALID:
        return ""
    lines = exploration_lines(found, watch, properties=problem.must_hold, width=WIDTH)
    if found.counterexample is not None and target:
        file = folder / f"{found.counterexample.broken.name}.yaml"
        content = file_of(found, target=target, faults=problem.faults, seed=seed)
        write_interleaving(content, file)
        lines += ["", f"saved: {file}; `pytest --gameday-replay {file}` runs it alone"]
    return "\n".join(lines)


def attachment(found: Exploration) -> str:
    """Return the counterexample of an exploration as text."""
    assert found.counterexample is not None  # noqa: S101 - only those are noted
    return "\n".join(counterexample_lines(found.counterexample, width=WIDTH))


def replay_file(file: Path) -> tuple[str, bool]:
    """Carry a saved interleaving out.

    Returns the story when it still breaks, "" when it holds now; and whether the
    programs still fit it, else the text says where they do not.
    """
    saved = load_interleaving(file)
    done = replay(saved)
    text = "\n".join(replay_lines(saved, done, width=WIDTH))
    if done.step is not None:
        return text.splitlines()[-2], False
    return (text if done.broken is not None else ""), True
