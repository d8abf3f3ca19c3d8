"""The canary of leases and the keeper of alarms, in every order of their calls.

The explorer can put back tables and not CloudWatch, so what is told and which state is
set stand in a table here.
"""

from __future__ import annotations

import json
from datetime import datetime
from random import Random
from typing import Any

from small_programs import client

from gameday.aws.leases import LEASES_TABLE, LeaseTable
from gameday.aws.retries import CallPolicy
from gameday.clock import SystemClock
from gameday.explore import Actor, Exploration, explore
from gameday.explore.properties import Moment
from gameday.model.alarm import Alarm, Comparison
from gameday.model.canaries_seen import WORKS_METRIC
from gameday.model.detection import Monitor, Watches
from gameday.model.lease import Lease
from gameday.model.verdict import Validity
from gameday.region.droplets.lease_canary import LeaseCanary
from gameday.region.monitoring.alarm_keeper import AlarmKeeper
from gameday.region.monitoring.service_canary import ServiceCanary

TOLD = "told"
MONITOR = Monitor(
    name="dwfm-canary",
    watches=Watches.END_TO_END,
    service="dwfm",
    alarm=Alarm(metric=WORKS_METRIC, comparison=Comparison.BELOW, threshold=1),
)


class CloudWatch:
    """The newest value of the metric, and the alarm's state, in a table."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def put_metric_data(self, *, MetricData: Any, **_: Any) -> None:  # noqa: N803
        self._put("metric", str(MetricData[0]["Value"]))

    def set_alarm_state(self, *, StateValue: str, **_: Any) -> None:  # noqa: N803
        self._put("alarm", StateValue)

    def get_metric_data(
        self,
        *,
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803, ARG002 - the newest value is of every period
        **_: Any,
    ) -> Any:
        item = self._dynamodb.get_item(TableName=TOLD, Key={"name": {"S": "metric"}})
        value = item.get("Item", {}).get("value", {}).get("S")
        told = {StartTime: float(value)} if value is not None else {}
        result = {"Timestamps": list(told), "Values": list(told.values())}
        return {"MetricDataResults": [result]}

    def _put(self, name: str, value: str) -> None:
        self._dynamodb.put_item(
            TableName=TOLD, Item={"name": {"S": name}, "value": {"S": value}}
        )


def lease_table(dynamodb: Any) -> LeaseTable:
    policy = CallPolicy(clock=SystemClock(), random=Random(0), attempts_max=1)
    return LeaseTable(dynamodb, policy)


def set_up() -> None:
    dynamodb = client("dynamodb")
    for table, key in ((TOLD, "name"), (LEASES_TABLE, "droplet")):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )


def renew() -> None:
    lease_table(client("dynamodb")).write(
        Lease(droplet="droplet-1", holder="host", version=1, expires_at_ms=1)
    )


def look() -> None:
    dynamodb = client("dynamodb")
    canary = LeaseCanary(
        service="dwfm",
        table=lease_table(dynamodb),
        lease_ttl_ms=60_000,
        kept_share_least=1,
        clock=SystemClock(),
    )
    told = ServiceCanary(
        service="dwfm", ask=canary.ask, cloudwatch=CloudWatch(dynamodb)
    )
    told.look()
    told.look()


def keep() -> None:
    keeper = AlarmKeeper(
        monitors=[MONITOR],
        cloudwatch=CloudWatch(client("dynamodb")),
        minute_ms=1000,
        clock=SystemClock(),
    )
    keeper.turn()


def said(moment: Moment, name: str) -> str | None:
    items = [json.loads(text) for text in moment.items(TOLD)]
    values = [each["value"]["S"] for each in items if each["name"]["S"] == name]
    return values[0] if values else None


def works_only_with_a_lease(moment: Moment) -> bool | str:
    has_lease = bool(list(moment.items(LEASES_TABLE)))
    works = said(moment, "metric") == "1.0"
    return has_lease or not works or "it works, and nobody has a lease"


def alarms(moment: Moment) -> bool:
    return said(moment, "alarm") == "ALARM"


def is_quiet(moment: Moment) -> bool:
    return said(moment, "alarm") == "OK"


def play() -> Exploration:
    return explore(
        setup=set_up,
        actors=[
            Actor(name="host", program=renew),
            Actor(name="canary", program=look),
            Actor(name="monitor", program=keep),
        ],
        always=[works_only_with_a_lease],
        sometimes=[alarms, is_quiet],
    )


def test_what_the_alarm_says_follows_from_the_order_of_the_calls_alone():
    found = play()

    assert found.counterexample is None
    assert found.validity is Validity.VALID
