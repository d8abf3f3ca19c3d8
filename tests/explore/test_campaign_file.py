"""A search that was interrupted goes on as if nobody had interrupted it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import counter_problems
import pytest
from counter_programs import counters, counts_to, increase_safely, setup

from gameday.errors import InvalidInput
from gameday.explore import Exploration, Faults, explore
from gameday.explore.campaign_file import Campaign, load_campaign, write_campaign
from gameday.explore.request import Request
from gameday.explore.search import Limits
from gameday.explore.strategies.shared_frontier import ProgramsChanged, SharedFrontier
from gameday.explore.unfinished import Unfinished
from gameday.explore.worker_processes import WorkerProcesses
from gameday.model.verdict import Validity

PROBLEM = Path(counter_problems.__file__)
FAULTS = Faults(lost_replies=1, expiries=1)


def searched(
    strategy: SharedFrontier,
    *,
    states_max: int = 10**7,
    program: Callable[[], None] = increase_safely,
    faults: Faults | None = None,
) -> Exploration:
    return explore(
        setup=setup,
        actors=counters(program, 4 if faults is None else 2),
        eventually=[counts_to(4)] if faults is None else [],
        faults=faults,
        strategies=lambda _space, _dependence: [strategy],
        limits=Limits(states=states_max),
    )


def request(explored: str = f"{PROBLEM}:safe_counter") -> Request:
    return Request(explored=explored, strategy="exhaustive", preemptions=2, seed=0)


def kept(unfinished: Unfinished | None, file: Path) -> Campaign:
    campaign = Campaign(request=request(), stages=(), unfinished=unfinished)
    write_campaign(campaign, file)
    return load_campaign(file)


def interrupted(states: int, faults: Faults | None = None) -> Unfinished:
    strategy = SharedFrontier()
    found = searched(strategy, states_max=states, faults=faults)
    assert found.validity is Validity.UNKNOWN
    assert strategy.unfinished is not None
    return strategy.unfinished


@pytest.mark.parametrize("faults", [None, FAULTS], ids=["no faults", "faults"])
def test_it_ends_with_the_claim_of_one_that_nobody_interrupted(
    tmp_path: Path, faults: Faults | None
):
    whole = searched(SharedFrontier(), faults=faults)
    first = kept(interrupted(20, faults), tmp_path / "a.campaign")
    again = SharedFrontier(resumed=first.unfinished)
    searched(again, states_max=60, faults=faults)
    second = kept(again.unfinished, tmp_path / "b.campaign")

    ended = searched(
        SharedFrontier(
            resumed=second.unfinished, crew=lambda: WorkerProcesses(2), handover_s=0.0
        ),
        faults=faults,
    )

    assert second.unfinished is not None
    assert second.unfinished.counts.states >= 60
    assert whole.coverage.exhausted
    assert ended == whole


def test_a_program_that_does_something_else_is_not_gone_on_with():
    left = interrupted(50)

    def increase_twice() -> None:
        increase_safely()
        increase_safely()

    def increase_never() -> None:
        """Do nothing."""

    for program in (increase_twice, increase_never):
        with pytest.raises(ProgramsChanged, match="asked the same, they do something"):
            searched(SharedFrontier(resumed=left), program=program)


def test_code_that_has_changed_since_is_named(tmp_path: Path):
    program = tmp_path / "mine.py"
    program.write_text(PROBLEM.read_text())
    explored = f"{program}:safe_counter"
    file = tmp_path / "kept.campaign"
    request(explored).problem()
    write_campaign(
        Campaign(request=request(explored), stages=(), unfinished=None), file
    )
    assert load_campaign(file).request == request(explored)

    program.write_text(PROBLEM.read_text() + "\n# another\n")

    with pytest.raises(InvalidInput, match=r"the code has changed since: .*mine\.py"):
        load_campaign(file)


def test_what_something_else_has_written_into_is_refused_or_read_as_it_was(
    tmp_path: Path,
):
    file = tmp_path / "kept.campaign"
    before = kept(interrupted(50), file)
    whole = file.read_bytes()
    refused = 0

    for place in range(40, len(whole) - 6, 97):
        file.write_bytes(whole[:place] + b"broken" + whole[place + 6 :])
        try:
            assert load_campaign(file) == before
        except InvalidInput:
            refused += 1

    assert refused > 20


def test_a_file_that_is_no_campaign_is_refused(tmp_path: Path):
    (tmp_path / "text").write_text("not a campaign")
    with zipfile.ZipFile(tmp_path / "empty", "w"):
        pass
    with zipfile.ZipFile(tmp_path / "later", "w") as archive:
        archive.writestr("campaign.json", '{"form": 99, "byte_order": "little"}')

    for name, complaint in (
        ("missing", "there is no file"),
        ("text", "is no campaign"),
        ("empty", "is no campaign"),
        ("later", "was written by another gameday"),
    ):
        with pytest.raises(InvalidInput, match=complaint):
            load_campaign(tmp_path / name)
