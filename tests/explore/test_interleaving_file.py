"""Saved interleavings: written, read, refused and carried out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from counter_problems import lost_update

from gameday.bundled import fixtures_folder
from gameday.errors import InvalidInput
from gameday.explore import Exploration, Faults, explore
from gameday.explore.interleaving_file import (
    file_of,
    load_interleaving,
    write_interleaving,
)
from gameday.explore.replay import replay

PROBLEMS = Path(__file__).with_name("counter_problems.py")
REAL = sorted((fixtures_folder() / "interleavings").glob("*.yaml"))


@pytest.fixture(scope="module")
def found() -> Exploration:
    problem = lost_update()
    return explore(
        setup=problem.setup, actors=problem.actors, eventually=problem.eventually
    )


@pytest.fixture
def saved(found: Exploration, tmp_path: Path) -> Path:
    file = tmp_path / "lost.yaml"
    content = file_of(found, target=f"{PROBLEMS}:lost_update", faults=Faults())
    write_interleaving(content, file)
    return file


def edit(file: Path, old: str, new: str) -> int:
    """Replace the first occurrence; return its line."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def refusal(file: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        load_interleaving(file)
    return str(caught.value)


def test_a_file_reads_back_as_it_was_written(found: Exploration, saved: Path):
    loaded = load_interleaving(saved)

    assert found.counterexample is not None
    schedule = tuple(step.step for step in loaded.content.schedule)
    assert schedule == found.counterexample.schedule
    assert loaded.content.says == found.counterexample.broken.message
    # One line a step, for people.
    lines = saved.read_text().splitlines()
    assert lines[-len(schedule)].endswith("# 1")
    assert "read name=hits, value=0" in "\n".join(lines)


def test_a_saved_interleaving_is_reproduced_and_twice_the_same(saved: Path):
    first, second = (replay(load_interleaving(saved)) for _ in range(2))

    assert first.is_reproduced
    assert first.broken is not None
    assert first.broken.name == "all_counted"
    replies = [
        [step.reply and step.reply.body for step in each.execution.steps]
        for each in (first, second)
    ]
    assert replies[0] == replies[1]


def test_a_program_that_was_repaired_differs_at_a_step_that_is_named(saved: Path):
    edit(saved, ":lost_update", ":safe_counter")

    done = replay(load_interleaving(saved))

    assert not done.is_reproduced
    # The first write now has a condition.
    assert done.step is not None
    assert "counter-1 was to call dynamodb.PutItem" in done.difference
    assert "and calls dynamodb.PutItem" in done.difference


def test_a_schedule_that_ends_early_breaks_nothing(saved: Path):
    lines = saved.read_text().splitlines()
    saved.write_text("\n".join(lines[:-1]) + "\n")

    done = replay(load_interleaving(saved))

    assert (
        done.difference == "every step went as it was saved, and all_counted holds now"
    )
    assert done.step is None


def test_an_actor_that_has_ended_has_no_step(saved: Path):
    last = saved.read_text().splitlines()[-1]
    saved.write_text(saved.read_text() + last.replace("# 4", "# 5") + "\n")

    done = replay(load_interleaving(saved))

    assert done.step == 5
    assert "has no step there; nobody can go on" in done.difference


def test_an_unknown_actor_is_refused_with_its_line_and_the_nearest(saved: Path):
    line = edit(saved, "actor: counter-1", "actor: counter-l")

    message = refusal(saved)

    assert f"{saved}:{line}: schedule." in message
    assert "did you mean 'counter-" in message


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("breaks: all_counted", "breaks: all_count", "did you mean 'all_counted'?"),
        ("schedule:", "shedule:", "did you mean 'schedule'?"),
        ("version: 1", "version: 2", "should be less than or equal to 1"),
        (":lost_update", ":lost_updates", "did you mean 'lost_update'?"),
        (":lost_update", ":takes_arguments", "is not a function without arguments"),
        (":lost_update", ":no_problem", "returned int"),
        (".py:lost_update", "x.py:lost_update", "there is no file"),
        ("digest: ", "digest: 0", "should match pattern"),
        ("call: dynamodb.GetItem, ", "", "a call and its digest go together"),
        ("actor: counter-1", "how: time passes, actor: counter-1", "for everybody"),
        ("actor: counter-1", "how: time pases, actor: counter-1", "'time passes'?"),
    ],
)
def test_what_a_hand_has_changed_is_refused_with_its_line(
    saved: Path, old: str, new: str, complaint: str
):
    line = edit(saved, old, new)

    message = refusal(saved)

    assert complaint in message
    assert f"{saved}:{line}: " in message


def test_a_file_about_a_region_knows_its_names(tmp_path: Path):
    file = tmp_path / "region.yaml"
    form = (
        "breaks: {breaks}\nsays: x\n"
        "explored: {{region: reference, design: {design}, safeguards: {switches}}}\n"
        "schedule:\n  - {{actor: {actor}}}\n"
    )

    def told(**given: str) -> str:
        names = {
            "breaks": "never-empty",
            "design": "fenced",
            "switches": "{}",
            "actor": "planner",
        }
        file.write_text(form.format(**{**names, **given}))
        return refusal(file)

    assert f"{file}:1: breaks" in told(breaks="never-emty")
    assert "did you mean 'never-empty'?" in told(breaks="never-emty")
    assert f"{file}:3: explored.design: " in told(design="fence")
    assert "did you mean 'in-batch'?" in told(switches="{freshness: inbatch}")
    assert "did you mean 'enactor-az1'?" in told(actor="enactr-az1")


def test_there_are_real_ones():
    assert {file.stem for file in REAL} >= {
        "reference-as-built-never-empty",
        "reference-as-built-root-is-latest",
    }


@pytest.mark.parametrize("file", REAL, ids=[file.stem for file in REAL])
def test_the_reference_region_still_breaks_as_it_was_found(file: Path):
    done = replay(load_interleaving(file))

    assert done.difference == ""
