"""One verdict from a journal, the findings and the fault counts."""

from __future__ import annotations

from typing import Any

import pytest

from gameday.chaos.verdicts import Claim, judge
from gameday.model.verdict import Finding, Judgement, Validity, Verdict

EMPTY = "empty-endpoint"
WEDGED = "wedged-enactors"
PASSES = Claim(checks=(EMPTY,))
DEVIATES = Claim(because=(EMPTY,))


def finding(hazard: str, validity: Validity, summary: str = "") -> Finding:
    return Finding(
        hazard=hazard, validity=validity, summary=summary or f"{hazard} {validity}"
    )


KEPT = finding(EMPTY, Validity.VALID, "always had an address")
LOST = finding(EMPTY, Validity.INVALID, "no address from 5.1 s")
UNTOLD = finding(EMPTY, Validity.UNKNOWN, "never seen with an address")


def state(*, met: bool) -> dict[str, Any]:
    probe = {
        "activity": {"name": "resolves", "type": "probe", "tolerance": True},
        "status": "succeeded",
        "output": met,
        "tolerance_met": met,
    }
    return {"steady_state_met": met, "probes": [probe]}


def journal(
    *,
    before: bool = True,
    after: bool = True,
    during: tuple[bool, ...] = (),
    failed: bool = False,
    rollback_failed: bool = False,
    **more: Any,
) -> dict[str, Any]:
    def run(name: str, *, failing: bool) -> dict[str, Any]:
        return {
            "activity": {"name": name, "type": "action"},
            "status": "failed" if failing else "succeeded",
            "exception": ["chaoslib.exceptions.ActivityFailed: edge is gone\n"],
        }

    return {
        "status": "completed",
        "deviated": not after,
        "experiment": {
            "steady-state-hypothesis": {"probes": [{}]},
            "method": [{}],
            "rollbacks": [{}],
        },
        "steady_states": {
            "before": state(met=before),
            "during": [state(met=met) for met in during],
            "after": state(met=after) if before else None,
        },
        "run": [run("inject latency", failing=failed)] if before else [],
        "rollbacks": [run("clear", failing=rollback_failed)],
        **more,
    }


def judged(
    of: dict[str, Any] | None = None,
    *,
    claim: Claim = PASSES,
    findings: tuple[Finding, ...] = (KEPT,),
    **more: Any,
) -> Judgement:
    more.setdefault("fired", {"slow-enactor": 27})
    return judge(
        journal() if of is None else of, claim=claim, findings=findings, **more
    )


def test_run_that_held_passes_and_says_what_held() -> None:
    judgement = judged(journal(during=(True, True)))
    assert judgement.verdict is Verdict.PASSED
    assert judgement.reasons == (
        (
            "the hypothesis held before, during (2 samples) and after the method; "
            "empty-endpoint did not show; 1 fault fired 27 times in all"
        ),
    )
    assert judgement.findings == (KEPT,)


@pytest.mark.parametrize(
    ("given", "verdict", "decisive"),
    [
        ({"of": journal(after=False)}, Verdict.DEVIATED, "did not hold after"),
        (
            {"of": journal(during=(False, True))},
            Verdict.DEVIATED,
            "recovered by the end",
        ),
        ({"findings": (LOST,)}, Verdict.DEVIATED, "empty-endpoint: no address"),
        ({"of": journal(before=False)}, Verdict.INCONCLUSIVE, "baseline was not met"),
        (
            {"of": journal(failed=True)},
            Verdict.INCONCLUSIVE,
            "action 'inject latency' of the method failed: edge is gone",
        ),
        (
            {"fired": {"slow-enactor": 0}},
            Verdict.INCONCLUSIVE,
            "fault 'slow-enactor' never fired",
        ),
        ({"fired": None}, Verdict.INCONCLUSIVE, "nobody counted"),
        (
            {"of": journal(rollback_failed=True)},
            Verdict.INCONCLUSIVE,
            "rollback 'clear' failed: edge is gone",
        ),
        ({"of": journal(rollbacks=[])}, Verdict.INCONCLUSIVE, "no rollback was played"),
        ({"findings": (UNTOLD,)}, Verdict.INCONCLUSIVE, "could not be judged"),
        ({"findings": ()}, Verdict.INCONCLUSIVE, "empty-endpoint was not checked"),
        ({"drift": ("zone Z1",)}, Verdict.INCONCLUSIVE, "drifted"),
        ({"of": journal(status="aborted")}, Verdict.INCONCLUSIVE, "aborted"),
        ({"of": journal(status="interrupted")}, Verdict.INTERRUPTED, "interrupted by"),
        ({"interrupted_by": "SIGTERM"}, Verdict.INTERRUPTED, "by SIGTERM"),
        ({"of": {}}, Verdict.ERROR, "left no journal"),
        ({"of": {"status": "completed"}}, Verdict.ERROR, "incomplete"),
        ({"harness_error": "the keeper died"}, Verdict.ERROR, "the keeper died"),
    ],
)
def test_each_green_lie_of_chaos_toolkit_gets_its_own_verdict(
    given: dict[str, Any], verdict: Verdict, decisive: str
) -> None:
    judgement = judged(**given)
    assert (judgement.verdict, decisive in judgement.reasons[0]) == (verdict, True)


def test_missing_journal_of_a_run_that_a_signal_ended_is_an_interruption() -> None:
    judgement = judged({}, interrupted_by="SIGINT")
    assert judgement.verdict is Verdict.INTERRUPTED


def test_void_run_tells_what_broke_and_does_not_count_it() -> None:
    judgement = judged(journal(after=False), fired={"slow-enactor": 0})
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.reasons[1].startswith("not counted, because the run is void: ")


def test_fault_that_need_not_fire_does_not_void_the_run() -> None:
    claim = Claim(checks=(EMPTY,), must_fire=False)
    assert judged(claim=claim, fired={"r": 0}).verdict is Verdict.PASSED
    assert judged(claim=claim, fired=None).verdict is Verdict.PASSED


def test_deviation_outranks_a_failed_rollback_and_names_both() -> None:
    judgement = judged(journal(after=False, rollback_failed=True))
    assert judgement.verdict is Verdict.DEVIATED
    assert "rollback 'clear' failed: edge is gone" in judgement.reasons


def test_experiment_that_claims_nothing_proves_nothing() -> None:
    bare = journal()
    del bare["experiment"]["steady-state-hypothesis"]
    judgement = judged(bare, claim=Claim(), findings=(LOST,))
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "claims nothing" in judgement.reasons[0]


def test_hazard_that_nobody_asked_about_is_told_and_not_held_against_the_run() -> None:
    wedged = finding(WEDGED, Validity.INVALID, "4 attempts")
    judgement = judged(findings=(KEPT, wedged))
    assert judgement.verdict is Verdict.PASSED
    assert judgement.reasons[1] == (
        "seen, and not held against the run: wedged-enactors: 4 attempts"
    )


def test_declared_deviation_passes_for_the_declared_reason() -> None:
    judgement = judged(journal(after=False), claim=DEVIATES, findings=(LOST,))
    assert judgement.verdict is Verdict.PASSED
    assert judgement.reasons[0] == (
        "deviated as declared, empty-endpoint: no address from 5.1 s"
    )


def test_declared_hazard_is_enough_where_the_hypothesis_recovered() -> None:
    judgement = judged(journal(), claim=DEVIATES, findings=(LOST,))
    assert judgement.verdict is Verdict.PASSED


def test_declared_deviation_that_held_is_a_deviation_from_the_declaration() -> None:
    judgement = judged(claim=DEVIATES)
    assert judgement.verdict is Verdict.DEVIATED
    assert judgement.reasons == (
        "declared to deviate because of empty-endpoint, but it held",
        "empty-endpoint: always had an address",
    )


def test_deviation_for_another_reason_says_both() -> None:
    wedged = finding(WEDGED, Validity.INVALID, "4 attempts")
    judgement = judged(journal(after=False), claim=DEVIATES, findings=(KEPT, wedged))
    assert judgement.verdict is Verdict.DEVIATED
    assert judgement.reasons[0] == (
        "declared to deviate because of empty-endpoint, but deviated for another reason"
    )
    assert any("did not hold after the method" in r for r in judgement.reasons)
    assert any("wedged-enactors: 4 attempts" in r for r in judgement.reasons)
    assert "empty-endpoint: always had an address" in judgement.reasons


def test_every_declared_hazard_has_to_show() -> None:
    claim = Claim(because=(EMPTY, WEDGED))
    wedged = finding(WEDGED, Validity.VALID, "3 flips")
    judgement = judged(journal(after=False), claim=claim, findings=(LOST, wedged))
    assert judgement.verdict is Verdict.DEVIATED
    assert "because of wedged-enactors" in judgement.reasons[0]
    wedged = finding(WEDGED, Validity.INVALID)
    judgement = judged(journal(after=False), claim=claim, findings=(LOST, wedged))
    assert judgement.verdict is Verdict.PASSED


def test_declared_hazard_that_nobody_could_judge_is_inconclusive() -> None:
    for findings in ((UNTOLD,), ()):
        judgement = judged(journal(after=False), claim=DEVIATES, findings=findings)
        assert judgement.verdict is Verdict.INCONCLUSIVE


def test_declared_deviation_with_a_failed_rollback_is_inconclusive() -> None:
    judgement = judged(
        journal(after=False, rollback_failed=True), claim=DEVIATES, findings=(LOST,)
    )
    assert judgement.verdict is Verdict.INCONCLUSIVE


def test_declared_deviation_does_not_excuse_a_void_run() -> None:
    judgement = judged(journal(before=False), claim=DEVIATES, findings=(LOST,))
    assert judgement.verdict is Verdict.INCONCLUSIVE


def test_hazard_to_be_kept_counts_also_when_another_is_declared() -> None:
    claim = Claim(because=(EMPTY,), hold=(WEDGED,))
    wedged = finding(WEDGED, Validity.INVALID, "4 attempts")
    judgement = judged(journal(after=False), claim=claim, findings=(LOST, wedged))
    assert judgement.verdict is Verdict.DEVIATED
    assert judgement.reasons[0] == "wedged-enactors: 4 attempts"
    healed = finding(WEDGED, Validity.VALID)
    judgement = judged(journal(after=False), claim=claim, findings=(LOST, healed))
    assert judgement.verdict is Verdict.PASSED


def test_checks_are_held_by_default_unless_a_deviation_is_declared() -> None:
    assert Claim(checks=(EMPTY,)).held == (EMPTY,)
    assert Claim(checks=(EMPTY,), because=(WEDGED,)).held == ()
    assert Claim(checks=(EMPTY,), hold=(WEDGED,)).held == (WEDGED,)
    claim = Claim(checks=(EMPTY,), because=(WEDGED,), hold=(EMPTY,))
    assert claim.hazards == (WEDGED, EMPTY)
