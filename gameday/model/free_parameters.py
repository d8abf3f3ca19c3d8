"""Which numbers of the lease model does the public record fix, and which are ours?

AWS published what happened, not one constant of the droplet workflow manager. The
record fixes bounds and one sum; everything else was chosen, and whatever is shown
must say so. `PARAMETERS` has a line for every field of the fleet, of the outage and
of the service law; a test keeps it complete.

The sensitivities were measured on the incident's curve (2.3 of the model notes).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gameday.model.lease_fleet import LeaseFleet

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "PARAMETERS",
    "SLOW_AT_QUEUE_PER_DROPLET",
    "Origin",
    "Parameter",
    "parameters_of",
    "reference_fleet",
]

SLOW_AT_QUEUE_PER_DROPLET = 1
"""With one job a droplet queued a call takes twice as long, where the queue slows."""


class Origin(StrEnum):
    """Where a number comes from."""

    FREE = "free"
    """Chosen here; the record says nothing of it."""
    BOUNDED = "bounded"
    """Chosen here inside what the record allows."""
    RECORD = "record"
    """Stated in AWS's summary of the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One number of the model.

    Attributes:
        name: of the field it fills.
        origin: whether it is known.
        record: what the record says about it, empty when nothing.
        chosen: what we take, and how much it matters.
        program: whose number it is, by the name of the function that a region file
            runs.
    """

    name: str
    origin: Origin
    record: str = ""
    chosen: str
    program: str = "droplet_workflow_manager"


PARAMETERS = (
    Parameter(
        name="droplets",
        origin=Origin.FREE,
        chosen="300 to 2000 a host; the curves depend on it only as 1/sqrt(droplets)",
    ),
    Parameter(
        name="workers",
        origin=Origin.FREE,
        chosen="2 to 8; only passes through the fleet matter (1 to 64: +-1 min)",
    ),
    Parameter(
        name="renew_every_ms",
        origin=Origin.BOUNDED,
        record="a state check with every droplet every few minutes",
        chosen="4 min (3 to 5: +-1 min)",
    ),
    Parameter(
        name="lease_ms",
        origin=Origin.FREE,
        chosen="12 min, three renewals (8 to 30: +-1 min)",
    ),
    Parameter(
        name="timeout_ms",
        origin=Origin.BOUNDED,
        record="establishing took longer than its time-out: collapse number > 2",
        chosen="4 min; at 6.7 min the collapse number is 1.7 and nothing collapses",
    ),
    Parameter(
        name="renew_cost_ms",
        origin=Origin.FREE,
        chosen="84 s a pass, so that renewals take 0.35 of the workers' time",
    ),
    Parameter(
        name="establish_cost_ms",
        origin=Origin.BOUNDED,
        record="74 min from throttle to all leases: pass / rate + stagger of restarts",
        chosen="670 s a pass, 8 times a renewal (4 to 16 times: +-1 min)",
    ),
    Parameter(
        name="fail_cost_ms",
        origin=Origin.FREE,
        chosen="as much as a renewal; anything far under a time-out is the same",
    ),
    Parameter(
        name="service law",
        origin=Origin.FREE,
        chosen="exponential; its spread was not varied",
    ),
    Parameter(
        name="slow_at_queue",
        origin=Origin.FREE,
        record="restarted hosts had empty queues and shorter processing times",
        chosen="off, or linear: twice as long with one job a droplet queued",
    ),
    Parameter(
        name="from_ms",
        origin=Origin.RECORD,
        record="23:48 PDT",
        chosen="minute 0; drills start later, on a host in steady state",
    ),
    Parameter(
        name="to_ms",
        origin=Origin.RECORD,
        record="02:25 PDT, minute 157",
        chosen="anything longer than lease + time-out collapses alike (16 min)",
    ),
    Parameter(
        name="lost_over_ms",
        origin=Origin.FREE,
        record="leases ran out one by one until 02:24",
        chosen="hosts lose the table uniformly over 140 min, as pooled connections do",
    ),
    Parameter(
        name="back_over_ms",
        origin=Origin.BOUNDED,
        record="cached answers were gone by 02:40",
        chosen="uniformly over 15 min",
    ),
    Parameter(
        name="answer",
        origin=Origin.RECORD,
        record="the name resolved to nothing",
        chosen="unreachable; 503 is the ablation",
    ),
    Parameter(
        name="network_change_ms",
        origin=Origin.FREE,
        chosen="0.2 s, exponential, and 0.1 s of calls: 0.6 of what is possible",
        program="network_manager",
    ),
    Parameter(
        name="network_backlog_max",
        origin=Origin.BOUNDED,
        record="work is to be limited by the size of the waiting queue (a promise)",
        chosen="2 changes, so that a new one waits less than network_patience_ms",
        program="network_manager",
    ),
    Parameter(
        name="network_patience_ms",
        origin=Origin.FREE,
        chosen="3 s, ten changes; after it a new instance is in service",
        program="network_manager",
    ),
    Parameter(
        name="deferred changes",
        origin=Origin.BOUNDED,
        record="with the leases came the launches and terminations of the whole outage",
        chosen="one termination a second of the outage, up to 12, and as many launches",
        program="network_manager",
    ),
    Parameter(
        name="checks per round",
        origin=Origin.BOUNDED,
        record="flapping put the health check system under more load than it carried",
        chosen="1.5 a target: nothing is late while nothing flaps",
        program="health_checker",
    ),
    Parameter(
        name="checker_transition_checks",
        origin=Origin.FREE,
        chosen="10 checks a change of state; at 4 the loop does not keep itself up",
        program="health_checker",
    ),
    Parameter(
        name="checker_deadline_ms",
        origin=Origin.FREE,
        record="checks were delayed, and delayed checks led to failover",
        chosen="1.5 rounds of 0.5 s",
        program="health_checker",
    ),
    Parameter(
        name="thresholds",
        origin=Origin.FREE,
        chosen="out after 3 failed checks in a row, in after one that passed",
        program="health_checker",
    ),
    Parameter(
        name="zone_healthy_percent_min",
        origin=Origin.FREE,
        chosen="75: a zone of four leaves DNS when two are unhealthy",
        program="load_balancing",
    ),
    Parameter(
        name="velocity",
        origin=Origin.BOUNDED,
        record="the capacity that one load balancer may remove is to be limited",
        chosen="40 % of the targets in half a minute, 60 % stay: one zone of three",
        program="load_balancing",
    ),
    Parameter(
        name="load",
        origin=Origin.BOUNDED,
        record="errors where what remained was less than the load, and not elsewhere",
        chosen="10 connections at once on 24: two zones carry them, one does not",
        program="customers",
    ),
    Parameter(
        name="monitor_minute_ms",
        origin=Origin.FREE,
        chosen="1 s, so that a minute of CloudWatch is one of the day at 60 times",
        program="monitor",
    ),
    Parameter(
        name="evaluation_periods",
        origin=Origin.BOUNDED,
        record="DNS was named after 50 min, the load balancers' checks after 82",
        chosen="3 for canaries and heartbeats; 8 for what falls for harmless reasons",
        program="monitor",
    ),
    Parameter(
        name="capacity",
        origin=Origin.FREE,
        record="internal systems were too small after instances had been ended",
        chosen="4 instances of 4 a second for 6 that are asked; one alone is short",
        program="invocations",
    ),
    Parameter(
        name="invocations_protect_sync",
        origin=Origin.RECORD,
        record="event sources and asynchronous invocations were throttled",
        chosen="off as built, a lever for operators; on, it is the safeguard",
        program="invocations",
    ),
    Parameter(
        name="queue_poller_restart_ms",
        origin=Origin.RECORD,
        record="the SQS poller did not recover by itself; operators restored it",
        chosen="never as built; 2 s where a supervisor starts it again",
        program="queue_poller",
    ),
    Parameter(
        name="fleet_check_failures_max",
        origin=Origin.FREE,
        record="failing health checks ended instances of internal fleets",
        chosen="off where instances have no address; 2 looks in a row in the day",
        program="function_fleet",
    ),
    Parameter(
        name="redshift_credentials_ms",
        origin=Origin.FREE,
        record="credentials of nodes expired before they could be refreshed",
        chosen="longer than a lease, so that launches fail before hosts are due",
        program="redshift_hosts",
    ),
    Parameter(
        name="redshift_clusters",
        origin=Origin.FREE,
        chosen="2, with a host each; enough for one that is back and one that is not",
        program="redshift_hosts",
    ),
    Parameter(
        name="replacement_evidence_ms",
        origin=Origin.FREE,
        chosen="half a lifetime of credentials; only the gate reads it",
        program="redshift_hosts",
    ),
    Parameter(
        name="replication_rest_ms",
        origin=Origin.FREE,
        record="replicas caught up by 02:32, 7 min after the name was back",
        chosen="0.1 s a look, 25 records each; the backlog here is small",
        program="global_tables",
    ),
    Parameter(
        name="failures_to_take_over",
        origin=Origin.FREE,
        chosen="3 in a row; no customer of the record is known",
        program="two_regions",
    ),
)


def parameters_of(programs: Collection[str]) -> tuple[Parameter, ...]:
    """Return the numbers of these programs, in the order in which they are kept."""
    return tuple(each for each in PARAMETERS if each.program in programs)


def reference_fleet(*, droplets: int = 300, workers: int = 2) -> LeaseFleet:
    """Return the fleet of all our runs, in the size asked for.

    The passes, and so the curves, are the same in every size. Take sizes with
    workers / droplets at most 1 / 150; else single services show (`job_share`).
    """
    return LeaseFleet.of_passes(
        droplets=droplets,
        workers=workers,
        renewal_pass_ms=84_000,
        fleet_time_ms=670_000,
        renew_every_ms=240_000,
        lease_ms=720_000,
        timeout_ms=240_000,
    )
