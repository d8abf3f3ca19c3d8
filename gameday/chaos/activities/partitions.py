"""What can be done to a whole availability zone's paths?

A zone that is cut off loses all of them at once: its programs reach neither AWS
nor any load balancer, its load balancers are reached by nobody, and its resolver
answers from memory alone.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import failing_plainly, running

__all__ = ["heal_az", "partition_az"]


def partition_az(
    az: str,
    how: str = "hang",
    direction: str = "both",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Cut an availability zone off from everything outside it.

    The zone's load balancers are black-holed for everybody; its resolver serves
    what it remembers and then fails. Rules do not see calls that never left the
    zone. A call that was under way is applied, and its reply is lost.

    Args:
        az: the availability zone, e.g. "az1".
        how: what a program in the zone meets: "hang" for silence until it gives
            up or the zone is healed, "reset" for a broken connection at once.
        direction: what is cut, seen from the zone: "both" and "outbound-only"
            deliver no call; "inbound-only" delivers calls and loses their
            replies.

    Returns:
        {"az", "state": "cut", "how", "direction"}.
    """
    with failing_plainly():
        running(configuration).edge.cut_off(az, how=how, direction=direction)
    return {"az": az, "state": "cut", "how": how, "direction": direction}


def heal_az(
    az: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Join an availability zone that was cut off.

    Programs that still wait for a reply get a broken connection and may try
    again at once. What the zone's resolver remembers stays until it expires.

    Args:
        az: the availability zone, e.g. "az1".

    Returns:
        {"az", "state": "healed"}.
    """
    with failing_plainly():
        running(configuration).edge.heal(az)
    return {"az": az, "state": "healed"}
