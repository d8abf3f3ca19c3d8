"""What do the components of the region tell of themselves?

The names under which programs tell CloudWatch how they are doing, as far as they know:
that they take their turns, what they have applied, renewed or checked. A component that
does its work well while nobody can reach what it keeps says that all is well, and it is
right; that is what an end-to-end canary is for.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CHECKS_CARRIED_OUT",
    "COMPONENTS_NAMESPACE",
    "COMPONENT_METRICS",
    "LEASES_RENEWED",
    "PLANS_TAKEN_UP",
    "TURNS_TAKEN",
]

COMPONENTS_NAMESPACE: Final = "gameday/components"

TURNS_TAKEN: Final = "TurnsTaken"
PLANS_TAKEN_UP: Final = "PlansTakenUp"
LEASES_RENEWED: Final = "LeasesRenewed"
CHECKS_CARRIED_OUT: Final = "ChecksCarriedOut"

COMPONENT_METRICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dns": (TURNS_TAKEN, PLANS_TAKEN_UP),
        "dwfm": (LEASES_RENEWED,),
        "nlb": (CHECKS_CARRIED_OUT,),
    }
)
"""The metrics of each service whose programs tell of themselves, by its name."""
