"""Which numbers do the region's own programs read, and what do they mean?

Each has a default here, so that a misspelt name is an error in the region file and
never a silent default. A stranger's program may be given any others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gameday.region.balancing.known_numbers import BALANCER_SETTINGS
from gameday.region.setting_kinds import Number, Setting, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KNOWN_SETTINGS",
    "Number",
    "Setting",
    "Span",
    "given_number",
    "given_span",
]

KNOWN_SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "planner_period_ms": Setting(
            default=600, meaning="time between two plans of the planner"
        ),
        "planner_look_ms": Setting(
            default=200, meaning="time between two looks at the load balancers"
        ),
        "enactor_poll_ms": Setting(
            default=100, meaning="time between two looks for a newer plan"
        ),
        "lock_ttl_ms": Setting(
            default=4000, meaning="how long a lock lives after its last heartbeat"
        ),
        "lock_backoff_ms": Setting(
            default=(50, 400), meaning="shortest and longest wait after a lost lock"
        ),
        "lock_losses_max": Setting(
            default=5, meaning="losses in a row after which a plan is abandoned"
        ),
        "cleanup_keep_plans": Setting(
            default=2, meaning="newest plan trees that clean-up leaves alone"
        ),
        "cleanup_settle_ms": Setting(
            default=250, meaning="rest between applying a plan and cleaning up"
        ),
        "droplets": Setting(default=200, meaning="droplets that carry a lease"),
        "lease_ttl_ms": Setting(
            default=9000, meaning="how long a lease lives after its last renewal"
        ),
        "lease_workers": Setting(
            default=4, meaning="threads that renew leases at the same time"
        ),
        "lease_backoff_ms": Setting(
            default=(500, 2000), meaning="wait after a renewal that failed"
        ),
        "droplets_owned": Setting(
            default=(1, 200), meaning="first and last droplet of this host"
        ),
        "droplet_workers": Setting(
            default=2, meaning="state checks that a host has under way at once"
        ),
        "droplet_renew_every_ms": Setting(
            default=4000, meaning="time from a renewal of a droplet's lease to the next"
        ),
        "droplet_timeout_ms": Setting(
            default=4000, meaning="when an attempt is given up, from its queueing"
        ),
        "droplet_check_ms": Setting(
            default=10, meaning="mean time in which a droplet answers a state check"
        ),
        "droplet_inventory_ms": Setting(
            default=130, meaning="mean time it takes on top when its lease was lost"
        ),
        "droplet_call_ms": Setting(
            default=10, meaning="what a call to the lease table is reckoned to take"
        ),
        "droplet_rediscovery_ms": Setting(
            default=100, meaning="time over which a restarted host finds its droplets"
        ),
        "droplet_commission_ms": Setting(
            default=20_000, meaning="time over which a host takes on droplets at first"
        ),
        "launch_every_ms": Setting(
            default=1000, meaning="time between two launches that are asked for"
        ),
        "launch_limit_per_s": Setting(
            default=0.4, meaning="launches let in while operators throttle intake"
        ),
        "instances_max": Setting(
            default=6, meaning="of more instances than these the oldest are ended"
        ),
        "request_timeout_ms": Setting(
            default=3000, meaning="how long a customer waits for a service's answer"
        ),
        "request_poll_ms": Setting(
            default=150, meaning="time between two looks for an answer or a request"
        ),
        "reply_poll_ms": Setting(
            default=250,
            meaning="time between two looks for the reply of an invocation or a task",
        ),
        "redshift_clusters": Setting(default=2, meaning="clusters, with a host each"),
        "redshift_check_ms": Setting(
            default=500, meaning="time between two looks at the hosts' credentials"
        ),
        "redshift_credentials_ms": Setting(
            default=12_000, meaning="how long the credentials of a host last"
        ),
        "replacement_needs_launches": Setting(
            default=0, meaning="1: no host is replaced before a launch has succeeded"
        ),
        "replacement_evidence_ms": Setting(
            default=6000, meaning="how old a launch may be that speaks for launches"
        ),
        "replacements_max": Setting(
            default=1, meaning="hosts that may be replaced at once, with that evidence"
        ),
        "group_lookup_local": Setting(
            default=0,
            meaning="1: groups of IAM users are looked up in their region",
        ),
        "support_doubts_answers": Setting(
            default=0, meaning="1: a look-up that answers wrongly counts for nothing"
        ),
        "replication_rest_ms": Setting(
            default=100, meaning="time between two looks for what is to be replicated"
        ),
        "replication_lag_max_ms": Setting(
            default=5000, meaning="how late a copy may be in the eyes of its canary"
        ),
        "customer_takes_over": Setting(
            default=0, meaning="1: a customer of two regions goes to its copy"
        ),
        "customer_write_every_ms": Setting(
            default=250, meaning="time between two writes of that customer"
        ),
        "failures_to_take_over": Setting(
            default=3, meaning="failures in a row after which it goes there"
        ),
        "lever_poll_ms": Setting(
            default=250, meaning="time between two looks at the operators' levers"
        ),
        "launches_tell_network": Setting(
            default=0, meaning="1: the network manager hears of launches, and of ends"
        ),
        "launches_at_once": Setting(
            default=3, meaning="missing instances that owners ask for at one time"
        ),
        "instances_min": Setting(
            default=2, meaning="of no more instances than these owners end none"
        ),
        "network_change_ms": Setting(
            default=200, meaning="mean time in which a network change is propagated"
        ),
        "network_call_ms": Setting(
            default=100, meaning="what the calls about a change are reckoned to take"
        ),
        "network_backlog_max": Setting(
            default=0, meaning="no launch while so many changes wait; 0: no bound"
        ),
        "network_poll_ms": Setting(
            default=50, meaning="rest of the network and its manager with nothing to do"
        ),
        "network_patience_ms": Setting(
            default=2500, meaning="after which a new instance is to be reachable"
        ),
        "plan_store_through_endpoint": Setting(
            default=0, meaning="1: enactors reach their plans by the main endpoint"
        ),
        "story_scale": Setting(
            default=60, meaning="seconds of the record that pass in a second of a run"
        ),
        "call_timeout_ms": Setting(
            default=10_000, meaning="how long a program waits for AWS to answer a call"
        ),
        "canary_failures_to_alarm": Setting(
            default=3, meaning="failures in a row after which the alarm is set; 0: none"
        ),
        "component_metrics_ms": Setting(
            default=0, meaning="time between two reports of a component; 0: none"
        ),
        "monitor_minute_ms": Setting(
            default=1000, meaning="how long a minute of CloudWatch takes here"
        ),
        "monitor_canaries": Setting(
            default=0, meaning="1: canaries have alarms too, not components only"
        ),
        "canary_leases_kept_share": Setting(
            default=0.9, meaning="share of leases that must be kept to be well"
        ),
        "canary_period_ms": Setting(
            default=300, meaning="time between two rounds of the canary"
        ),
        "service_canary_period_ms": Setting(
            default=2000, meaning="time between two looks at a service"
        ),
        "invocation_instances": Setting(
            default=4, meaning="instances that carry out invocations"
        ),
        "fleet_check_failures_max": Setting(
            default=0, meaning="failed checks that end a service's instance; 0: none"
        ),
        "fleet_checked_by_balancer": Setting(
            default=0,
            meaning="1: the load balancer's checkers check them; 0: the service does",
        ),
        "fleet_check_grace_ms": Setting(
            default=0, meaning="how long a new instance may fail its checks"
        ),
        "fleet_check_timeout_ms": Setting(
            default=300, meaning="how long a service's instance has to answer a check"
        ),
        "invocations_per_instance_per_s": Setting(
            default=2, meaning="invocations that an instance carries out in a second"
        ),
        "invocation_round_ms": Setting(
            default=500, meaning="time between two rounds of invocations"
        ),
        "invocation_patience_ms": Setting(
            default=3000, meaning="how long a caller waits for an invocation"
        ),
        "invocations_protect_sync": Setting(
            default=0, meaning="1: a shortage spares synchronous invocations, always"
        ),
        "async_invocations_per_s": Setting(
            default=2, meaning="asynchronous invocations that customers ask for"
        ),
        "queue_messages_per_s": Setting(
            default=2, meaning="messages that customers put into a queue with a poller"
        ),
        "stream_records_per_s": Setting(
            default=1, meaning="records that customers put into a stream with a poller"
        ),
        "traffic_every_ms": Setting(
            default=1000,
            meaning="time between two turns of customers who wait for none",
        ),
        "poll_every_ms": Setting(
            default=1000, meaning="time between two polls of a poller"
        ),
        "queue_poller_retries": Setting(
            default=0, meaning="1: the poller of queues polls on after an error"
        ),
        "queue_poller_restart_ms": Setting(
            default=0, meaning="after which a supervisor starts it again; 0: never"
        ),
        "event_patience_ms": Setting(
            default=5000, meaning="after which an event that was not handled is late"
        ),
        "container_instances_max": Setting(
            default=3, meaning="of more container instances the oldest are ended"
        ),
        "task_patience_ms": Setting(
            default=5000, meaning="how long a customer waits for a container"
        ),
        "contact_patience_ms": Setting(
            default=5000, meaning="how long a caller waits to be put through"
        ),
        **BALANCER_SETTINGS,
    }
)


def given_number(settings: Mapping[str, Any], name: str) -> Number:
    """Return a number as it is given, or its default; ValueError when it is none."""
    value = settings.get(name, KNOWN_SETTINGS[name].default)
    if not isinstance(value, int | float):
        raise _wrong(name, value, "one number")
    return value


def given_span(settings: Mapping[str, Any], name: str) -> tuple[int, int]:
    """Return a first and a last number likewise."""
    value = settings.get(name, KNOWN_SETTINGS[name].default)
    if not isinstance(value, tuple | list):
        raise _wrong(name, value, "[first, last]")
    return round(value[0]), round(value[1])


def _wrong(name: str, value: Any, wanted: str) -> ValueError:
    return ValueError(f"{name} is {value}, and should be {wanted}")
