"""`gameday explore` and `gameday replay`: exit codes, claims, stories, drawings."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gameday_shell import GAMEDAY, Shell

from gameday.bundled import fixtures_folder

PROBLEMS = Path(__file__).parents[1] / "explore" / "counter_problems.py"
LOST = f"{PROBLEMS}:lost_update"
SAFE = f"{PROBLEMS}:safe_counter"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_what_breaks_is_told_as_a_story_and_drawn_and_saved(
    shell: Shell, tmp_path: Path
):
    done = shell.gameday("explore", LOST, "--out", "kept")

    assert done.returncode == 1, done.stderr
    text = done.stdout
    assert text.startswith("all_counted: BROKEN\n")
    assert re.search(r"3 . counter-[12] +PutItem +put name=hits, value=1", text)
    assert "+" + "-" * 37 + "v" in text
    assert "whatever else breaks: the search ended at the first it found" in text
    (file,) = (tmp_path / "kept").glob("*.yaml")
    assert file.name in text
    replayed = [shell.gameday("replay", file) for _ in range(2)]
    assert [each.returncode for each in replayed] == [0, 0]
    assert replayed[0].stdout == replayed[1].stdout
    assert replayed[0].stdout.endswith(
        "reproduced: all_counted breaks as saved, in 4 steps\n"
    )


def test_what_holds_says_what_was_exhausted(shell: Shell):
    done = shell.gameday("explore", SAFE)

    assert done.returncode == 0, done.stderr
    assert "all_counted: HOLDS in every interleaving" in done.stdout
    assert re.search(r"every interleaving, without a bound; [\d,]+ states", done.stdout)
    # By hand in test_schedules: two that read, write on condition, and try again.
    assert re.search(r"EXHAUSTIVE: \d+ states, 6 schedules, counted", done.stdout)
    assert "more actors, plans, endpoints and faults than these" in done.stdout
    # Progress is for people, and goes where it does not get into the way.
    assert "all_counted: random" in done.stderr


def test_the_reduction_is_verified_when_asked(shell: Shell):
    told = shell.gameday("explore", SAFE, "--verify-por")
    document = json.loads(
        shell.gameday("explore", SAFE, "--verify-por", "--json").stdout
    )

    assert told.returncode == 0, told.stderr
    coverage = document["coverage"]
    assert f"  POR verified on {coverage['por']['pairs']} pairs: both" in told.stdout
    assert coverage["por"]["exhausted"]
    assert coverage["schedules"] == 6
    assert coverage["reduction"] > 0


def test_a_bounded_search_is_unknown_and_says_where_it_ended(shell: Shell):
    done = shell.gameday(
        "explore", SAFE, "--strategy", "bounded", "--preemptions", 0, "--json"
    )

    assert done.returncode == 3, done.stderr
    document = json.loads(done.stdout)
    assert document["exit_code"] == 3
    (stage,) = document["coverage"]["stages"]
    assert stage["exhausted"]
    assert stage["preemptions"] == 0
    left_out = document["coverage"]["not_covered"]
    assert left_out[0] == (
        "interleavings of more than 0 preemptions; the strategy does not go further"
    )


def test_the_same_seed_gives_the_same_document(shell: Shell):
    def document() -> dict[str, object]:
        done = shell.gameday(
            "explore", LOST, "--strategy", "random", "--seed", 7, "--json"
        )
        found = json.loads(done.stdout)
        for stage in found["coverage"]["stages"]:
            del stage["seconds"]
        return found

    assert document() == document()


def test_a_repaired_program_is_told_from_a_broken_one_by_its_step(
    shell: Shell, tmp_path: Path
):
    shell.gameday("explore", LOST, "--out", "kept")
    (file,) = (tmp_path / "kept").glob("*.yaml")
    file.write_text(file.read_text().replace(":lost_update", ":safe_counter"))

    done = shell.gameday("replay", file)

    assert done.returncode == 1
    line = next(
        number
        for number, text in enumerate(file.read_text().splitlines(), start=1)
        if text.endswith("# 3")
    )
    assert f"not reproduced: {file}:{line}: step 3: counter-" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("referense",), "did you mean 'reference'?"),
        (("--property", "never-emty"), "did you mean 'never-empty'?"),
        (("--strategy", "randm"), "did you mean 'random'?"),
        (("--design", "fence"), "did you mean 'fenced'?"),
        (("--safeguard", "freshness=inbatch"), "did you mean 'in-batch'?"),
        (("--safeguard", "freshness"), "write NAME=VALUE"),
        (("nowhere_at_all:function",), "cannot import nowhere_at_all"),
        ((LOST, "--property", "never-empty"), "says itself what must hold"),
        (("--resume", "nothing.campaign"), "there is no file nothing.campaign"),
        (("--resume", "x", "--plans", "2"), "leave out --plans"),
        (("--table", "--property", "never-empty"), "--table says itself"),
        (("--table", "--verify-por"), "leave out --property"),
        (("--crashes", "99"), "is not in the range"),
    ],
)
def test_wrong_input_is_explained_and_nothing_is_searched(
    shell: Shell, arguments: tuple[str, ...], complaint: str
):
    done = shell.gameday("explore", *arguments)

    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ""


def test_the_properties_are_listed_with_their_meaning(shell: Shell):
    done = shell.gameday("explore", "--list-properties")

    assert done.returncode == 0
    assert re.search(
        r"^answers-frozen +L3: with automation off", done.stdout, re.MULTILINE
    )


def test_a_file_that_is_not_an_interleaving_is_refused(shell: Shell, tmp_path: Path):
    (tmp_path / "x.yaml").write_text("breaks: it\nsays: so\nexplored: {regoin: r}\n")

    done = shell.gameday("replay", "x.yaml")

    assert done.returncode == 2
    assert (
        "x.yaml:3: explored.regoin: unknown key 'regoin'; did you mean" in done.stderr
    )


def test_interrupting_ends_in_good_order_and_still_tells_the_claim(shell: Shell):
    process = subprocess.Popen(
        [
            *[sys.executable, *GAMEDAY],
            *("explore", "--design", "fenced", "--budget-s", "120"),
        ],
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("never-empty: "):
            break
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert "never-empty: UNKNOWN" in out
    assert "it was stopped" in out
    assert "kept: reference-fenced.campaign; `gameday explore --resume " in out
    assert (shell.folder / "reference-fenced.campaign").is_file()


def test_somebody_who_watches_sees_how_far_it_is(shell: Shell):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [
            *[sys.executable, *GAMEDAY],
            "explore",
            "--design",
            "fenced",
            "--budget-s",
            "4",
        ],
        cwd=shell.folder,
        env={**shell.environment(), "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    process.communicate(timeout=60)

    assert process.returncode == 3
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"never-empty: [a-z-]+.*[\d,]+ states", text)
    assert re.search(r"[\d,]+ steps/s", text)
    assert re.search(r"\d s left", text)


def test_the_table_says_unknown_where_the_budget_ended(shell: Shell):
    done = shell.gameday(
        "explore", "--table", "--plans", 1, "--enactors", 1, "--budget-s", 0.2
    )

    assert done.returncode in {0, 3}, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split("  ")[-1].strip() == "enactors wedged"
    assert [line.split("  ")[0] for line in lines[1:6]] == [
        "as built",
        "compare-and-swap on the flip",
        "clean-up guard in the delete batch",
        "the same guard when scanning",
        "rollback tolerates a missing target",
    ]
    assert "1 plan, 1 enactor, 1 endpoint" in done.stdout
    assert not re.search(r"yes", "\n".join(lines[1:6]))


def test_the_outage_is_replayed_by_processes_and_written_as_an_experiment(
    shell: Shell, tmp_path: Path
):
    file = fixtures_folder() / "interleavings" / "reference-as-built-never-empty.yaml"

    played = shell.gameday("replay", file, "--on", "moto")
    written = shell.gameday("replay", file, "--as", "experiment")

    assert played.returncode == 0, played.stdout + played.stderr
    assert "reproduced on moto in 45 steps" in played.stdout
    assert "  empty-endpoint: " in played.stdout
    assert written.returncode == 0, written.stderr
    (tmp_path / "outage.yaml").write_text(written.stdout)
    checked = shell.chaos("validate", "outage.yaml")
    assert checked.returncode == 0, checked.stderr


def test_what_a_function_made_cannot_be_stood_up(shell: Shell, tmp_path: Path):
    shell.gameday("explore", LOST, "--out", "kept")
    (file,) = (tmp_path / "kept").glob("*.yaml")

    done = shell.gameday("replay", file, "--on", "moto")

    assert done.returncode == 2
    assert "only a region can be stood up" in done.stderr


def test_a_page_is_written_beside_the_story(shell: Shell, tmp_path: Path):
    shell.gameday("explore", LOST, "--html", "page.html", "--out", "kept")
    (file,) = (tmp_path / "kept").glob("*.yaml")
    shell.gameday("replay", file, "--html", "again.html")

    assert (tmp_path / "page.html").read_text().count("<circle") == 4
    assert (tmp_path / "again.html").read_text().count("<circle") == 4
