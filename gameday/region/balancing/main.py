"""Where does each program of the load balancer start, and how does it go on?

One function an actor; the region file names them
(`gameday.region.balancing.main:health_checker`). Each takes turns until it is stopped.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gameday.model.component_metrics import CHECKS_CARRIED_OUT
from gameday.region.balancing.wiring import (
    wire_customers,
    wire_health_checker,
    wire_load_balancing,
    wire_node,
)
from gameday.region.monitoring.wiring import component_report
from gameday.region.turns import run_rounds

if TYPE_CHECKING:
    from gameday.region.settings import ActorConfig

__all__ = ["customers", "health_checker", "load_balancing", "node"]


def health_checker(config: ActorConfig) -> None:
    """Check the targets of one zone, and tell of how many it checked."""
    program, clock = wire_health_checker(config)
    report = component_report(config, service="nlb", clock=clock)

    def turn() -> bool:
        busy = program.turn()
        if report.is_due():
            report.tell({CHECKS_CARRIED_OUT: program.checks_carried_out})
        return busy

    run_rounds(turn, clock=clock, every_ms=config.setting("checker_round_ms"))


def load_balancing(config: ActorConfig) -> None:
    """Keep the load balancer's zones in DNS."""
    program, clock = wire_load_balancing(config)
    run_rounds(program.turn, clock=clock, every_ms=config.setting("balancer_look_ms"))


def node(config: ActorConfig) -> None:
    """Take the connections of one zone's customers."""
    program, server, clock = wire_node(config)
    threading.Thread(target=server.serve_forever, name="node", daemon=True).start()
    run_rounds(program.turn, clock=clock, every_ms=config.setting("balancer_look_ms"))


def customers(config: ActorConfig) -> None:
    """Come to the load balancer again and again, and tell how that went."""
    canary, clock = wire_customers(config)
    run_rounds(canary.look, clock=clock, every_ms=config.setting("canary_period_ms"))
