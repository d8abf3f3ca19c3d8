from __future__ import annotations

from dataclasses import replace

from histories import ENDPOINT, Recorder, started, the_race
from hypothesis import given, settings
from hypothesis import strategies as st

from gameday.model.enactment import observe
from gameday.model.endpoint_history import flips, live_generation, refused_flips
from gameday.model.history import History, Op, Outcome
from gameday.model.reconstruction import ZoneHistory, reconstruct
from gameday.model.safeguards import Safeguards


def replay(history: History) -> ZoneHistory:
    return reconstruct(history)[ENDPOINT]


def record_sets(zone_history: ZoneHistory) -> set[object]:
    return set(zone_history.commits[-1].after.record_sets.values())


def kept(recorder: Recorder) -> set[object]:
    # The recorder's zone was created with SOA and NS, which no batch wrote.
    zone = recorder.zone()
    return {r for r in zone.record_sets.values() if r.type not in {"SOA", "NS"}}


def test_replaying_a_race_ends_in_the_zone_that_the_race_left() -> None:
    recorder = started()
    recorder.at(1_000).enact("enactor-az2", 110)
    found = replay(recorder.history())
    assert record_sets(found) == kept(recorder)
    assert all(commit.exact for commit in found.commits)


def test_zone_at_a_moment_is_the_one_after_the_last_commit_before_it() -> None:
    found = replay(the_race())
    assert found.at(0) is None
    generations = []
    for at_ns in (1_300_000_000, 4_280_000_000, 4_900_000_000, 12_000_000_000):
        zone = found.at(at_ns)
        assert zone is not None
        generations.append(live_generation(zone, ENDPOINT))
    assert generations == [110, 145, 110, 146]


def test_refused_batches_change_nothing() -> None:
    found = replay(the_race(repaired=False))
    assert len(found.refused) == 7
    assert flips(found, ENDPOINT)[-1].after == 110


def test_lost_reply_counts_as_committed_once_a_later_batch_builds_on_it() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az2", reply_lost=True)
    recorder.at(1_100).build("enactor-az2", 110)
    found = replay(recorder.history())
    assert found.undecided == ()
    assert len(found.commits[-1].changes) == 10
    assert all(commit.exact for commit in found.commits)


def test_lost_reply_of_a_request_that_never_arrived_is_not_committed() -> None:
    recorder = started()
    before = len(replay(recorder.history()).commits)
    recorder.at(1_000).lock("enactor-az2", reply_lost=True, never_arrived=True)
    recorder.at(1_100).lock("enactor-az3")
    recorder.at(1_200).unlock("enactor-az3")
    found = replay(recorder.history())
    # Whether az2's batch came before az3's or after is open, and so it stays.
    assert len(found.commits) == before + 2
    assert [op.actor for op in found.undecided] == ["enactor-az2"]
    assert found.undecided_answers == ()


def test_lost_reply_that_fits_between_no_two_commits_is_ruled_out() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az2")
    recorder.at(1_010).build("enactor-az2", 110)
    stale = recorder.locks["enactor-az2", ENDPOINT]
    recorder.at(1_020).flip("enactor-az2", 110)
    recorder.locks["enactor-az3", ENDPOINT] = stale
    recorder.at(1_030).build("enactor-az3", 111)
    last = recorder.ops[-1]
    assert last.outcome is Outcome.FAIL
    recorder.ops[-1] = replace(last, outcome=Outcome.INFO, response={}, status=None)
    assert replay(recorder.history()).undecided == ()


def test_undecided_flip_is_reported_as_touching_the_answers() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az2")
    recorder.at(1_010).build("enactor-az2", 110)
    before = recorder.zone()
    recorder.at(1_020).flip("enactor-az2", 110)
    recorder.zones[ENDPOINT] = before
    last = recorder.ops[-1]
    recorder.ops[-1] = replace(last, outcome=Outcome.INFO, response={}, status=None)
    found = replay(recorder.history())
    assert [op.index for op in found.undecided_answers] == [last.index]


def test_reply_recorded_after_what_builds_on_it_does_not_bend_the_order() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az2")
    recorder.at(1_010).build("enactor-az2", 110)
    recorder.at(1_020).flip("enactor-az2", 110)
    expected = kept(recorder)
    *first, lock, build, flip = recorder.ops
    # The replies to lock and build were held back until the flip's had gone.
    late = [replace(op, end_ns=1_100_000_000) for op in (lock, build)]
    reordered = renumbered([*first, flip, *late])
    found = replay(reordered)
    assert record_sets(found) == expected
    assert all(commit.exact for commit in found.commits)
    assert [c.at_ns for c in found.commits] == sorted(c.at_ns for c in found.commits)
    assert flips(found, ENDPOINT)[-1].at_ns == 1_020_000_000


def test_history_that_begins_late_is_carried_out_as_far_as_it_goes() -> None:
    recorder = started()
    cut = len(recorder.ops)
    recorder.at(1_000).enact("enactor-az2", 110)
    found = replay(renumbered(recorder.ops[cut:]))
    assert [commit.exact for commit in found.commits] == [True, True, False, True]
    assert flips(found, ENDPOINT)[-1].after == 110


def test_stale_lock_that_a_broken_emulator_accepts_is_marked_as_not_exact() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az2")
    stale = recorder.locks["enactor-az2", ENDPOINT]
    recorder.at(1_010).build("enactor-az2", 110)
    recorder.locks["enactor-az3", ENDPOINT] = stale
    recorder.at(1_020).build("enactor-az3", 111)
    recorder.ops[-1] = replace(recorder.ops[-1], outcome=Outcome.OK, status=200)
    found = replay(recorder.history())
    assert [commit.exact for commit in found.commits][-2:] == [True, False]


def test_replaying_one_history_twice_gives_the_very_same_value() -> None:
    history = the_race()
    assert reconstruct(history) is reconstruct(history)


def test_guarded_cleanup_that_asserts_the_root_is_no_flip() -> None:
    recorder = started()
    view = observe(ENDPOINT, recorder.zone().record_sets.values())
    assert view.root is not None
    seen = recorder.zone()
    recorder.at(1_000).enact("enactor-az2", 110)
    recorder.at(1_100).lock("cleaner-az1")
    from gameday.model.safeguards import CleanupGuard

    recorder.at(1_200).delete_trees(
        "cleaner-az1", applied=113, seen=seen, guard=CleanupGuard.IN_BATCH
    )
    found = replay(recorder.history())
    assert found.refused[-1].actor == "cleaner-az1"
    assert refused_flips(found, ENDPOINT) == ()


def test_flip_refused_because_the_root_moved_is_told_from_the_wedge() -> None:
    recorder = started()
    seen = recorder.zone()
    recorder.at(1_000).enact("enactor-az1", 145)
    recorder.at(1_100).lock("enactor-az3")
    recorder.at(1_150).build("enactor-az3", 110)
    fenced = Safeguards.parse({"freshness": "in-batch"})
    recorder.at(1_200).flip("enactor-az3", 110, safeguards=fenced, seen=seen)
    (refused,) = refused_flips(replay(recorder.history()), ENDPOINT)
    assert (refused.wanted, refused.reason.name) == (110, "ROOT_MOVED")


def with_gaps(lost: list[bool]) -> list[bool]:
    """Lose at most two of any four replies; the rest has to decide."""
    kept: list[bool] = []
    for each in lost:
        kept.append(each and sum(kept[-3:]) < 2)
    return kept


steps_lost = st.lists(st.booleans(), max_size=24).map(with_gaps)


@settings(deadline=None)
@given(lost=steps_lost, late=st.lists(st.booleans(), min_size=8, max_size=8))
def test_lost_and_late_replies_never_change_what_the_replay_ends_in(
    lost: list[bool], late: list[bool]
) -> None:
    recorder = started()
    for place in range(0, len(lost), 4):
        actor = f"enactor-az{1 + place // 4 % 3}"
        generation = 110 + place // 4
        flags = [*lost[place : place + 4], False, False, False, False]
        recorder.at(1_000 + 100 * place)
        recorder.lock(actor, reply_lost=flags[0])
        recorder.at(1_025 + 100 * place)
        recorder.build(actor, generation, reply_lost=flags[1])
        recorder.at(1_050 + 100 * place)
        recorder.flip(actor, generation, reply_lost=flags[2])
        recorder.at(1_075 + 100 * place)
        recorder.unlock(actor, reply_lost=flags[3])
    recorder.at(90_000).enact("enactor-az1", 200)
    ops = recorder.ops
    for place, is_late in enumerate(late, start=len(ops) - 8):
        if is_late and place + 1 < len(ops) and place > 0:
            # The reply was held until the next batch's had gone.
            ops[place] = replace(ops[place], end_ns=ops[place + 1].end_ns + 1)
    ops.sort(key=lambda op: op.end_ns)
    found = replay(renumbered(ops))
    assert record_sets(found) == kept(recorder)
    assert all(commit.exact for commit in found.commits)
    moments = [commit.at_ns for commit in found.commits]
    assert moments == sorted(moments)


def renumbered(ops: list[Op]) -> History:
    return History(tuple(replace(op, index=i) for i, op in enumerate(ops)))
