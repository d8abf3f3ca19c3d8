"""What plan does the region need now?

The planner watches the load balancers' health and writes a new plan when
something changed and at every period, because capacity and traffic keep
shifting (most plans of 2025 were such shifts, none of them urgent: DAT453). It
writes generations under a condition, so a second planner is told that it lost.
It knows nothing of Route 53.

Health is a TCP connect to the load balancer. A load balancer that does not
accept is left out of the plan.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from gameday.errors import Indeterminate, StaleGeneration
from gameday.model.plan import Plan, Weights
from gameday.model.safeguards import FREEZE_SWITCH, Freeze, Safeguards

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from gameday.aws.plan_store import PlanStore, Switches

__all__ = ["Planner", "Watch", "accepts", "healthy_load_balancers"]

_CONNECT_TIMEOUT_S = 0.2
_WEIGHT_LEAST, _WEIGHT_MOST = 64, 128

logger = logging.getLogger(__name__)


class Planner:
    """Writes plans for all endpoints of a region."""

    def __init__(
        self,
        *,
        name: str,
        plans: PlanStore,
        switches: Switches,
        safeguards: Safeguards,
        endpoints: Sequence[str],
        random: Random,
    ) -> None:
        self._name = name
        self._plans = plans
        self._switches = switches
        self._safeguards = safeguards
        self._endpoints = tuple(endpoints)
        self._random = random

    def publish(self, healthy: Sequence[str]) -> Plan | None:
        """Write the next plan over the healthy load balancers.

        Returns None when automation is frozen or another planner took the
        generation; the next period plans afresh. An unanswered write is left
        as it is: the next plan reads what became of it.
        """
        if self._safeguards.freeze is Freeze.ON and self._switches.is_on(FREEZE_SWITCH):
            return None
        plan = Plan(
            generation=self._plans.next_generation(),
            endpoints=tuple(
                Weights(endpoint=endpoint, shares=self._shares(healthy))
                for endpoint in self._endpoints
            ),
            made_by=self._name,
        )
        try:
            self._plans.write(plan)
        except (StaleGeneration, Indeterminate) as error:
            logger.info("%s", error)
            return None
        return plan

    def inherited(self) -> list[str]:
        """Return the load balancers of the newest plan, [] before the first."""
        newest = self._plans.newest()
        if newest is None:
            return []
        return sorted({name for w in newest.endpoints for name in w.serving})

    def _shares(self, healthy: Sequence[str]) -> tuple[tuple[str, int], ...]:
        return tuple(
            (name, self._random.randint(_WEIGHT_LEAST, _WEIGHT_MOST))
            for name in sorted(healthy)
        )


class Watch:
    """Tells when a plan is due: at every period, and when health changed."""

    def __init__(self, *, period_ms: int) -> None:
        self._period_ms = period_ms
        self._planned_at_ms: int | None = None
        self._planned_for: list[str] | None = None

    def is_due(self, healthy: list[str], *, now_ms: int) -> bool:
        """Answer whether to plan now; a period of 0 never runs out."""
        if self._planned_at_ms is None or healthy != self._planned_for:
            return True
        return bool(self._period_ms) and (
            now_ms - self._planned_at_ms >= self._period_ms
        )

    def note(self, healthy: list[str], *, now_ms: int) -> None:
        """Remember that a plan over `healthy` was published."""
        self._planned_at_ms = now_ms
        self._planned_for = healthy


def accepts(address: str, port: int) -> bool:
    """Answer whether something accepts TCP connections there."""
    try:
        with socket.create_connection((address, port), timeout=_CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False


def healthy_load_balancers(addresses: Mapping[str, str], port: int) -> list[str]:
    """Return the names of the load balancers that accept connections."""
    return [name for name in sorted(addresses) if accepts(addresses[name], port)]
