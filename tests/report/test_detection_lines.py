"""How does a run tell which alarm went on when?"""

from __future__ import annotations

from dataclasses import replace

from service_looks import alarm_op, alarm_state_op, look_op

from gameday.model.history import History
from gameday.model.outages_seen import AlarmDetection, alarm_detections
from gameday.report.detection import detection_document, detection_lines

END_NS = 20 * 10**9


def found() -> tuple[AlarmDetection, ...]:
    ops = [
        alarm_op(0, "dns-canary", "dns", "end-to-end"),
        alarm_op(0, "dns-heartbeat", "dns", "component"),
        alarm_op(0, "renewals", "dwfm", "component"),
        *(look_op(n, "dns", works=n < 2) for n in range(5)),
        alarm_state_op(5, "dns-canary", "ALARM"),
    ]
    return alarm_detections(
        History(tuple(replace(op, index=n) for n, op in enumerate(ops)))
    )


def test_each_monitor_has_its_line():
    assert list(detection_lines(found(), end_ns=END_NS)) == [
        "Time to detect",
        "  dns-canary     names dns   end-to-end  after 4.0 s (4 min of CloudWatch)",
        (
            "  dns-heartbeat  names dns   component   silent for all of 19.0 s "
            "(19 min of CloudWatch)"
        ),
        "  renewals       names dwfm  component   nothing to detect, dwfm was not out",
    ]


def test_a_region_without_monitors_has_no_such_section():
    assert list(detection_lines([], end_ns=END_NS)) == []


def test_a_program_reads_the_same():
    canary, heartbeat, renewals = detection_document(found(), end_ns=END_NS)

    assert canary == {
        "monitor": "dns-canary",
        "watches": "end-to-end",
        "service": "dns",
        "minute_ms": 1000,
        "outage": {"began_s": 1.0, "lasted_s": 19.0},
        "detected_after_s": 4.0,
        "is_certain": True,
    }
    assert heartbeat["detected_after_s"] is None
    assert renewals["outage"] is None
