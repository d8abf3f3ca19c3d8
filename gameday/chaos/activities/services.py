"""Do the services downstream work, and what can be taken from them?

A canary asks what a customer asks and tells CloudWatch; what is read here is what it
told. A service without a canary, or whose canary has told nothing, does not work.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import failing_plainly, running

__all__ = ["await_canary", "end_instances", "service_works"]


def await_canary(
    service: str,
    works: bool = True,
    count: int = 1,
    timeout_s: float = 20,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until a service's canary has seen it work, or fail, so often from now on.

    Args:
        service: its name in the region's `services:`.
        works: what the canary is to see.
        count: how many looks in a row.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"service", "works", "looks": how many there were, "waited_s"}.
    """
    from gameday.model.canaries_seen import canary_looks
    from gameday.model.service_health import CanarySays

    stage = running(configuration)
    since_ns = max((op.end_ns for op in recorded(stage)), default=0)
    wanted = CanarySays.WORKS if works else CanarySays.FAILS
    seen: list[CanarySays] = []

    def told() -> int | None:
        seen[:] = [
            look.says
            for look in canary_looks(recorded(stage))
            if look.service == service and look.at_ns >= since_ns
        ]
        last = seen[-count:]
        return len(seen) if last == [wanted] * count else None

    with failing_plainly():
        looks, waited_s = wait_until(
            told,
            timeout_s,
            lambda: (
                f"the canary of {service} saw {[str(each) for each in seen]}; waited "
                f"for {count} in a row that say {wanted}"
            ),
        )
    return {"service": service, "works": works, "looks": looks, "waited_s": waited_s}


def end_instances(
    fleet: str,
    leave: int = 0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Terminate instances of a service, as a health checker that takes them for ill.

    The service asks EC2 for others.

    Args:
        fleet: whose, by the tag `fleet`, e.g. "functions" or "containers".
        leave: how many are left alone, the oldest.

    Returns:
        {"fleet", "ended": how many, "left": how many run on}.
    """
    from chaoslib.exceptions import ActivityFailed

    from gameday.aws.instances import Instances

    stage = running(configuration)
    with failing_plainly():
        instances = Instances(
            ec2=stage.operator("ec2"),
            dynamodb=stage.operator("dynamodb"),
            policy=stage.policy(),
            fleet=fleet,
        )
        running_now = list(instances.running().values())
        if len(running_now) <= leave:
            raise ActivityFailed(
                f"fleet {fleet!r} has {len(running_now)} instances, none to end beside "
                f"the {leave} that are left alone"
            )
        for instance_id in running_now[leave:]:
            instances.end(instance_id)
        ended = len(running_now) - leave
        stage.edge.mark("end_instances", {"fleet": fleet, "ended": ended})
    return {"fleet": fleet, "ended": ended, "left": leave}


def service_works(
    service: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> bool:
    """Say whether a service's canary saw it work when it looked last.

    Args:
        service: its name in the region's `services:`.

    Returns:
        false also when no canary has told anything of it.
    """
    from gameday.model.canaries_seen import last_canary_looks
    from gameday.model.service_health import CanarySays

    look = last_canary_looks(recorded(running(configuration))).get(service)
    return look is not None and look.says is CanarySays.WORKS
