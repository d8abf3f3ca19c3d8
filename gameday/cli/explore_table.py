"""`gameday explore --table`: five variants by three hazards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gameday.cli.counterexample_files import save_counterexample
from gameday.cli.searching import searching
from gameday.explore.interleaving import Faults
from gameday.explore.variant_table import explore_variants
from gameday.model.verdict import Validity
from gameday.report.variants import variant_document, variant_lines

if TYPE_CHECKING:
    from pathlib import Path

    from gameday.explore.region_problem import RegionTarget

__all__ = ["explore_table"]

EXIT_UNKNOWN = 3
EXIT_INTERRUPTED = 130


def explore_table(
    target: RegionTarget,
    *,
    budget_s: float,
    strategy: str,
    preemptions: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> int:
    """Explore every cell and print the table; 0 when every cell is known."""
    cells = []
    with searching() as watched:
        for cell in explore_variants(
            target,
            budget_s=budget_s,
            strategy=strategy,
            preemptions=preemptions,
            seed=seed,
            began=watched,
        ):
            cells.append(cell)
            save_counterexample(cell.found, cell.target, Faults(), seed=seed, out=out)
    if as_json:
        click.echo(json.dumps(variant_document(cells, budget_s=budget_s), indent=2))
    else:
        for line in variant_lines(cells, budget_s=budget_s):
            click.echo(line)
    if any(cell.watch.stopped for cell in cells):
        return EXIT_INTERRUPTED
    known = all(cell.found.validity is not Validity.UNKNOWN for cell in cells)
    return 0 if known else EXIT_UNKNOWN
