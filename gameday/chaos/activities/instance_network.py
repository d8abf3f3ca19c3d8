"""How long are launched instances without network, and what can operators do about it?

What is read is what the calls tell, and the queue's length as anybody can ask for it.
The network manager itself is left alone: the lever is read by EC2's launch path, which
refuses launches while the queue is long.
"""

import statistics

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.droplets import change_levers
from gameday.chaos.activities.polling import wait_until, watch_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import failing_plainly, running

__all__ = [
    "await_network_backlog",
    "launches_without_network",
    "limit_network_backlog",
    "network_backlog",
    "watch_network",
]

_NEVER_BELOW = -1


def limit_network_backlog(
    changes_max: int = 2,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Admit launches by the length of the network manager's queue; the rest stays.

    While so many changes wait, a launch is refused with RequestLimitExceeded; ends of
    instances are taken. `change_levers` with `let_go: [network_backlog_max]` lets go of
    it, as `release_levers` does of every lever.

    Args:
        changes_max: that may wait, 1 or more.

    Returns:
        {"levers": what the launch path will read}.
    """
    from gameday.stage.droplet_hosts import raise_if_no_network_manager

    with failing_plainly():
        raise_if_no_network_manager(running(configuration).state)
    return change_levers(
        {"network_backlog_max": changes_max}, configuration=configuration
    )


def network_backlog(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Ask SQS, as the operator, how many network changes wait.

    Returns:
        the number of launches and terminations that are not propagated yet, the one
        in hand included.
    """
    from gameday.aws.queues import MessageQueue
    from gameday.model.network_change import CHANGES_QUEUE

    stage = running(configuration)
    with failing_plainly():
        queue = MessageQueue(stage.operator("sqs"), stage.policy(), name=CHANGES_QUEUE)
        return queue.depth()


def await_network_backlog(
    at_most: int = 1,
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until no more than so many network changes wait, the one in hand included.

    Args:
        at_most: changes.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"backlog": changes that wait then, "waited_s"}.
    """
    seen: list[int] = []

    def is_short() -> int | None:
        seen.append(network_backlog(configuration=configuration))
        return seen[-1] if seen[-1] <= at_most else None

    backlog, waited_s = wait_until(
        is_short,
        timeout_s,
        lambda: f"{seen[-1]} network changes wait; waited for {at_most}",
    )
    return {"backlog": backlog, "waited_s": waited_s}


def launches_without_network(
    older_than_s: float = 2.5,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Count the instances that were launched some time ago and cannot be reached yet.

    Args:
        older_than_s: the time that a new instance is given.

    Returns:
        how many there are now; 0 when everything that was launched has its network.
    """
    from gameday.model.network_seen import launch_networks

    stage = running(configuration)
    with failing_plainly():
        history = recorded(stage)
    now_ns = max((op.end_ns for op in history), default=0)
    return sum(
        each.network_ns is None
        and each.ended_ns is None
        and each.without_ns(until_ns=now_ns) > older_than_s * 1e9
        for each in launch_networks(history)
    )


def watch_network(
    at_most_s: float = 10,
    until_at_most: int = _NEVER_BELOW,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let time pass, and note what waits for the network and how long launches did.

    Nothing is judged here: the hypothesis and the checkers do that.

    Args:
        at_most_s: seconds to watch.
        until_at_most: stop early once no more changes than this wait.

    Returns:
        {"backlogs": changes that waited, one every half second, "longest_backlog",
        "launched": launches meanwhile, "with_network": those of them that can be
        reached, "s_to_network": {"median", "longest"} of those, "watched_s"}.
    """
    from gameday.model.network_seen import launch_networks

    stage = running(configuration)
    since_ns = max((op.end_ns for op in recorded(stage)), default=0)
    backlogs, watched_s = watch_until(
        lambda: network_backlog(configuration=configuration),
        at_most_s,
        lambda backlog: backlog <= until_at_most,
    )
    with failing_plainly():
        history = recorded(stage)
    launched = [e for e in launch_networks(history) if e.launched_ns >= since_ns]
    waits_s = [
        (each.network_ns - each.launched_ns) / 1e9
        for each in launched
        if each.network_ns is not None
    ]
    return {
        "backlogs": backlogs,
        "longest_backlog": max(backlogs),
        "launched": len(launched),
        "with_network": len(waits_s),
        "s_to_network": {
            "median": round(statistics.median(waits_s), 3) if waits_s else 0.0,
            "longest": round(max(waits_s, default=0.0), 3),
        },
        "watched_s": watched_s,
    }
