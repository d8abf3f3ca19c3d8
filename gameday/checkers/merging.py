"""What does one hazard come to over all endpoints?

Each checker that looks at endpoints one by one merges by worst: the first
broken endpoint decides, then the first that could not be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.model.reconstruction import ZoneHistory

__all__ = ["OPS_SHOWN_MAX", "merge", "seconds", "valid_unless_undecided"]

OPS_SHOWN_MAX = 20
"""Ops that one finding cites."""

_WORST_FIRST = (Validity.INVALID, Validity.UNKNOWN, Validity.VALID)


def merge(hazard: str, findings: Sequence[Finding]) -> Finding:
    """Return the finding for the region from one finding an endpoint."""
    if not findings:
        return Finding(
            hazard=hazard,
            validity=Validity.UNKNOWN,
            summary="the region names no endpoint",
        )
    ranked = sorted(
        findings,
        key=lambda f: (
            _WORST_FIRST.index(f.validity),
            f.at_ns if f.at_ns is not None else 0,
        ),
    )
    worst = ranked[0]
    alike = [f for f in ranked[1:] if f.validity is worst.validity]
    if not alike:
        return worst
    more = "endpoint" if len(alike) == 1 else "endpoints"
    ops = sorted({op for finding in (worst, *alike) for op in finding.ops})
    return Finding(
        hazard=hazard,
        validity=worst.validity,
        summary=f"{worst.summary} (and so for {len(alike)} more {more})",
        at_ns=worst.at_ns,
        ops=tuple(ops)[:OPS_SHOWN_MAX],
    )


def valid_unless_undecided(
    hazard: str, summary: str, zone_history: ZoneHistory | None
) -> Finding:
    """Return valid, or unknown when a lost reply may hide the opposite."""
    undecided = zone_history.undecided_answers if zone_history else ()
    if not undecided:
        return Finding(hazard=hazard, validity=Validity.VALID, summary=summary)
    first = undecided[0]
    return Finding(
        hazard=hazard,
        validity=Validity.UNKNOWN,
        summary=(
            f"{summary}, but whether op {first.index} of {first.actor} took effect "
            "is not known: its reply was lost"
        ),
        ops=tuple(op.index for op in undecided)[:OPS_SHOWN_MAX],
    )


def seconds(at_ns: int) -> str:
    """Return a moment or duration as seconds with one decimal, e.g. "3.2 s"."""
    return f"{at_ns / 1e9:.1f} s"
