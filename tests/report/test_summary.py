from __future__ import annotations

import json

from histories import WORLD, the_race

from gameday.checkers import judge_all
from gameday.model.history import History
from gameday.model.story import tell
from gameday.model.verdict import Judgement, Verdict
from gameday.report.run_counts import count
from gameday.report.summary import SCHEMA, RunSummary, render_summary, versions


def summary() -> RunSummary:
    history = the_race()
    return RunSummary(
        title="Latency in one enactor",
        experiment="enactor-latency-as-built.yaml",
        region="reference",
        design="as-built",
        safeguards={"rollback": "strict"},
        emulator="moto",
        seed=7,
        judgement=Judgement(
            verdict=Verdict.INCONCLUSIVE,
            reasons=("fault 'slow' never fired",),
            findings=judge_all(history, WORLD),
        ),
        declared=("empty-endpoint",),
        story=tell(history, WORLD),
        counts=count(history, WORLD),
        fired={"slow": 0},
        started="2026-11-01T12:00:00+00:00",
        duration_s=21.30049,
        versions=versions(),
    )


def test_verdict_file_is_json_and_says_which_schema_it_is() -> None:
    document = render_summary(summary())
    assert json.loads(json.dumps(document)) == document
    assert document["schema"] == SCHEMA
    assert (document["verdict"], document["exit_code"]) == ("inconclusive", 3)
    assert document["reasons"] == ["fault 'slow' never fired"]
    assert document["duration_s"] == 21.3


def test_findings_and_story_carry_seconds_of_the_run() -> None:
    document = render_summary(summary())
    finding = document["findings"][0]
    assert (finding["hazard"], finding["validity"]) == ("empty-endpoint", "invalid")
    assert finding["at_s"] == 5.1
    assert document["findings"][4]["at_s"] is None
    stale = next(line for line in document["story"] if line["kind"] == "stale")
    assert (stale["at_s"], stale["actor"]) == (4.9, "enactor-az3")


def test_counts_are_those_of_the_race() -> None:
    counts = count(the_race(), WORLD)
    assert (counts.flips, counts.flips_back, counts.refused_flips) == (5, 1, 4)
    assert (counts.empty_answers, counts.faulted, counts.lost_replies) == (7, 4, 0)
    assert counts.ops == len(the_race())
    assert count(History(()), WORLD).ops == 0


def test_run_without_counts_has_none() -> None:
    from dataclasses import replace

    assert render_summary(replace(summary(), counts=None))["counts"] is None


def test_versions_name_what_the_verdict_depends_on() -> None:
    found = versions()
    assert {"gameday", "python", "boto3", "chaostoolkit-lib", "moto"} <= found.keys()
