"""How is an exploration shown: on a terminal, as JSON, as a page?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gameday.explore.exploration import Exploration
    from gameday.explore.problem import Problem
    from gameday.explore.watching import Watch

__all__ = ["draw", "show"]


def draw(found: Exploration, watch: Watch, page: Path) -> None:
    """Write the page of what was found; without a counterexample there is none."""
    from gameday.report.exploration_claim import claim_lines
    from gameday.report.interleaving_page import interleaving_page

    counterexample = found.counterexample
    if counterexample is None:
        return
    text = interleaving_page(
        counterexample.execution,
        title=f"{counterexample.broken.name} is broken",
        broken=counterexample.broken.message,
        claim=claim_lines(found, watch, width=100),
    )
    page.write_text(text, encoding="utf-8")


def show(
    found: Exploration,
    watch: Watch,
    problem: Problem,
    *,
    code: int,
    saved: Mapping[str, Path | None],
    as_json: bool,
) -> None:
    """Print what was found, as lines or as one JSON document."""
    from gameday.report.exploration import exploration_document, exploration_lines
    from gameday.report.terminal import open_terminal

    names = problem.must_hold
    if as_json:
        document = exploration_document(found, watch, properties=names, exit_code=code)
        document |= {name: file and str(file) for name, file in saved.items()}
        click.echo(json.dumps(document, indent=2))
        return
    width = open_terminal().console.width
    for line in exploration_lines(found, watch, properties=names, width=width):
        click.echo(line)
    for name, file, then in (
        ("saved", saved["saved"], "`gameday replay {}` carries it out again"),
        ("kept", saved["campaign"], "`gameday explore --resume {}` goes on"),
    ):
        if file is not None:
            click.echo(f"\n{name}: {file}; {then.format(file)}")
