"""A run set beside the public record, event by event."""

from __future__ import annotations

import pytest
from histories import ENDPOINT, EPOCH_MS, Recorder

from gameday.model.beside_the_record import beside_the_record
from gameday.model.leases_held import leases_held
from gameday.model.public_record import RecordedEvent, Sign, StoryTime
from gameday.model.service_graph import Evidence

SCALE = 60
ADDRESS = ("127.0.10.1",)


def event(name: str, sign: Sign, minute: float, **fields: str) -> RecordedEvent:
    return RecordedEvent(
        name=name,
        minute=minute,
        what=name,
        sign=sign,
        source="PES",
        evidence=Evidence.STATED,
        **fields,
    )


def minutes(recorder: Recorder, *record: RecordedEvent) -> dict[str, float | None]:
    rows = beside_the_record(recorder.history(), record, endpoint=ENDPOINT, scale=SCALE)
    return {
        row.event.name: None if row.run_minute is None else round(row.run_minute, 1)
        for row in rows
    }


def lost() -> Recorder:
    """The endpoint answers, and is empty from 10 s on; a second is a minute."""
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    recorder.at(1_000).resolve(answers=ADDRESS)
    recorder.at(10_000).resolve(answers=())
    return recorder


def test_minutes_of_the_story_go_both_ways():
    story = StoryTime(zero_ns=10_000_000_000, scale=300)

    assert story.minute(12_000_000_000) == 10
    assert story.at_ns(10) == 12_000_000_000


def test_without_a_loss_of_the_endpoint_there_is_no_minute():
    recorder = Recorder()
    recorder.at(1_000).resolve(answers=ADDRESS)

    assert minutes(recorder, event("lost", Sign.ENDPOINT_EMPTY, 0)) == {"lost": None}


def test_the_endpoint_answers_when_the_last_resolver_has_forgotten():
    recorder = Recorder()
    recorder.at(1_000).resolve(answers=ADDRESS)
    recorder.at(1_100).resolve(answers=ADDRESS, az="az2")
    recorder.at(10_000).resolve(answers=())
    recorder.at(12_000).resolve(answers=(), az="az2")
    recorder.at(20_000).resolve(answers=ADDRESS)
    recorder.at(25_000).resolve(answers=ADDRESS, az="az2")

    assert minutes(
        recorder,
        event("lost", Sign.ENDPOINT_EMPTY, 0),
        event("answers", Sign.ENDPOINT_ANSWERS, 172),
    ) == {"lost": 0, "answers": 15}


def test_the_zone_says_when_the_record_was_restored():
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    recorder.at(1_000).enact("enactor-az1", 1)
    recorder.at(2_000).enact("enactor-az2", 5)
    recorder.lock("cleaner-az1")
    # The tree that is live goes: the root leads nowhere.
    from gameday.model.enactment import observe
    from gameday.model.plan import Generation
    from gameday.model.retention import delete_changes
    from gameday.model.safeguards import CleanupGuard

    view = observe(ENDPOINT, recorder.zone().record_sets.values())
    victims = delete_changes(view, (Generation(5),), guard=CleanupGuard.NONE)
    assert recorder.at(10_000).under_lock("cleaner-az1", victims)
    recorder.at(30_000).build("cleaner-az1", 5)

    assert minutes(
        recorder,
        event("lost", Sign.ENDPOINT_EMPTY, 0),
        event("restored", Sign.ENDPOINT_RESTORED, 157),
    ) == {"lost": 0, "restored": 20}


def test_leases_lapse_are_gone_and_are_held_again():
    recorder = lost()
    for droplet in range(20):
        name = f"droplet-{droplet:03d}"
        recorder.at(9_000 + 50 * droplet).renew_lease(name, ttl_ms=5_000)
    for droplet in range(20):
        recorder.at(30_000 + 100 * droplet).renew_lease(
            f"droplet-{droplet:03d}", ttl_ms=60_000
        )

    assert minutes(
        recorder,
        event("lapse", Sign.LEASES_LAPSE, 12),
        event("gone", Sign.LEASES_GONE, 156),
        event("held", Sign.LEASES_HELD, 340, after="gone"),
    ) == {"lapse": 4, "gone": 4.9, "held": 21.8}


def test_a_lease_that_is_renewed_in_time_is_held_throughout():
    recorder = lost()
    for at_ms in (0, 2_000, 4_000):
        recorder.at(at_ms).renew_lease("droplet-001", ttl_ms=3_000)

    assert leases_held(recorder.history()) == (
        (0, 1.0),
        (7_000_000_000, 0.0),
    )


def test_a_service_is_back_when_it_goes_on_working():
    """Between two looks that fail, one that works is a flap."""
    recorder = lost()
    told = [(11, True), (12, False), (13, True), (15, False), (40, True), (55, True)]
    for at_s, works in told:
        recorder.at(at_s * 1_000).look("sts", works=works)

    assert minutes(
        recorder,
        event("fails", Sign.SERVICE_FAILS, 3, of="sts"),
        event("works", Sign.SERVICE_WORKS, 91, of="sts", after="fails"),
    ) == {"fails": 2, "works": 30}


def test_a_service_that_never_failed_was_never_back():
    recorder = lost()
    recorder.at(20_000).look("sts", works=True)

    assert minutes(recorder, event("works", Sign.SERVICE_WORKS, 91, of="sts")) == {
        "works": None
    }


def test_the_second_failure_is_told_from_the_first_by_what_came_before():
    recorder = lost()
    for at_s, works in ((12, False), (14, True), (50, False), (60, True)):
        recorder.at(at_s * 1_000).look("sts", works=works)
    first = event("first", Sign.SERVICE_FAILS, 3, of="sts")
    back = event("back", Sign.SERVICE_WORKS, 91, of="sts", after="first")
    again = event("again", Sign.SERVICE_FAILS, 523, of="sts", after="back")

    assert minutes(recorder, again, back, first) == {
        "first": 2,
        "back": 4,
        "again": 40,
    }


def test_what_should_come_after_something_that_did_not_is_not_looked_for():
    recorder = lost()
    recorder.at(20_000).look("sts", works=False)
    restarted = event("restarted", Sign.OPERATORS, 266, of="restart_hosts")
    fails = event("fails", Sign.SERVICE_FAILS, 523, of="sts", after="restarted")

    assert minutes(recorder, restarted, fails) == {"restarted": None, "fails": None}


def test_levers_are_seen_when_they_are_pulled_and_let_go():
    recorder = lost()
    recorder.at(20_000).mark("pull_levers", levers={"throttle": {"per_s": 3}})
    recorder.at(21_000).mark(
        "pull_levers", levers={"throttle": {"per_s": 3}, "drop_within_ms": 9}
    )
    recorder.at(30_000).mark("restart_hosts", over_s=2)
    recorder.at(40_000).mark("pull_levers", levers={})

    assert minutes(
        recorder,
        event("throttled", Sign.OPERATORS, 266, of="pull throttle"),
        event("restarted", Sign.OPERATORS, 267, of="restart_hosts"),
        event("relaxed", Sign.OPERATORS, 842, of="let-go throttle"),
    ) == {"throttled": 10, "restarted": 20, "relaxed": 30}


def test_an_act_on_one_program_is_told_from_that_on_another():
    recorder = lost()
    recorder.at(20_000).mark("restart_actor", actor="planner")
    recorder.at(30_000).mark("restart_actor", actor="sqs-poller")

    started = event("started", Sign.OPERATORS, 292, of="restart_actor sqs-poller")

    assert minutes(recorder, started) == {"started": 20}


def test_launches_and_alarms_are_signs():
    recorder = lost()
    recorder.at(9_000).launch_ended("launched")
    recorder.at(11_000).launch_ended("InsufficientInstanceCapacity")
    recorder.at(12_000).alarm("ALARM")
    recorder.at(13_000).launch_ended("launched")

    assert minutes(
        recorder,
        event("no-capacity", Sign.LAUNCH, 1, of="InsufficientInstanceCapacity"),
        event("alarm", Sign.ALARM, 2, of=f"endpoint-{ENDPOINT}"),
        event("launched", Sign.LAUNCH, 340, of="launched", after="no-capacity"),
    ) == {"no-capacity": 1, "alarm": 2, "launched": 3}


def test_what_no_part_of_the_region_shows_stands_in_the_list():
    assert minutes(lost(), event("elsewhere", Sign.NOTHING, 1697)) == {
        "elsewhere": None
    }


@pytest.mark.parametrize("sign", list(Sign))
def test_every_sign_can_be_looked_for_in_a_run_that_shows_none(sign: Sign):
    of = "something" if sign.is_of_something else ""

    found = minutes(lost(), event("it", sign, 5, of=of))["it"]

    assert found == (0 if sign is Sign.ENDPOINT_EMPTY else None)
