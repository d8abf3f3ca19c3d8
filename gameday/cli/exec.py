"""`gameday exec`: run a program where a running stage is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Never

import click

from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.stage.state import StageState

__all__ = ["exec_"]

EXIT_CANNOT_RUN = 126
EXIT_NOT_FOUND = 127


@click.command(
    name="exec",
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True},
)
@click.option("--az", help="Zone whose resolver it asks; the first one by default.")
@click.option("--stage", "stage_id", help="Stage to go to; the newest by default.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(*, az: str | None, stage_id: str | None, command: tuple[str, ...]) -> Never:
    """Run a program where a running stage is, as its operator.

    Sets AWS_ENDPOINT_URL, credentials and region to the stage's. On a stage that
    was started with --isolate the program also runs in the stage's own network:
    names are looked up at the resolver of --az, services with an endpoint in the
    region are called there by its name (AWS_ENDPOINT_URL_<SERVICE>), and nothing
    else can be reached. Without --isolate only the environment is set, and the
    region's names mean nothing to the program.

    The exit status is the program's; 126 and 127 when it cannot be run, 2 when
    there is no such stage or zone.
    """
    from gameday.stage.isolation import enter
    from gameday.stage.person import person_environment, resolver_of

    state = _stage(stage_id)
    if az is not None and not state.network:
        raise InvalidInput(
            f"--az: stage {state.id} is not isolated, so its resolvers are not asked; "
            "start one with `gameday up --isolate`, or leave --az out"
        )
    resolver = resolver_of(state, az)
    environment = person_environment(state, os.environ)
    if state.network:
        enter(state, resolver=resolver)
    _become(command, environment)


def _stage(stage_id: str | None) -> StageState:
    from gameday.stage.state import find_stage, read_stage

    state = read_stage(stage_id) if stage_id else find_stage()
    if not state.is_alive:
        raise InvalidInput(
            f"stage {state.id} lost its keeper; `gameday down` tidies up"
        )
    if not state.gateway_url:
        raise InvalidInput(f"stage {state.id} is still opening; wait a moment")
    return state


def _become(command: tuple[str, ...], environment: Mapping[str, str]) -> Never:
    """Put the program in this process's place, as a shell's `exec` does."""
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - its purpose
    except OSError as error:
        click.echo(f"error: cannot run {command[0]}: {error.strerror}", err=True)
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        sys.exit(EXIT_NOT_FOUND if missing else EXIT_CANNOT_RUN)
