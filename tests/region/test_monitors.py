from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from gameday.region.monitoring.monitors import Canary


class Alarms:
    """Stands for CloudWatch: remembers what it was told."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def set_alarm_state(self, *, StateValue: str, **_: Any) -> None:  # noqa: N803
        self.states.append(StateValue)


class Endpoint:
    """Fails while it has an error to raise."""

    error: Exception | None = None

    def read(self) -> None:
        if self.error:
            raise self.error


UNREACHABLE = EndpointConnectionError(endpoint_url="http://x", error="empty")


def canary(endpoint: Endpoint, alarms: Alarms) -> Canary:
    return Canary(
        endpoint="x", read=endpoint.read, cloudwatch=alarms, failures_to_alarm=3
    )


def refused(status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": "X"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "GetItem",
    )


def test_the_alarm_rises_after_failures_in_a_row_and_falls_on_the_first_success():
    endpoint, alarms = Endpoint(), Alarms()
    watcher = canary(endpoint, alarms)
    endpoint.error = UNREACHABLE

    assert [watcher.look() for _ in range(5)] == [False] * 5
    assert alarms.states == ["ALARM"]

    endpoint.error = None
    assert watcher.look()
    assert alarms.states == ["ALARM", "OK"]


def test_a_success_in_between_starts_the_count_again():
    endpoint, alarms = Endpoint(), Alarms()
    watcher = canary(endpoint, alarms)
    for error in (UNREACHABLE, UNREACHABLE, None, UNREACHABLE, UNREACHABLE):
        endpoint.error = error
        watcher.look()

    assert alarms.states == []


def test_an_answer_below_500_is_an_answer():
    endpoint = Endpoint()
    watcher = canary(endpoint, Alarms())
    endpoint.error = refused(400)
    assert watcher.look()

    endpoint.error = refused(503)
    assert not watcher.look()
