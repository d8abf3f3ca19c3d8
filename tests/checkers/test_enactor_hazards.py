"""wedged-enactors, two-lock-holders, answers-changed.

Each checker has a history it accepts, one it rejects, one it cannot judge.
"""

from __future__ import annotations

from dataclasses import replace

from histories import ENDPOINT, LOCK_TTL_MS, WORLD, Recorder, started, the_race

from gameday.checkers import answers_changed, two_lock_holders, wedged_enactors
from gameday.model.enactment import relock_changes
from gameday.model.history import History, Outcome
from gameday.model.verdict import Validity
from gameday.model.world import World


def test_wedge_is_found_whether_or_not_an_operator_ended_it() -> None:
    for repaired, until in (
        (False, "to the end"),
        (True, "until operator repaired it"),
    ):
        finding = wedged_enactors.check(the_race(repaired=repaired), WORLD)
        assert finding.validity is Validity.INVALID
        assert until in finding.summary
        assert "4 attempts by enactor-az2" in finding.summary
        assert "that target was not found" in finding.summary


def test_enactors_that_flip_to_the_end_are_not_wedged() -> None:
    finding = wedged_enactors.check(the_race("fenced"), WORLD)
    assert finding.validity is Validity.VALID


def test_refused_flips_that_an_enactor_overcomes_are_no_wedge() -> None:
    recorder = _dark_after_four_refusals()
    from gameday.model.safeguards import Safeguards

    tolerant = Safeguards.parse({"rollback": "tolerant"})
    assert recorder.at(9_000).flip("enactor-az2", 146, safeguards=tolerant)
    finding = wedged_enactors.check(recorder.history(), WORLD)
    assert finding.validity is Validity.VALID
    assert "4 refused ones were overcome" in finding.summary


def test_fewer_refusals_than_make_a_wedge_are_unknown_at_the_end_of_a_run() -> None:
    world = replace(WORLD, wedge_refusals_min=5)
    finding = wedged_enactors.check(the_race(repaired=False), world)
    assert finding.validity is Validity.UNKNOWN
    assert "5 would make a wedge" in finding.summary


def test_wedge_cannot_be_judged_without_flips() -> None:
    assert wedged_enactors.check(History(()), WORLD).validity is Validity.UNKNOWN
    recorder = Recorder()
    recorder.lock("enactor-az1")
    finding = wedged_enactors.check(recorder.history(), WORLD)
    assert finding.validity is Validity.UNKNOWN


def test_every_batch_of_the_race_came_from_the_holder_of_the_lock() -> None:
    # The lock worked in 2025 and was not the defect.
    finding = two_lock_holders.check(the_race(), WORLD)
    assert finding.validity is Validity.VALID


def test_second_lock_that_a_broken_emulator_allows_is_found() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az1")
    recorder.at(1_010).lock("enactor-az2")
    recorder.ops[-1] = replace(recorder.ops[-1], outcome=Outcome.OK, status=200)
    finding = two_lock_holders.check(recorder.history(), WORLD)
    assert finding.validity is Validity.INVALID
    assert "taking a lock that enactor-az1/1 held" in finding.summary


def test_stale_lock_that_a_broken_emulator_accepts_is_found() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az1")
    stale = recorder.locks["enactor-az1", ENDPOINT]
    recorder.at(1_010).build("enactor-az1", 110)
    recorder.locks["enactor-az3", ENDPOINT] = stale
    recorder.at(1_020).build("enactor-az3", 111)
    recorder.ops[-1] = replace(recorder.ops[-1], outcome=Outcome.OK, status=200)
    finding = two_lock_holders.check(recorder.history(), WORLD)
    assert finding.validity is Validity.INVALID
    assert "enactor-az1/1 held it" in finding.summary


def test_batch_without_the_lock_is_found_unless_an_operator_sent_it() -> None:
    for actor, expected in (
        ("enactor-az1", Validity.INVALID),
        ("operator", Validity.VALID),
    ):
        recorder = started()
        recorder.at(1_000).lock(actor)
        recorder.at(1_010).build(actor, 110)
        whole = recorder.ops[-1]
        changes = whole.request["ChangeBatch"]["Changes"][2:]
        recorder.ops[-1] = replace(
            whole, request={**whole.request, "ChangeBatch": {"Changes": changes}}
        )
        finding = two_lock_holders.check(recorder.history(), WORLD)
        assert finding.validity is expected, actor


def test_lock_may_be_taken_over_only_once_it_has_expired() -> None:
    for waited_ms, expected in (
        (LOCK_TTL_MS - 500, Validity.INVALID),
        (LOCK_TTL_MS + 500, Validity.VALID),
    ):
        recorder = started()
        recorder.at(1_000).lock("enactor-az1")
        held = recorder.locks["enactor-az1", ENDPOINT].record
        recorder.at(1_000 + waited_ms)
        takeover = relock_changes(
            ENDPOINT, current=held, holder="enactor-az2/1", alive_until_ms=2**50
        )
        assert recorder.change("enactor-az2", takeover)
        finding = two_lock_holders.check(recorder.history(), WORLD)
        assert finding.validity is expected, waited_ms


def test_lock_holders_cannot_be_judged_where_nobody_takes_a_lock() -> None:
    finding = two_lock_holders.check(History(()), WORLD)
    assert finding.validity is Validity.UNKNOWN


def test_answers_that_stay_while_frozen_are_accepted() -> None:
    recorder = _frozen()
    recorder.at(4_000).resolve()
    recorder.at(5_000).mark("unfreeze_automation")
    recorder.at(5_100).enact("enactor-az1", 111)
    finding = answers_changed.check(recorder.history(), WORLD)
    assert finding.validity is Validity.VALID
    assert "1 answers" in finding.summary or "1 answer" in finding.summary


def test_flip_while_frozen_is_rejected() -> None:
    recorder = _frozen()
    recorder.at(4_000).resolve()
    recorder.at(4_100).enact("enactor-az2", 111)
    finding = answers_changed.check(recorder.history(), WORLD)
    assert finding.validity is Validity.INVALID
    assert "from plan 110 to plan 111" in finding.summary


def test_answer_that_the_frozen_tree_does_not_hold_is_rejected() -> None:
    for answers in ((), ("127.0.10.99",)):
        recorder = _frozen()
        recorder.at(4_000).resolve(answers=answers)
        finding = answers_changed.check(recorder.history(), WORLD)
        assert finding.validity is Validity.INVALID


def test_batch_on_its_way_when_the_switch_is_thrown_may_land() -> None:
    recorder = _frozen()
    recorder.at(2_500).enact("enactor-az2", 111)
    recorder.at(4_000).resolve()
    finding = answers_changed.check(recorder.history(), WORLD)
    assert finding.validity is Validity.VALID


def test_freeze_cannot_be_judged_without_one_or_without_answers() -> None:
    finding = answers_changed.check(the_race(), WORLD)
    assert finding.validity is Validity.UNKNOWN
    recorder = _frozen()
    recorder.at(4_000).mark("run_ended")
    finding = answers_changed.check(recorder.history(), WORLD)
    assert finding.validity is Validity.UNKNOWN
    world = World(endpoints=(ENDPOINT,), freeze_settle_ms=60_000)
    assert answers_changed.check(recorder.history(), world).validity is (
        Validity.UNKNOWN
    )


def _frozen() -> Recorder:
    """A run in which plan 110 is live when the switch is thrown at 2 s."""
    recorder = started()
    recorder.at(1_000).enact("enactor-az1", 110)
    recorder.at(2_000).mark("freeze_automation")
    return recorder


def _dark_after_four_refusals() -> Recorder:
    recorder = started()
    recorder.at(1_000).enact("enactor-az1", 110)
    recorder.at(1_100).enact("enactor-az1", 145)
    selected = recorder.zone()
    recorder.at(1_200).enact("enactor-az3", 110)
    recorder.at(1_300).lock("cleaner-az1")
    recorder.at(1_310).delete_trees("cleaner-az1", applied=145, seen=selected)
    recorder.at(1_320).unlock("cleaner-az1")
    recorder.at(1_400).lock("enactor-az2")
    recorder.at(1_410).build("enactor-az2", 146)
    for ms in range(1_500, 5_500, 1_000):
        assert not recorder.at(ms).flip("enactor-az2", 146)
    return recorder
