"""When was a service out, and which alarm named it after how long?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from service_looks import alarm_op, alarm_state_op, look_op

from gameday.model.alarms_seen import alarms_seen
from gameday.model.detection import Watches
from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.outages_seen import Outage, alarm_detections, first_outages


def history(*ops: Op) -> History:
    return History(tuple(replace(op, index=n) for n, op in enumerate(ops)))


def looks(service: str, works: str) -> list[Op]:
    """Return a look a second; "+" found it well, "-" did not."""
    return [look_op(n, service, works=each == "+") for n, each in enumerate(works)]


@pytest.mark.parametrize(
    ("works", "outage"),
    [
        ("+++", None),
        # One failed look is none, and one that was never well is coming up.
        ("++-++", None),
        ("---++", None),
        ("++---++", (1, 5)),
        ("++--", (1, None)),
        ("++--++---+", (1, 4)),
    ],
)
def test_an_outage_begins_with_the_last_good_look(
    works: str, outage: tuple[int, int | None] | None
):
    found = first_outages(history(*looks("dns", works)))

    if outage is None:
        assert found == {}
        return
    began_s, ended_s = outage
    assert found == {
        "dns": Outage(
            service="dns",
            began_ns=began_s * 10**9,
            ended_ns=None if ended_s is None else ended_s * 10**9,
        )
    }


def test_what_was_over_before_the_run_began_is_no_outage():
    started = replace(look_op(6, "", works=True), kind=OpKind.MARK)
    mark = replace(started, operation="run_started", request={"epoch_ms": 0})

    assert first_outages(history(*looks("dns", "++--+++++"), mark)) == {}
    (under_way,) = first_outages(history(*looks("dns", "++------+"), mark)).values()
    assert (under_way.began_ns, under_way.ended_ns) == (6 * 10**9, 8 * 10**9)


def test_an_alarm_is_what_its_definition_and_its_tags_say():
    (seen,) = alarms_seen(
        history(
            alarm_op(0, "dns-canary", "dns", "end-to-end", periods=3),
            alarm_op(0, "somebody-elses", "dns", ""),
            alarm_state_op(4, "dns-canary", "ALARM"),
        )
    )

    assert (seen.name, seen.service, seen.watches) == (
        *("dns-canary", "dns"),
        Watches.END_TO_END,
    )
    # Three periods of a minute, each a second here.
    assert (seen.minute_ms, seen.window_ms) == (1000, 3000)
    assert [change.at_ns for change in seen.changes] == [4 * 10**9]


def took(*changes: Op, works: str = "++-----++++") -> float | None:
    """Return after how many seconds the alarm of dns went on."""
    ops = [
        alarm_op(0, "dns-canary", "dns", "end-to-end", periods=3),
        *looks("dns", works),
        *changes,
    ]
    (found,) = alarm_detections(history(*ops))
    return None if found.took_ns is None else found.took_ns / 1e9


def test_an_alarm_takes_from_the_last_good_look_on():
    assert took(alarm_state_op(5, "dns-canary", "ALARM")) == 4


def test_an_alarm_of_before_and_one_that_was_on_already_tell_nothing():
    before = alarm_state_op(0.5, "dns-canary", "ALARM")

    assert took(before) is None
    assert took(before, alarm_state_op(3, "dns-canary", "ALARM")) is None
    again = [
        alarm_state_op(2, "dns-canary", "OK"),
        alarm_state_op(6, "dns-canary", "ALARM"),
    ]
    assert took(before, *again) == 5


def test_an_alarm_long_after_the_outage_is_about_something_else():
    """It was over at 7 s; the alarm's datapoints cover 3 s."""
    assert took(alarm_state_op(10, "dns-canary", "ALARM")) == 9
    assert took(alarm_state_op(10.1, "dns-canary", "ALARM")) is None


def test_a_call_that_failed_set_nothing_and_one_without_a_reply_may_have():
    call = alarm_state_op(5, "dns-canary", "ALARM")

    assert took(replace(call, outcome=Outcome.FAIL)) is None
    ops = [
        alarm_op(0, "dns-canary", "dns", "end-to-end"),
        *looks("dns", "++---"),
        replace(call, outcome=Outcome.INFO),
    ]
    (found,) = alarm_detections(history(*ops))
    assert found.took_ns == 4 * 10**9
    assert not found.is_certain


def test_the_quickest_comes_first_and_the_silent_last():
    ops = [
        alarm_op(0, "heartbeat", "dns", "component"),
        alarm_op(0, "canary", "dns", "end-to-end"),
        alarm_op(0, "renewals", "dwfm", "component"),
        *looks("dns", "++---"),
        alarm_state_op(4, "canary", "ALARM"),
    ]

    found = alarm_detections(history(*ops))

    assert [each.alarm.name for each in found] == ["canary", "heartbeat", "renewals"]
    assert found[2].outage is None
