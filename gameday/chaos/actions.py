"""What can an experiment do to a running stage?

All actions in one place, as Chaos Toolkit's extension convention asks; they
live in the modules that answer for their kind.

Whatever an action changes has its opposite here, and the control undoes at the
end of the experiment what nobody has undone.
"""

from gameday.chaos.activities.actors import (
    kill_actor,
    pause_actor,
    restart_actor,
    resume_actor,
)
from gameday.chaos.activities.alarms import await_alarm
from gameday.chaos.activities.automation import (
    freeze_automation,
    publish_plan,
    unfreeze_automation,
)
from gameday.chaos.activities.balancing import (
    await_zones_in_dns,
    limit_removals,
    switch_failover,
    watch_connections,
)
from gameday.chaos.activities.clocks import jump_clock, restore_clock, skew_clock
from gameday.chaos.activities.dns_faults import (
    fail_dns,
    hold_zone_version,
    release_zone_version,
    slow_dns,
)
from gameday.chaos.activities.droplets import (
    change_levers,
    pull_levers,
    release_levers,
    restart_hosts,
    throttle_intake,
    watch_leases,
)
from gameday.chaos.activities.duplicates import duplicate_requests
from gameday.chaos.activities.faults import (
    drop_requests,
    drop_responses,
    inject_error,
    inject_latency,
    inject_throttle,
)
from gameday.chaos.activities.health_checks import await_checkers
from gameday.chaos.activities.holds import await_hold, clear, hold, release
from gameday.chaos.activities.identity import await_copy_lag, pin_to_internal_path
from gameday.chaos.activities.instance_network import (
    await_network_backlog,
    limit_network_backlog,
    watch_network,
)
from gameday.chaos.activities.launches import await_launch
from gameday.chaos.activities.network import (
    bring_load_balancer_up,
    pause_propagation,
    resume_propagation,
    take_load_balancer_down,
)
from gameday.chaos.activities.partitions import heal_az, partition_az
from gameday.chaos.activities.record_time import await_record
from gameday.chaos.activities.repair import repair_endpoint
from gameday.chaos.activities.services import await_canary, end_instances
from gameday.chaos.activities.signatures import reject_skewed_signatures
from gameday.chaos.activities.stale_reads import serve_stale_reads
from gameday.chaos.activities.waiting import (
    await_answer,
    await_empty,
    await_fired,
    await_generation,
    await_leases,
    await_plans,
    await_settled,
)
from gameday.chaos.activities.watching import (
    await_call,
    await_tree_deleted,
    watch_endpoint,
)

__all__ = [
    "await_alarm",
    "await_answer",
    "await_call",
    "await_canary",
    "await_checkers",
    "await_copy_lag",
    "await_empty",
    "await_fired",
    "await_generation",
    "await_hold",
    "await_launch",
    "await_leases",
    "await_network_backlog",
    "await_plans",
    "await_record",
    "await_settled",
    "await_tree_deleted",
    "await_zones_in_dns",
    "bring_load_balancer_up",
    "change_levers",
    "clear",
    "drop_requests",
    "drop_responses",
    "duplicate_requests",
    "end_instances",
    "fail_dns",
    "freeze_automation",
    "heal_az",
    "hold",
    "hold_zone_version",
    "inject_error",
    "inject_latency",
    "inject_throttle",
    "jump_clock",
    "kill_actor",
    "limit_network_backlog",
    "limit_removals",
    "partition_az",
    "pause_actor",
    "pause_propagation",
    "pin_to_internal_path",
    "publish_plan",
    "pull_levers",
    "reject_skewed_signatures",
    "release",
    "release_levers",
    "release_zone_version",
    "repair_endpoint",
    "restart_actor",
    "restart_hosts",
    "restore_clock",
    "resume_actor",
    "resume_propagation",
    "serve_stale_reads",
    "skew_clock",
    "slow_dns",
    "switch_failover",
    "take_load_balancer_down",
    "throttle_intake",
    "unfreeze_automation",
    "watch_connections",
    "watch_endpoint",
    "watch_leases",
    "watch_network",
]
