"""What a run looks like at 80 and 120 columns, and in a log."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from histories import WORLD, the_race

from gameday.checkers import judge_all
from gameday.model.story import tell
from gameday.model.verdict import Judgement, Verdict
from gameday.report.run_counts import count
from gameday.report.summary import RunSummary
from gameday.report.terminal import Terminal, open_terminal

DECLARED = ("empty-endpoint", "wedged-enactors")


def run(design: str) -> RunSummary:
    history = the_race(design)
    declared = DECLARED if design == "as-built" else ()
    return RunSummary(
        title=f"Latency in one enactor, {design}",
        experiment="enactor-latency.yaml",
        region="reference",
        design=design,
        safeguards={},
        emulator="moto",
        seed=7,
        judgement=Judgement(
            verdict=Verdict.PASSED,
            reasons=tuple(f"reason number {n}" for n in range(7)),
            findings=judge_all(history, WORLD),
        ),
        declared=declared,
        story=tell(history, WORLD),
        counts=count(history, WORLD),
        duration_s=21.3,
    )


def shown(*, plain: bool, width: int = 80) -> str:
    out = io.StringIO()
    terminal = Terminal(out, plain=plain, width=width)
    runs = [run("as-built"), run("fenced")]
    terminal.heading("a pair")
    with terminal.working("starting") as say:
        say("started")
    terminal.line(runs[0].story[0])
    for each in runs:
        terminal.story(each.story)
        terminal.verdict(
            each.judgement,
            title=each.title,
            declared=each.declared,
            facts={"seed": "7", "folder": "/runs/a-very-long-name" * 5},
        )
    terminal.comparison(runs)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_wider_than_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    text = _without_escapes(shown(plain=False, width=width))
    assert max(len(line) for line in text.splitlines()) <= width
    assert "deviated as declared" in text
    assert "showed, as declared" in text
    assert "and 2 more in verdict.json" in text


def test_log_has_neither_colour_nor_frames_nor_wrapping() -> None:
    text = shown(plain=True)
    assert text.isascii()
    assert "\x1b" not in text
    lines = text.splitlines()
    (stale,) = [line for line in lines if " back from plan 145" in line]
    assert stale.startswith("   4.9 s ! enactor-az3    flips the root of ")
    assert stale.endswith("picked up 3.8 s earlier")
    assert (
        "Latency in one enactor, as-built: passed, deviated as declared (exit 0)"
        in lines
    )
    assert "  empty-endpoint: showed, as declared" in text


def test_stream_that_is_no_terminal_is_plain() -> None:
    assert open_terminal(io.StringIO()).plain


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("NO_COLOR", "1", True),
        ("NO_COLOR", "", False),
        ("TERM", "dumb", True),
        ("TERM", "xterm", False),
    ],
)
def test_terminal_is_plain_when_its_environment_says_so(
    name: str, value: str, *, plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    assert open_terminal(Tty()).plain is plain


def test_comparison_leaves_out_what_is_nought_on_both_sides() -> None:
    text = shown(plain=True)
    assert "flips of a root          5" in text
    assert "reply lost" not in text
    assert "leases lapsed" not in text
    assert "unsafe-plan-applied  " not in text.rpartition("verdict ")[2]


def test_one_run_has_nothing_to_be_compared_with() -> None:
    out = io.StringIO()
    Terminal(out, plain=True).comparison([run("fenced")])
    assert out.getvalue() == ""


def test_run_without_a_history_is_compared_by_question_marks() -> None:
    out = io.StringIO()
    runs = [run("fenced"), replace(run("as-built"), counts=None)]
    Terminal(out, plain=True).comparison(runs)
    assert "flips of a root" in out.getvalue()
    assert "?" in out.getvalue()


def _without_escapes(text: str) -> str:
    from rich.text import Text

    return Text.from_ansi(text).plain
