"""Which alarms of CloudWatch are on?

What is asked is CloudWatch itself, by DescribeAlarms as the operator: what is answered
is what a person on call would see.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import Running, failing_plainly, running

__all__ = ["alarms_on", "await_alarm"]


def await_alarm(
    alarm: str,
    state: str = "ALARM",
    timeout_s: float = 20,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until an alarm is in a state.

    Args:
        alarm: its name.
        state: "ALARM", "OK" or "INSUFFICIENT_DATA".
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"alarm", "state", "waited_s"}.
    """
    stage = running(configuration)
    seen: dict[str, str] = {}

    def reached() -> bool | None:
        seen.clear()
        seen.update(_states(stage))
        return True if seen.get(alarm) == state else None

    with failing_plainly():
        _, waited_s = wait_until(
            reached,
            timeout_s,
            lambda: f"waited for {alarm} to be {state}; the alarms are {seen}",
        )
    return {"alarm": alarm, "state": state, "waited_s": waited_s}


def alarms_on(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Ask CloudWatch which alarms are on.

    Returns:
        the names of the alarms in the state "ALARM", sorted, with commas between;
        "none" when there is none. A tolerance that is a list would mean a range.
    """
    stage = running(configuration)
    with failing_plainly():
        states = _states(stage)
    on = sorted(name for name, state in states.items() if state == "ALARM")
    return ", ".join(on) or "none"


def _states(stage: Running) -> dict[str, str]:
    cloudwatch = stage.operator("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    return {
        str(each["AlarmName"]): str(each["StateValue"])
        for page in pages
        for each in page["MetricAlarms"]
    }
