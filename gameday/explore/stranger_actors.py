"""How do the programs that are not gameday's become actors of an exploration?

Those of a region file that are commands, or callables of somebody else's module. They
are run as a process of theirs would be, with nothing but the standard variables to tell
them where AWS is; none of them is changed, and none needs to know.
"""

from __future__ import annotations

import importlib
from inspect import signature
from typing import TYPE_CHECKING

from gameday.explore.actor import Actor
from gameday.explore.command_program import (
    OwnProcess,
    exit_status_counts,
    python_command,
)
from gameday.region.environments import aws_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.settings import ActorConfig
    from gameday.region.topology import Actor as RegionActor
    from gameday.region.topology import Region

__all__ = ["stranger_actors"]

_OURS = "gameday."


def stranger_actors(
    region: Region, *, gateway_url: str, config_of: Callable[[str], ActorConfig]
) -> tuple[Actor, ...]:
    """Return the actors of a region whose programs are not gameday's.

    Args:
        region: whose.
        gateway_url: where they take AWS to be.
        config_of: returns what an actor is told, for a callable that wants to know.

    One that is started again when it ends goes on for ever. Raises InvalidInput for a
    command that does not start a Python program.
    """
    return tuple(
        _actor(region, name, gateway_url=gateway_url, config_of=config_of)
        for name, actor in region.actors.items()
        if actor.run is None or not actor.run.startswith(_OURS)
    )


def _actor(
    region: Region,
    name: str,
    *,
    gateway_url: str,
    config_of: Callable[[str], ActorConfig],
) -> Actor:
    actor = region.actors[name]
    if actor.run is not None:
        program = _calling(actor.run, config_of(name))
        own_process = _process_in(actor)
    else:
        command = python_command(name, actor.command or (), folder=actor.cwd)
        program, own_process = command.program(), command.own_process
    return Actor(
        name=name,
        program=program,
        forever=actor.restart == "always",
        env={
            **aws_environment(region, gateway_url, actor.access_key),
            "GAMEDAY_ACTOR": name,
            **actor.env,
        },
        own_process=own_process,
    )


def _process_in(actor: RegionActor) -> Callable[[], OwnProcess]:
    return lambda: OwnProcess(folder=actor.cwd, file="", search=actor.cwd)


def _calling(reference: str, config: ActorConfig) -> Callable[[], None]:
    module, _, function = reference.partition(":")

    def run() -> None:
        program = getattr(importlib.import_module(module), function)
        with exit_status_counts():
            if signature(program).parameters:
                program(config)
            else:
                program()

    return run
