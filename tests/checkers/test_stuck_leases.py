"""Leases that come back, that do not, and of which nobody can tell."""

from __future__ import annotations

import pytest
from histories import EPOCH_MS, WORLD, Recorder

from gameday.checkers import stuck_leases
from gameday.model.history import Outcome
from gameday.model.verdict import Finding, Validity

TTL_MS = 3_000
ADDRESS = ("127.0.10.1",)


def judged(recorder: Recorder) -> Finding:
    return stuck_leases.check(recorder.history(), WORLD)


def renew(recorder: Recorder, count: int = 20, outcome: Outcome = Outcome.OK) -> None:
    for droplet in range(count):
        name = f"droplet-{droplet:03d}"
        recorder.renew_lease(name, ttl_ms=TTL_MS, outcome=outcome)


def outage() -> Recorder:
    """All leases are held; the name is empty from 1 s to 6 s."""
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    recorder.at(500).resolve(answers=ADDRESS)
    renew(recorder)
    recorder.at(1_000).resolve(answers=())
    return recorder


def outage_ended() -> Recorder:
    recorder = outage()
    recorder.at(6_000).resolve(answers=ADDRESS)
    return recorder


def test_leases_that_came_back_are_held():
    recorder = outage_ended()
    renew(recorder.at(15_000))
    recorder.at(17_000).mark("run_ended")

    assert judged(recorder).validity is Validity.VALID
    assert judged(recorder).summary == "20 of 20 leases (100%) are held as the run ends"


def test_leases_that_never_came_back_are_stuck():
    recorder = outage_ended()
    recorder.at(17_000).mark("run_ended")

    finding = judged(recorder)
    assert finding.validity is Validity.INVALID
    assert "0 of 20 leases (0%) are held as the run ends, 11.0 s after" in (
        finding.summary
    )
    assert finding.at_ns == 16_000_000_000


def test_leases_that_came_back_and_went_again_are_stuck():
    recorder = outage_ended()
    renew(recorder.at(8_000))
    recorder.at(17_000).mark("run_ended")

    assert judged(recorder).validity is Validity.INVALID


def test_without_any_outage_lost_leases_are_stuck_too():
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    renew(recorder.at(500))
    recorder.at(12_000).mark("run_ended")

    assert judged(recorder).validity is Validity.INVALID


@pytest.mark.parametrize("gap", ["the outage lasts", "too soon"])
def test_nobody_can_tell_while_the_outage_lasts_or_shortly_after(gap: str):
    recorder = outage() if gap == "the outage lasts" else outage_ended()
    recorder.at(14_000).mark("run_ended")

    finding = judged(recorder)
    assert finding.validity is Validity.UNKNOWN
    wanted = "had no address" if gap == "the outage lasts" else "10 s are allowed"
    assert wanted in finding.summary


def test_writes_whose_reply_was_lost_leave_it_open():
    recorder = outage_ended()
    renew(recorder.at(15_000), outcome=Outcome.INFO)
    recorder.at(17_000).mark("run_ended")

    assert judged(recorder).validity is Validity.UNKNOWN
    assert "between 0 and 20 of 20" in judged(recorder).summary


def test_writes_that_failed_hold_nothing():
    recorder = outage_ended()
    renew(recorder.at(15_000), outcome=Outcome.FAIL)
    recorder.at(17_000).mark("run_ended")

    assert judged(recorder).validity is Validity.INVALID


def test_a_history_without_leases_proves_nothing():
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    assert judged(recorder).validity is Validity.UNKNOWN
