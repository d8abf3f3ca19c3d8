"""How does the table of variants by hazards read?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.model.story_line import counted
from gameday.model.verdict import Validity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.variant_table import Cell

__all__ = ["variant_document", "variant_lines"]


def _cell(cell: Cell) -> str:
    """Return "yes, 33 calls", "no" or "unknown" with how far it came."""
    found = cell.found
    if found.counterexample is not None:
        calls = counted(len(found.counterexample.schedule), "call")
        return f"yes, {'' if found.counterexample.is_least else 'at most '}{calls}"
    if found.validity is Validity.VALID:
        return f"no, {found.coverage.states:,} states"
    bounds = [
        stage.counts.preemptions
        for stage in cell.watch.stages
        if stage.counts.preemptions is not None
    ]
    return (
        f"unknown, none up to {counted(max(bounds), 'preemption')}"
        if bounds
        else "unknown"
    )


def variant_lines(cells: Sequence[Cell], *, budget_s: float) -> list[str]:
    """Return the table of variants by hazards, and what it rests on."""
    if not cells:
        return ["no cell was explored"]
    hazards = list(dict.fromkeys(cell.hazard for cell in cells))
    variants = list(dict.fromkeys(cell.variant for cell in cells))
    texts = {(cell.variant, cell.hazard): _cell(cell) for cell in cells}
    rows = [
        ["", *hazards],
        *(
            [name, *(texts.get((name, each), "-") for each in hazards)]
            for name in variants
        ),
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    target = cells[0].target
    return [
        *(
            "  ".join(
                text.ljust(width) for text, width in zip(row, widths, strict=True)
            ).rstrip()
            for row in rows
        ),
        "",
        (
            f"region {target.region}: {counted(target.plans, 'plan')}, "
            f"{_all_or(target.enactors, 'enactor')}, "
            f"{_all_or(target.endpoints, 'endpoint')}, no faults; "
            f"at most {budget_s:g} s a cell"
        ),
        (
            "yes: confirmed on the real programs, and nothing breaks with fewer "
            "preemptions,"
        ),
        (
            "nor with as many and fewer calls; at most: after shrinking, not proven "
            "the least"
        ),
        (
            "no: in every interleaving; unknown: the budget ended first, or the "
            "strategy does not go further"
        ),
    ]


def _all_or(count: int | None, thing: str) -> str:
    return f"all {thing}s" if count is None else counted(count, thing)


def variant_document(cells: Sequence[Cell], *, budget_s: float) -> dict[str, Any]:
    """Return the table as a JSON document."""
    return {
        "budget_s": budget_s,
        "cells": [
            {
                "variant": cell.variant,
                "hazard": cell.hazard,
                "property": cell.property_name,
                "validity": cell.found.validity.value,
                "calls": len(cell.found.counterexample.schedule)
                if cell.found.counterexample
                else None,
                "least": cell.found.counterexample.is_least
                if cell.found.counterexample
                else None,
                "states": cell.found.coverage.states,
                "took_s": round(cell.watch.elapsed_s, 3),
            }
            for cell in cells
        ],
    }
