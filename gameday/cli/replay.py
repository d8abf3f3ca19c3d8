"""`gameday replay`: carry a saved interleaving out again."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import click

from gameday.errors import InvalidInput

__all__ = ["replay"]

EXIT_OTHERWISE = 1


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--on",
    "emulator",
    metavar="EMULATOR",
    help="Also by separate processes on an edge in front of moto, ministack, ...",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["experiment"]),
    help="Print the Chaos Toolkit experiment that provokes it; plays it on --on first.",
)
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw it as one HTML file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def replay(
    *,
    file: Path,
    emulator: str | None,
    form: str | None,
    page: Path | None,
    as_json: bool,
) -> int:
    """Carry a saved interleaving out again, step for step, in this process.

    With --on it is carried out besides by separate processes on an edge, held and
    let go call by call.

    Exit status: 0 it went exactly as it was saved and breaks the same property
    in the same words, 1 it did not (what was wrong is fixed, or the programs
    have changed) and which step differs, 2 the file is wrong.
    """
    from gameday.explore.interleaving_file import load_interleaving
    from gameday.explore.replay import replay as carry_out
    from gameday.report.replay import replay_document, replay_lines
    from gameday.report.terminal import open_terminal

    if (emulator or form) and (page or as_json):
        raise InvalidInput("--on and --as do not go with --html and --json")
    saved = load_interleaving(file)
    logging.getLogger("gameday").addHandler(logging.NullHandler())
    done = carry_out(saved)
    code = 0 if done.is_reproduced else EXIT_OTHERWISE
    if emulator or form:
        from gameday.cli.replay_elsewhere import experiment_text, on_edge, on_edge_lines
        from gameday.emulators.registry import DEFAULT

        played = on_edge(saved, done, emulator=emulator or DEFAULT)
        if form:
            click.echo(experiment_text(saved, done, played), nl=False)
            return 0
        for line in on_edge_lines(played):
            click.echo(line)
        return 0 if played.reproduced else EXIT_OTHERWISE
    if page is not None:
        from gameday.report.interleaving_page import interleaving_page

        title = f"{saved.content.breaks}: {file.name}"
        message = done.broken.message if done.broken else done.difference
        text = interleaving_page(
            done.execution, title=title, broken=message, claim=[saved.content.claim]
        )
        page.write_text(text, encoding="utf-8")
    if as_json:
        document = replay_document(saved, done, exit_code=code)
        click.echo(json.dumps(document, indent=2))
        return code
    for line in replay_lines(saved, done, width=open_terminal().console.width):
        click.echo(line)
    return code
