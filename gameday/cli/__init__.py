"""Which commands does `gameday` have, and what do they exit with?

Commands are loaded when they are called; this module imports only click, so that
`gameday --help` is instant. Whatever goes wrong becomes lines that begin with
`error:` on standard error and the exit status of DESIGN section 5: 2 for invalid
input, 4 when the harness failed, 130 when it was interrupted. $GAMEDAY_DEBUG set
to 1 shows where an unexpected error came from.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

import gameday
from gameday.errors import GamedayError, InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["exit_status", "main"]

EXIT_INVALID_INPUT = 2
EXIT_ERROR = 4
EXIT_INTERRUPTED = 130

DEBUG_VARIABLE = "GAMEDAY_DEBUG"


class _Command(NamedTuple):
    reference: str
    summary: str


_COMMANDS = {
    "run": _Command(
        "gameday.cli.run:run",
        "Play experiments, the October 2025 pair by default, and judge them.",
    ),
    "explore": _Command(
        "gameday.cli.explore:explore",
        "Search the interleavings of real programs for one that breaks.",
    ),
    "replay": _Command(
        "gameday.cli.replay:replay", "Carry a saved interleaving out again."
    ),
    "map": _Command(
        "gameday.cli.map:map_",
        "Show a region's services, their needs, and who recovers first.",
    ),
    "doctor": _Command(
        "gameday.cli.doctor:doctor",
        "Hold an emulator to AWS's contract, bare and behind the edge.",
    ),
    "up": _Command(
        "gameday.cli.up:up", "Start a region and leave it running for work by hand."
    ),
    "exec": _Command(
        "gameday.cli.exec:exec_", "Run a program where a running stage is."
    ),
    "status": _Command(
        "gameday.cli.status:status", "Show the stages that are running."
    ),
    "levers": _Command(
        "gameday.cli.levers:levers", "Set what droplet hosts work by, or show it."
    ),
    "restart-hosts": _Command(
        "gameday.cli.levers:restart_hosts_", "Restart the droplet hosts in turn."
    ),
    "down": _Command("gameday.cli.down:down", "Take a running stage down."),
    "emulator": _Command(
        "gameday.cli.emulator:emulator", "Install emulators that pip alone cannot."
    ),
}


class _LazyGroup(click.Group):
    """A group that imports a command only to call it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in the order in which people meet them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].reference.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is no such one."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(unknown_name("command", args[0], _COMMANDS), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(n, command.summary) for n, command in _COMMANDS.items()]
            )


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gameday.__version__, prog_name="gameday")
def _gameday() -> None:
    """Rehearse the outage before it happens: game days on emulated AWS."""


def main() -> None:
    """Run the command line; the console script."""
    sys.exit(exit_status(sys.argv[1:]))


def exit_status(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; errors go to standard error."""
    try:
        result = _gameday.main(
            list(arguments), prog_name="gameday", standalone_mode=False
        )
    except InvalidInput as error:
        _complain(*(str(reason) for reason in error.reasons))
        return EXIT_INVALID_INPUT
    except GamedayError as error:
        _complain(str(error))
        return EXIT_ERROR
    except click.ClickException as error:
        _complain(error.format_message())
        return EXIT_INVALID_INPUT
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return EXIT_INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE) == "1":
            raise
        _complain(
            f"the harness failed: {type(error).__name__}: {error} "
            f"({DEBUG_VARIABLE}=1 shows where)"
        )
        return EXIT_ERROR
    return result if isinstance(result, int) else 0


def _complain(*messages: str) -> None:
    for message in messages:
        click.echo(f"error: {message}", err=True)
