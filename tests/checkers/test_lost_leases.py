from __future__ import annotations

from histories import EPOCH_MS, WORLD, Recorder

from gameday.checkers import lost_leases
from gameday.model.history import Outcome
from gameday.model.verdict import Finding, Validity

TTL_MS = 3_000


def judged(recorder: Recorder) -> Finding:
    return lost_leases.check(recorder.history(), WORLD)


def region(droplets: int = 20) -> Recorder:
    """Every droplet has a lease until 3 s."""
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    for droplet in range(droplets):
        recorder.renew_lease(f"droplet-{droplet:03d}", ttl_ms=TTL_MS)
    return recorder


def renewed(recorder: Recorder, droplets: range, outcome: Outcome = Outcome.OK) -> None:
    for droplet in droplets:
        name = f"droplet-{droplet:03d}"
        recorder.renew_lease(name, ttl_ms=TTL_MS, outcome=outcome)


def test_leases_renewed_in_time_are_kept() -> None:
    recorder = region()
    renewed(recorder.at(2_000), range(20))
    recorder.at(4_900).mark("run_ended")
    finding = judged(recorder)
    assert finding.validity is Validity.VALID
    assert finding.summary == "0 of 20 leases (0%) lapsed"


def test_leases_that_lapse_before_the_run_ends_are_lost() -> None:
    recorder = region()
    recorder.at(4_900).mark("run_ended")
    finding = judged(recorder)
    assert finding.validity is Validity.INVALID
    assert finding.summary.startswith(
        "20 of 20 leases (100%) lapsed, the first at 3.0 s"
    )
    assert finding.at_ns == 3_000_000_000


def test_leases_that_lapsed_and_were_renewed_later_were_lost_all_the_same() -> None:
    recorder = region()
    renewed(recorder.at(3_500), range(20))
    assert judged(recorder).validity is Validity.INVALID


def test_few_late_renewals_are_tolerated() -> None:
    recorder = region()
    renewed(recorder.at(2_000), range(19))
    recorder.at(4_900).mark("run_ended")
    finding = judged(recorder)
    assert finding.validity is Validity.VALID
    assert finding.summary == "1 of 20 leases (5%) lapsed"


def test_refused_renewal_renews_nothing() -> None:
    recorder = region()
    renewed(recorder.at(2_000), range(20), Outcome.FAIL)
    recorder.at(4_900).mark("run_ended")
    assert judged(recorder).validity is Validity.INVALID


def test_renewals_whose_replies_were_lost_leave_the_answer_open() -> None:
    recorder = region()
    renewed(recorder.at(2_000), range(20), Outcome.INFO)
    recorder.at(4_900).mark("run_ended")
    finding = judged(recorder)
    assert finding.validity is Validity.UNKNOWN
    assert finding.summary.startswith("between 0 and 20 of 20 leases lapsed")


def test_leases_cannot_be_judged_without_writes_or_without_a_clock() -> None:
    recorder = Recorder()
    recorder.renew_lease("droplet-000", ttl_ms=TTL_MS)
    assert judged(recorder).validity is Validity.UNKNOWN
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    assert judged(recorder).validity is Validity.UNKNOWN
