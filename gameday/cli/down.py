"""`gameday down`: take a running stage down."""

from __future__ import annotations

import click

from gameday.errors import InvalidInput

__all__ = ["down"]


@click.command()
@click.argument("stage_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Take every stage down.")
def down(*, stage_id: str | None, everything: bool) -> None:
    """Take a running stage down, the only one unless an id is given.

    Also removes what stages left whose keeper was killed. The run folder of a
    stage started with `gameday up` is kept.
    """
    from gameday.stage.opening import take_down
    from gameday.stage.state import live_stages, read_stage, remove_leftovers

    removed = remove_leftovers()
    for each in removed:
        click.echo(f"removed what stage {each} left")
    stages = live_stages()
    if stage_id:
        if stage_id in removed:
            return
        stages = (read_stage(stage_id),)
    elif len(stages) > 1 and not everything:
        ids = ", ".join(state.id for state in stages)
        raise InvalidInput(
            f"{len(stages)} stages are running: {ids}; name one or --all"
        )
    for state in stages:
        take_down(state)
        kept = "" if state.temporary else f"; its folder is {state.folder}"
        click.echo(f"stage {state.id} is down{kept}")
    if not stages and not removed:
        click.echo("no stage is running")
