"""Which protections does a control plane have switched on?

Each safeguard is an independent switch with a closed set of values; a *design*
is a named set of them. The first value of every switch is what the region had
in October 2025, so `Safeguards()` is the system as it was built.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DESIGNS",
    "FREEZE_SWITCH",
    "SWITCHES",
    "Abandon",
    "CleanupGuard",
    "Freeze",
    "Freshness",
    "PlanSafety",
    "Rollback",
    "Safeguards",
]


FREEZE_SWITCH = "freeze"
"""The name under which operators turn the global stop switch."""


class Freshness(StrEnum):
    """When an enactor checks that its plan is newer than the active one."""

    AT_PICKUP = "at-pickup"
    """Once, before the first endpoint; the answer is stale by the last."""
    BEFORE_EACH_ENDPOINT = "before-each-endpoint"
    """Again as each endpoint's turn comes, before waiting for its lock."""
    IN_BATCH = "in-batch"
    """In the flip itself: a compare-and-swap on the root alias."""


class Abandon(StrEnum):
    """Whether an enactor that keeps losing a lock drops its plan."""

    NEVER = "never"
    AFTER_LOSSES = "after-losses"


class CleanupGuard(StrEnum):
    """When clean-up asks whether the tree it deletes is live."""

    NONE = "none"
    """Never: it goes by age alone."""
    AT_SCAN = "at-scan"
    """When it selects its victims; they may go live before they are deleted."""
    IN_BATCH = "in-batch"
    """In the delete batch itself, by asserting root and rollback unchanged."""


class Rollback(StrEnum):
    """What a flip does when the tree it should keep for rollback is gone."""

    STRICT = "strict"
    """Point the rollback alias at it anyway; Route 53 refuses the batch."""
    TOLERANT = "tolerant"
    """Leave the rollback alias out, so that the flip can heal the endpoint."""


class PlanSafety(StrEnum):
    """Whether a plan that removes too much is refused."""

    NONE = "none"
    REFUSE = "refuse"


class Freeze(StrEnum):
    """Whether the region's automation obeys the global stop switch."""

    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguards:
    """One value for every switch."""

    freshness: Freshness = Freshness.AT_PICKUP
    abandon: Abandon = Abandon.NEVER
    cleanup_guard: CleanupGuard = CleanupGuard.NONE
    rollback: Rollback = Rollback.STRICT
    plan_safety: PlanSafety = PlanSafety.NONE
    freeze: Freeze = Freeze.OFF

    @classmethod
    def parse(
        cls, switches: Mapping[str, str], *, over: Safeguards | None = None
    ) -> Safeguards:
        """Return `over` (default: as built) with the named switches set.

        Raises ValueError naming every unknown switch or value and the nearest
        valid one.
        """
        problems: list[str] = []
        values: dict[str, StrEnum] = {}
        for name, text in switches.items():
            kind = SWITCHES.get(name)
            if kind is None:
                problems.append(_unknown("safeguard", name, tuple(SWITCHES)))
            elif text not in {member.value for member in kind}:
                known = tuple(member.value for member in kind)
                problems.append(_unknown(f"value of {name}", str(text), known))
            else:
                values[name] = kind(text)
        if problems:
            raise ValueError("; ".join(problems))
        return replace(over or cls(), **values)  # type: ignore[arg-type]

    def render(self) -> dict[str, str]:
        """Return the switches as plain text values, for documents."""
        return {field.name: getattr(self, field.name).value for field in fields(self)}


SWITCHES: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "freshness": Freshness,
        "abandon": Abandon,
        "cleanup_guard": CleanupGuard,
        "rollback": Rollback,
        "plan_safety": PlanSafety,
        "freeze": Freeze,
    }
)

DESIGNS: Mapping[str, Safeguards] = MappingProxyType(
    {
        "as-built": Safeguards(),
        "fenced": Safeguards(
            freshness=Freshness.IN_BATCH,
            abandon=Abandon.AFTER_LOSSES,
            cleanup_guard=CleanupGuard.IN_BATCH,
            rollback=Rollback.TOLERANT,
            plan_safety=PlanSafety.REFUSE,
            freeze=Freeze.ON,
        ),
    }
)


def _unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return f"unknown {what} {name!r}; {hint}"
