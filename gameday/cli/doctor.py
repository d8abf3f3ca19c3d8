"""`gameday doctor`: what does this emulator get right, bare and behind the edge?"""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from gameday.emulators.registry import CHOICES, DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["doctor"]

EXIT_NOT_TRUSTWORTHY = 1


@click.command()
@click.option(
    "--emulator",
    default=DEFAULT,
    show_default=True,
    metavar=CHOICES,
    help="What to examine: a name, or the loopback URL of one that runs already.",
)
@click.option(
    "--thorough",
    is_flag=True,
    help="200 rounds of each contest and 800 increments in place of a few.",
)
@click.option(
    "--verbose", is_flag=True, help="Also tell what the emulator did bare instead."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, emulator: str, thorough: bool, verbose: bool, as_json: bool) -> int:
    """Hold an emulator to AWS's contract, bare and behind the edge.

    Exit status 1 when behind the edge anything fails that a verdict relies on.
    """
    from gameday.drills.doctor import examine
    from gameday.emulators.contract_case import QUICK, THOROUGH
    from gameday.report.doctor import examination_document, show_examination
    from gameday.report.terminal import open_terminal

    with _progress() as say:
        found = examine(emulator, effort=THOROUGH if thorough else QUICK, say=say)
    if as_json:
        click.echo(json.dumps(examination_document(found), indent=2))
    else:
        show_examination(open_terminal(), found, verbose=verbose)
    return 0 if found.is_trustworthy else EXIT_NOT_TRUSTWORTHY


def _progress() -> AbstractContextManager[Callable[[str], None]]:
    """Show what goes on to somebody who watches, and nobody else."""
    import sys

    from gameday.report.terminal import open_terminal

    terminal = open_terminal(sys.stderr)
    if terminal.plain:
        return nullcontext(lambda _: None)
    return terminal.working("starting")
