"""What a region file says of its monitors, and what is wrong with it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.model.alarm import Alarm, Comparison, MissingData, Statistic
from gameday.model.detection import Monitor, Watches, parse_monitor, render_monitor
from gameday.region.topology import Region, load_region, parse_region

HEAD = """\
name: small
aws_region: us-east-1
availability_zones: [az1]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [orders.gameday.test]
settings: {SETTINGS}
actors:
  canary: {run: "gameday.region.main:canary", access_key: AKIACANARY0000000001}
services:
  dns: {what: records, canary: canary}
  dwfm: {what: leases}
  orders: {what: orders}
monitors:
"""


def region(monitors: str, settings: str = "") -> Region:
    text = HEAD.replace("SETTINGS", settings) + textwrap.indent(monitors, "  ")
    return parse_region(parse_document(text, file="region.yaml"), folder=Path.cwd())


def test_an_entry_is_an_alarm_as_it_would_stand_in_aws():
    (component, canary) = region(
        "beats: {of: dns, watches: component, metric: TurnsTaken, statistic: Sum, "
        "threshold: 2, evaluation_periods: 5, missing: breaching}\n"
        "canary: {of: dns, watches: end-to-end}\n"
    ).watching()

    assert component == Monitor(
        name="beats",
        watches=Watches.COMPONENT,
        service="dns",
        alarm=Alarm(
            metric="TurnsTaken",
            namespace="gameday/components",
            dimensions=(("Service", "dns"),),
            statistic=Statistic.SUM,
            comparison=Comparison.BELOW,
            threshold=2.0,
            evaluation_periods=5,
            missing=MissingData.BREACHING,
        ),
    )
    assert (canary.alarm.metric, canary.alarm.namespace) == (
        *("Works", "gameday/services"),
    )
    assert parse_monitor(render_monitor(component)) == component


WRONG = [
    (
        "beats: {of: dnz, watches: component, metric: TurnsTaken}",
        "beats.of: unknown service 'dnz'; did you mean 'dns'?",
    ),
    (
        "beats: {of: dns, watches: componint, metric: TurnsTaken}",
        "beats.watches: unknown value 'componint'; did you mean 'component'?",
    ),
    (
        "beats: {of: dns, watches: component, metric: TurnTaken}",
        "beats: unknown metric 'TurnTaken'; did you mean 'TurnsTaken'?",
    ),
    (
        "beats: {of: dns, watches: component}",
        "beats: name a metric: TurnsTaken, PlansTakenUp",
    ),
    (
        "canary: {of: orders, watches: end-to-end}",
        "canary: orders has no canary, so nobody tells whether it works",
    ),
    (
        "beats: {of: orders, watches: component, metric: TurnsTaken}",
        "beats: no program of orders tells of itself",
    ),
    (
        "canary: {of: dns, watches: end-to-end, metric: Latency}",
        "canary: a canary tells Works only; leave `metric` out",
    ),
    (
        "canary: {of: dns, watches: end-to-end, datapoints_to_alarm: 4}",
        "datapoints_to_alarm <= evaluation_periods fails: 4 and 3",
    ),
    (
        "canary: {of: dns, watches: end-to-end, period_s: 90}",
        "canary.period_s: should be a multiple of 60",
    ),
]


@pytest.mark.parametrize(("entry", "message"), WRONG)
def test_a_mistake_has_its_line_and_the_nearest_name(entry: str, message: str):
    with pytest.raises(InvalidInput) as refusal:
        region(entry)

    (reason,) = refusal.value.reasons
    assert str(reason).startswith("region.yaml:14: monitors.")
    assert message in str(reason)


def test_a_period_that_cloudwatch_could_not_read_is_refused():
    with pytest.raises(InvalidInput, match=r"its period takes 0.5 s here, and Cloud"):
        region("canary: {of: dns, watches: end-to-end}", "monitor_minute_ms: 500")
    with pytest.raises(InvalidInput, match=r"period_s 120 at monitor_minute_ms 1000"):
        region("canary: {of: dns, watches: end-to-end, period_s: 120}")
    region("canary: {of: dns, watches: end-to-end, period_s: 300}")


def test_as_built_only_components_have_alarms_in_the_monitored_region():
    monitored = load_region(fixtures_folder() / "regions" / "monitored.yaml")

    watched = {each.service for each in monitored.watching()}
    assert watched == set(monitored.services)
    assert monitored.settings.get("monitor_canaries", 0) == 0
