"""The record beside a run, at 80 and 120 columns, in a log, and as JSON."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from gameday.bundled import fixtures_folder
from gameday.model.beside_the_record import EventBeside
from gameday.region.topology import load_region
from gameday.report.beside import render_beside
from gameday.report.terminal import Terminal

EVENTS = load_region(fixtures_folder() / "regions" / "day.yaml").recorded_events()
ROWS = tuple(
    EventBeside(event=event, run_minute=None if place % 3 else event.minute * 1.1)
    for place, event in enumerate(EVENTS)
)


def shown(*, plain: bool, width: int = 80) -> str:
    out = io.StringIO()
    Terminal(out, plain=plain, width=width).record(ROWS, scale=60)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_every_event_is_shown_and_nothing_is_wider_than_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TERM", "xterm-256color")

    text = Text.from_ansi(shown(plain=False, width=width)).plain

    assert max(len(line) for line in text.splitlines()) <= width
    assert "leases are held on all droplets" in text
    assert len(text.splitlines()) >= len(EVENTS)


def test_a_log_has_one_line_an_event():
    lines = shown(plain=True).splitlines()

    assert all(line.isascii() for line in lines)
    assert len(lines) == len(EVENTS) + 2
    assert "       0        0  the endpoint's record is empty (PES, TALK)" in lines
    assert any(line.endswith("(PES, inferred)") for line in lines)


def test_the_title_counts_what_was_seen_of_what_was_looked_for():
    looked_for = [row for row in ROWS if row.event.sign != "nothing"]
    seen = sum(row.run_minute is not None for row in looked_for)

    title = shown(plain=True).splitlines()[0]

    assert f"time 60-fold; {seen} of {len(looked_for)} events seen" in title


def test_a_region_without_a_record_shows_nothing():
    out = io.StringIO()

    Terminal(out, plain=True).record((), scale=60)

    assert out.getvalue() == ""


def test_json_has_both_minutes_and_who_says_so():
    (lost,) = (each for each in render_beside(ROWS) if each["event"] == "dns-lost")

    assert lost == {
        "event": "dns-lost",
        "record_min": 0,
        "run_min": 0,
        "what": "the endpoint's record is empty",
        "sign": "endpoint-empty",
        "of": "",
        "source": "PES, TALK",
        "evidence": "stated",
    }
