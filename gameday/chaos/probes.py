"""What can an experiment ask a running stage?

Every probe answers a plain JSON value and never null, because Chaos Toolkit
stops with a traceback when a null meets a range. An endpoint that cannot be
reached is an answer (false, 0, []), not an error; a stage that is gone is an
error.

Where `endpoint` is left out, the main endpoint is meant.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos import observing
from gameday.chaos.activities.alarms import alarms_on
from gameday.chaos.activities.balancing import (
    fewest_zones_in_dns,
    share_of_connections_served,
    zones_in_dns,
)
from gameday.chaos.activities.identity import clusters_available
from gameday.chaos.activities.instance_network import (
    launches_without_network,
    network_backlog,
)
from gameday.chaos.activities.launches import instances_running
from gameday.chaos.activities.services import service_works
from gameday.chaos.evidence import JsonList
from gameday.chaos.looking_up import look_up, look_up_everywhere
from gameday.chaos.running import failing_plainly, running
from gameday.clock import SystemClock
from gameday.model.enactment import EndpointView
from gameday.model.safeguards import FREEZE_SWITCH

__all__ = [
    "alarms_on",
    "applied_generation",
    "automation_frozen",
    "clusters_available",
    "detection_time_s",
    "enactors_wedged",
    "endpoint_answers",
    "endpoint_propagated",
    "endpoint_resolves",
    "endpoint_serves",
    "fewest_zones_in_dns",
    "instances_running",
    "launches_without_network",
    "network_backlog",
    "newest_generation",
    "plan_regressions",
    "root_target_exists",
    "rule_fired",
    "service_works",
    "share_of_connections_served",
    "share_of_leases_kept",
    "zones_in_dns",
]

_PATIENCE_S = 1.0
"""How long a customer's connection and read may take."""


def endpoint_resolves(
    endpoint: str = "",
    az: str = "all",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> bool:
    """Ask the resolvers by real DNS whether an endpoint has an address.

    Args:
        endpoint: the endpoint; the main one when left out.
        az: an availability zone, or "all": then every resolver must answer.

    Returns:
        true when there is at least one address.
    """
    stage = running(configuration)
    answers = look_up_everywhere(stage, stage.endpoint(endpoint), az)
    return all(answer.addresses for answer in answers)


def endpoint_answers(
    endpoint: str = "",
    az: str = "all",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonList:
    """Ask the resolvers by real DNS which addresses an endpoint has.

    Args:
        endpoint: the endpoint; the main one when left out.
        az: an availability zone, or "all" for the union over the resolvers.

    Returns:
        a sorted list of IPv4 addresses; [] when there is none.
    """
    stage = running(configuration)
    answers = look_up_everywhere(stage, stage.endpoint(endpoint), az)
    return sorted({address for answer in answers for address in answer.addresses})


def endpoint_propagated(
    endpoint: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> bool:
    """Ask the edge whether every DNS server has the newest version of a zone.

    Args:
        endpoint: the endpoint; the main one when left out.

    Returns:
        true when no change of the endpoint's zone is still on its way.
    """
    stage = running(configuration)
    with failing_plainly():
        zone = stage.edge.zone(stage.endpoint(endpoint))
    return set(zone["served"].values()) == {zone["version"]}


def endpoint_serves(
    endpoint: str = "",
    az: str = "all",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> bool:
    """Do what a customer does: resolve, connect, make a signed GetItem.

    Any answer of the service counts, also an AWS error below 500: the question
    is the way there.

    Args:
        endpoint: the endpoint; the main one when left out.
        az: an availability zone, or "all": then it must serve from every zone.

    Returns:
        true when the service answered.
    """
    from gameday.chaos.serving import serves

    stage = running(configuration)
    name = stage.endpoint(endpoint)
    return all(
        serves(stage, name, look_up(stage, name, zone), patience_s=_PATIENCE_S)
        for zone in stage.zones_of(az)
    )


def share_of_leases_kept(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> float:
    """Read the lease table, by the internal gateway as the operator.

    Returns:
        the share of droplets whose lease has not expired, 0.0 to 1.0; 0.0 when
        there is no lease at all.
    """
    from gameday.aws.leases import LeaseTable
    from gameday.model.lease import share_kept

    stage = running(configuration)
    table = LeaseTable(stage.operator("dynamodb"), stage.policy())
    with failing_plainly():
        leases = table.all()
    return share_kept(leases, now_ms=SystemClock().now_ms())


def root_target_exists(
    endpoint: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> bool:
    """Look into the endpoint's zone: does the tree that root points at exist?

    Args:
        endpoint: the endpoint; the main one when left out.

    Returns:
        true when it does; false when there is no root either.
    """
    view = _view(endpoint, configuration)
    return bool(view.active) and view.active in view.trees


def applied_generation(
    endpoint: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Look into the endpoint's zone: which plan does the root point at?

    Args:
        endpoint: the endpoint; the main one when left out.

    Returns:
        the plan's generation, 0 before the first one.
    """
    return int(_view(endpoint, configuration).active)


def newest_generation(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Read the newest plan from the plan store, as the operator.

    Returns:
        its generation, 0 before the first one.
    """
    with failing_plainly():
        return observing.newest_plan(running(configuration))


def plan_regressions(
    endpoint: str = "all",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Count how often an endpoint's root was moved to an older plan.

    Args:
        endpoint: an endpoint, or "all" for the sum over all of them.

    Returns:
        the count since the stage was opened.
    """
    stage = running(configuration)
    names = stage.endpoints if endpoint == "all" else (stage.endpoint(endpoint),)
    with failing_plainly():
        return sum(observing.regressions(stage, name) for name in names)


def enactors_wedged(
    endpoint: str = "",
    refusals: int = 2,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonList:
    """Find the enactors whose flips Route 53 keeps refusing.

    Args:
        endpoint: the endpoint; the main one when left out.
        refusals: how many flips in a row must have named a tree that is gone,
            with no flip by anybody working since.

    Returns:
        a sorted list of actors; [] when nobody is wedged.
    """
    stage = running(configuration)
    with failing_plainly():
        return observing.wedged_enactors(stage, stage.endpoint(endpoint), refusals)


def detection_time_s(
    endpoint: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> float:
    """Measure how long the canary took to raise its alarm.

    Args:
        endpoint: the endpoint; the main one when left out.

    Returns:
        seconds from the first empty DNS answer to SetAlarmState ALARM; -1.0
        when one of the two has not happened.
    """
    stage = running(configuration)
    with failing_plainly():
        return observing.detection_s(stage, stage.endpoint(endpoint))


def rule_fired(
    rule: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> int:
    """Count the calls that a fault has decided, also after it was cleared.

    Args:
        rule: the name of the rule.

    Returns:
        the count; 0 when it never fired or was never set.
    """
    with failing_plainly():
        return observing.fired(running(configuration), rule)


def automation_frozen(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> bool:
    """Read the global stop switch, as the operator.

    Returns:
        true when it is on.
    """
    from gameday.aws.plan_store import Switches

    stage = running(configuration)
    with failing_plainly():
        return Switches(stage.operator("dynamodb"), stage.policy()).is_on(FREEZE_SWITCH)


def _view(endpoint: str, configuration: Configuration) -> EndpointView:
    stage = running(configuration)
    with failing_plainly():
        return stage.view(stage.endpoint(endpoint))
