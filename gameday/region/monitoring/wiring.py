"""How are the region's monitors put together?

What components tell of themselves, and the alarms that are kept on it and on what the
canaries saw. As built, alarms watch components only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.clock import SystemClock
from gameday.model.detection import Watches
from gameday.region.monitoring.alarm_keeper import AlarmKeeper
from gameday.region.monitoring.component_report import ComponentReport
from gameday.region.wiring import gateway_client

if TYPE_CHECKING:
    from gameday.clock import Clock
    from gameday.region.settings import ActorConfig

__all__ = ["component_report", "wire_monitor"]


def component_report(
    config: ActorConfig, *, service: str, clock: Clock
) -> ComponentReport:
    """Return what a program tells of itself as part of a service."""
    return ComponentReport(
        service=service,
        cloudwatch=gateway_client("cloudwatch", config),
        every_ms=config.integer("component_metrics_ms"),
        clock=clock,
    )


def wire_monitor(config: ActorConfig) -> tuple[AlarmKeeper, Clock]:
    """Return what keeps the alarms, and its clock."""
    clock = SystemClock()
    with_canaries = config.integer("monitor_canaries") > 0
    keeper = AlarmKeeper(
        monitors=[
            each
            for each in config.monitors
            if with_canaries or each.watches is Watches.COMPONENT
        ],
        cloudwatch=gateway_client("cloudwatch", config),
        minute_ms=config.integer("monitor_minute_ms"),
        clock=clock,
    )
    return keeper, clock
