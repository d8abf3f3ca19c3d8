from __future__ import annotations

from gameday.model.story_line import StoryKind, StoryLine
from gameday.model.verdict import Finding, Judgement, Validity, Verdict
from gameday.report.summary import RunSummary
from gameday.report.tally import plain_tally, tally


def summary(
    verdict: Verdict, validity: Validity, *, lost_s: float | None = None, took_s: float
) -> RunSummary:
    finding = Finding(
        hazard="empty-endpoint",
        validity=validity,
        summary="",
        at_ns=None if lost_s is None else round((lost_s + 2) * 1e9),
    )
    begins = StoryLine(at_ns=2_000_000_000, actor="a", text="", kind=StoryKind.NOTE)
    return RunSummary(
        title="The race",
        experiment="race.yaml",
        region="reference",
        design="as-built",
        safeguards={},
        emulator="moto",
        seed=1,
        judgement=Judgement(verdict=verdict, reasons=(), findings=(finding,)),
        story=(begins,),
        duration_s=took_s,
    )


def test_runs_are_counted_by_what_became_of_the_endpoint():
    runs = [
        summary(Verdict.PASSED, Validity.INVALID, lost_s=4, took_s=10),
        summary(Verdict.PASSED, Validity.INVALID, lost_s=6, took_s=12),
        summary(Verdict.DEVIATED, Validity.VALID, took_s=20),
        summary(Verdict.ERROR, Validity.UNKNOWN, took_s=1),
    ]

    (entry,) = tally(runs)

    assert (entry["runs"], entry["lost"], entry["kept"]) == (4, 2, 1)
    assert entry["verdicts"] == {"passed": 2, "deviated": 1, "error": 1}
    assert entry["median"]["lost_after_s"] == 5.0
    assert entry["median"]["duration_s"] == 11.0
    assert entry["median"]["flips"] is None, "no history, no figure"
    assert plain_tally(runs) == [
        "The race (design as-built)",
        "  endpoint lost in 2 of 4 runs, kept in 1",
        "  verdicts: 2 passed, 1 deviated, 1 error",
        "  medians: lost_after_s 5 s, duration_s 11 s",
    ]
