"""When was an outage too long without an alarm that names what was out?"""

from __future__ import annotations

from dataclasses import replace

from service_looks import alarm_op, alarm_state_op, look_op

from gameday.checkers import undetected_outage
from gameday.model.history import History, Op, Outcome
from gameday.model.verdict import Finding, Validity
from gameday.model.world import World

WORLD = World(endpoints=("dynamodb.test",), undetected_ms=10_000)
HEARTBEAT = alarm_op(0, "dns-heartbeat", "dns", "component")
RENEWALS = alarm_op(0, "dwfm-renewals", "dwfm", "component")


def check(*ops: Op, out_s: int = 20) -> Finding:
    """Return the finding on a run in which dns is out for so long from 1 s on."""
    looks = [look_op(n, "dns", works=n < 2 or n > out_s) for n in range(30)]
    return undetected_outage.check(
        History(
            tuple(
                replace(op, index=n)
                for n, op in enumerate(
                    sorted([*looks, *ops], key=lambda each: each.end_ns)
                )
            )
        ),
        WORLD,
    )


def test_an_outage_that_an_alarm_names_in_time_is_detected():
    assert check(HEARTBEAT, alarm_state_op(5, "dns-heartbeat", "ALARM")).validity is (
        Validity.VALID
    )


def test_an_outage_that_nobody_names_is_the_hazard():
    finding = check(HEARTBEAT)

    assert finding.validity is Validity.INVALID
    assert finding.summary == (
        "dns was out for 20.0 s from 1.0 s on, "
        "and its alarm dns-heartbeat stayed silent"
    )
    assert finding.at_ns == 11 * 10**9


def test_an_alarm_that_names_something_else_is_no_detection():
    hosts = [look_op(n + 0.5, "dwfm", works=n < 4) for n in range(30)]
    finding = check(RENEWALS, *hosts, alarm_state_op(6, "dwfm-renewals", "ALARM"))

    assert finding.validity is Validity.INVALID
    assert finding.summary.endswith("and no alarm names it")


def test_an_alarm_that_comes_too_late_is_none():
    finding = check(HEARTBEAT, alarm_state_op(13, "dns-heartbeat", "ALARM"))

    assert finding.validity is Validity.INVALID
    assert "the first alarm that names it went on after 12.0 s" in finding.summary


def test_a_short_outage_need_not_be_named():
    assert check(HEARTBEAT, out_s=8).validity is Validity.VALID


def test_an_alarm_whose_call_had_no_reply_may_have_gone_on():
    unsure = replace(alarm_state_op(5, "dns-heartbeat", "ALARM"), outcome=Outcome.INFO)

    assert check(HEARTBEAT, unsure).validity is Validity.UNKNOWN


def test_a_region_without_monitors_cannot_be_asked():
    assert check().validity is Validity.UNKNOWN
