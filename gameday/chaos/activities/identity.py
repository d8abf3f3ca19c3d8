"""What can operators do for services that sign-in hangs on, and what do they see?

A program is pinned to the path to DynamoDB that needs no public name; that is one of
the operators' levers, and the others stay as they are. How late the copies in another
region are is read from what replication and its customers told.
"""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonList, JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import failing_plainly, running

__all__ = ["await_copy_lag", "clusters_available", "pin_to_internal_path"]


def pin_to_internal_path(
    programs: JsonList = [],  # noqa: B006 - only read, and discovery shows it
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let some programs reach DynamoDB without its public name; the others do not.

    Args:
        programs: actors of the region; none lets go of all.

    Returns:
        {"programs": those that are pinned now}.
    """
    from dataclasses import replace

    from gameday.aws.lever_store import LeverStore
    from gameday.near_names import unknown_name

    stage = running(configuration)
    for program in programs:
        if program not in stage.state.region.actors:
            raise ActivityFailed(
                unknown_name("actor", program, stage.state.region.actors)
            )
    with failing_plainly():
        store = LeverStore(stage.operator("dynamodb"), stage.policy())
        store.write(replace(store.read(), internal_path_for=tuple(programs)))
        stage.edge.mark("pin_to_internal_path", {"programs": list(programs)})
    return {"programs": list(programs)}


def await_copy_lag(
    metric: str = "VersionsBehind",
    at_least: float = 1,
    timeout_s: float = 20,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until a copy was measured to be late, at any time of the run.

    Args:
        metric: "VersionsBehind" (a customer who went to the copy) or
            "ReplicationLatency" (milliseconds that a change was on its way).
        at_least: the least that counts.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"metric", "region": where the copy is, "value", "waited_s"}.
    """
    from gameday.model.replication_seen import BEHIND_METRIC, LATENCY_METRIC, copy_lags

    if metric not in {BEHIND_METRIC, LATENCY_METRIC}:
        raise ActivityFailed(
            f"{metric!r} is neither {BEHIND_METRIC} nor {LATENCY_METRIC}"
        )
    stage = running(configuration)
    told: list[float] = []

    def late() -> JsonObject | None:
        lags = [each for each in copy_lags(recorded(stage)) if each.metric == metric]
        told[:] = [each.value for each in lags]
        return next(
            (
                {"metric": metric, "region": each.region, "value": each.value}
                for each in lags
                if each.value >= at_least
            ),
            None,
        )

    with failing_plainly():
        found, waited_s = wait_until(
            late,
            timeout_s,
            lambda: f"{metric} was {told[-5:]} at last; waited for {at_least}",
        )
    return {**found, "waited_s": waited_s}


def clusters_available(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Ask Redshift, by DescribeClusters as the operator, how many clusters serve.

    Returns:
        the number of clusters whose status is "available".
    """
    stage = running(configuration)
    with failing_plainly():
        reply = stage.operator("redshift").describe_clusters()
    statuses = [each["ClusterStatus"] for each in reply["Clusters"]]
    return statuses.count("available")
