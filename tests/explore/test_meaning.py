"""What steps mean, and how they are drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from counter_programs import counters, increase_blindly
from counter_programs import setup as provision

from gameday.aws.attempts import answered_here
from gameday.bundled import fixtures_folder
from gameday.emulators.in_process import InProcessEmulator
from gameday.explore import Faults, Step, StepKind
from gameday.explore.execution import Execution, execute
from gameday.explore.interleaving_file import load_interleaving
from gameday.explore.meaning import narrated
from gameday.explore.replay import replay
from gameday.explore.setting_up import set_up
from gameday.explore.space_time import draw
from gameday.explore.surrounding import surrounded
from gameday.report.interleaving_page import interleaving_page

FILE = fixtures_folder() / "interleavings" / "reference-as-built-never-empty.yaml"


@pytest.fixture(scope="module")
def outage() -> Execution:
    return replay(load_interleaving(FILE)).execution


def test_the_decisive_steps_of_the_outage_say_what_makes_them_so(outage: Execution):
    said = narrated(outage)

    assert said[0] == "plans: nothing"
    assert said[1] == "publish plan 1"
    (back,) = [text for text in said if "BACK" in text]
    read = next(n for n, text in enumerate(said, start=1) if f"step {n})" in back)
    assert said[read - 1].startswith("newest is plan ")
    # Who flips it back is who read the plan so long ago.
    actors = [done.step.actor for done in outage.steps]
    assert actors[read - 1] == actors[said.index(back)]
    assert said[-1].endswith("which is LIVE")
    assert said.index(back) < len(said) - 1


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_drawing_keeps_to_its_width_and_loses_nothing(outage: Execution, width: int):
    lines = draw(outage, width=width, broken="it is empty")

    assert max(len(line) for line in lines) <= width
    assert lines[-1] == "  ! it is empty"
    numbers = [line[:3].strip() for line in lines]
    steps = [int(number) for number in numbers if number.isdigit()]
    assert steps == list(range(1, len(outage.steps) + 1))
    drawn = " ".join(" ".join(line[4:].replace("|", " ").split()) for line in lines)
    assert "LIVE" in drawn


def test_many_actors_make_a_drawing_wider_and_not_unreadable(outage: Execution):
    lines = draw(outage, width=20)

    assert "publish" in " ".join(lines)
    assert max(len(line) for line in lines) <= 4 + 13 * 3


def test_faults_are_said(counting: Execution):
    assert narrated(counting) == (
        "read name=hits, value=0",
        "every lock and lease expires",
        "put name=hits, value=1, REPLY LOST",
        "CRASHES",
    )
    drawn = "\n".join(draw(counting, width=80))
    assert "~ every lock and lease expires ~" in drawn


@pytest.fixture
def counting() -> Execution:
    actors = counters(increase_blindly, 2)
    schedule = (
        Step(actor="counter-1"),
        Step(actor="", kind=StepKind.TIME_PASSES),
        Step(actor="counter-1", kind=StepKind.LOSE_REPLY),
        Step(actor="counter-2", kind=StepKind.CRASH),
    )
    emulator = InProcessEmulator()
    with answered_here(), surrounded():
        set_up(provision, emulator)
        return execute(actors, schedule, emulator, faults=Faults())


def test_a_page_draws_every_step_and_loads_nothing(outage: Execution):
    page = interleaving_page(outage, title="<it>", broken="it is empty")

    root = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314 - ours
    circles = root.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == len(outage.steps)
    assert "&lt;it&gt;" in page
    assert "which is LIVE" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert page == interleaving_page(outage, title="<it>", broken="it is empty")
