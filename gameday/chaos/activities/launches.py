"""What becomes of requests to launch an instance?

The launch path tells each outcome as a metric of CloudWatch, by EC2's own error code;
what is read here is what it told.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import failing_plainly, running

__all__ = ["await_launch", "instances_running"]


def await_launch(
    outcome: str = "launched",
    count: int = 1,
    timeout_s: float = 15,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until launches that are asked for from now on have ended in one way.

    Args:
        outcome: "launched", "InsufficientInstanceCapacity" (no leased droplet is
            free), "RequestLimitExceeded" (intake is throttled) or "Unavailable".
        count: how many of them must have ended so.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"outcomes": {each outcome: how many}, "waited_s"}.
    """
    from gameday.model.launches_seen import launch_outcomes

    stage = running(configuration)
    since_ns = max((op.end_ns for op in recorded(stage)), default=0)
    counts: dict[str, int] = {}

    def ended() -> dict[str, int] | None:
        counts.clear()
        for each in launch_outcomes(recorded(stage), since_ns=since_ns):
            counts[each] = counts.get(each, 0) + 1
        return counts if counts.get(outcome, 0) >= count else None

    with failing_plainly():
        found, waited_s = wait_until(
            ended,
            timeout_s,
            lambda: f"launches ended so: {counts}; waited for {count} {outcome}",
        )
    return {"outcomes": dict(found), "waited_s": waited_s}


def instances_running(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Ask EC2, by DescribeInstances as the operator, how many instances run.

    Returns:
        the number of instances in the state "running".
    """
    stage = running(configuration)
    with failing_plainly():
        reply = stage.operator("ec2").describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
        )
    return sum(len(each["Instances"]) for each in reply["Reservations"])
