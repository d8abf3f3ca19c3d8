from __future__ import annotations

import io
import json
import re

import pytest

from gameday.emulators.cases.suite import SUITE
from gameday.emulators.contract_case import QUICK
from gameday.emulators.examination import CaseResult, Examination
from gameday.report.doctor import examination_document, show_examination
from gameday.report.terminal import Terminal

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def examination(**seen: tuple[str, str]) -> Examination:
    """Every case of the suite, kept but for those given as (bare, edge)."""
    by_name = {name.replace("_", "-"): both for name, both in seen.items()}
    return Examination(
        emulator="moto",
        effort=QUICK,
        results=tuple(
            CaseResult(
                case=case,
                bare=by_name.get(case.name, ("", ""))[0],
                edge=by_name.get(case.name, ("", ""))[1],
            )
            for case in SUITE
        ),
        duration_s=12.34,
    )


def shown(
    found: Examination, *, plain: bool, width: int = 80, verbose: bool = False
) -> list[str]:
    stream = io.StringIO()
    terminal = Terminal(stream, plain=plain, width=width)
    show_examination(terminal, found, verbose=verbose)
    return stream.getvalue().splitlines()


def test_a_log_has_one_line_a_case_and_the_conclusion_last():
    lines = shown(
        examination(stale_swap=("8 of 8 won", ""), request_rate=("none", "none")),
        plain=True,
    )

    (line,) = (line for line in lines if line.startswith("stale-swap "))
    assert line.split()[:3] == ["stale-swap", "GAP", "ok"]
    assert line.endswith("is refused (log in kubernetes-sigs/external-dns#732)")
    assert lines[-1] == "Behind the edge everything holds that a verdict relies on."
    assert "bare 2 gaps, 1 of them relied on; behind the edge 1 gap, 0" in lines[-2]


def test_only_what_was_seen_behind_the_edge_is_told_unless_asked():
    found = examination(swap=("refused bare", ""), request_rate=("", "no limit"))

    told = "\n".join(shown(found, plain=True))
    assert "gap request-rate: no limit" in told
    assert "refused bare" not in told
    assert "GAP swap: refused bare" in "\n".join(shown(found, plain=True, verbose=True))


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_keeps_to_its_width_and_leaves_nothing_out(width: int):
    found = examination(swap=("[red]x", "[red]x"))
    lines = [_STYLE.sub("", line) for line in shown(found, plain=False, width=width)]
    text = " ".join(" ".join(lines).split())

    assert max(map(len, lines)) <= width
    for case in SUITE:
        assert case.name in text
    assert "[red]x" in text
    assert "worth nothing (exit 1)" in text


def test_the_document_says_all_of_it_in_json_values():
    found = examination(stale_swap=("8 of 8 won", "2 of 8 won"))
    document = json.loads(json.dumps(examination_document(found)))

    assert document["trustworthy"] is False
    assert document["exit_code"] == 1
    assert document["counts"] == {"cases": len(SUITE), "bare_gaps": 1, "edge_gaps": 1}
    case = next(each for each in document["cases"] if each["name"] == "stale-swap")
    assert case["relied_on"] is True
    assert case["source"]
    assert case["bare"] == {"kept": False, "seen": "8 of 8 won"}
    assert case["edge"] == {"kept": False, "seen": "2 of 8 won"}


def test_a_gap_that_no_verdict_relies_on_costs_no_trust():
    assert examination(request_rate=("x", "x")).is_trustworthy
    assert not examination(swap=("", "x")).is_trustworthy
    assert examination(swap=("x", "")).is_trustworthy
