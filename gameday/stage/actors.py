"""What can be done to an actor of a running stage?

Each function asks the stage's keeper, waits until it is done and returns the
actor's pid. A paused actor keeps its connections and its locks; a killed one
leaves its locks behind; neither can tidy up.

Raises InvalidInput for an actor that the region does not have, with the nearest
name, and RegionFailed when the actor is not running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.errors import InvalidInput, RegionFailed
from gameday.near_names import unknown_name
from gameday.stage.keeper_control import ask_keeper

if TYPE_CHECKING:
    from gameday.stage.state import StageState

__all__ = ["kill", "pause", "restart", "resume"]


def pause(state: StageState, actor: str) -> int:
    """Stop `actor` where it stands (SIGSTOP); it is stopped on return."""
    return _ask(state, "pause", actor)


def resume(state: StageState, actor: str) -> int:
    """Let a paused `actor` go on (SIGCONT)."""
    return _ask(state, "resume", actor)


def kill(state: StageState, actor: str) -> int:
    """Kill `actor` and its children (SIGKILL); it is gone on return."""
    return _ask(state, "kill", actor)


def restart(state: StageState, actor: str) -> int:
    """Start `actor` anew, killing it first if it runs; returns its new pid."""
    return _ask(state, "restart", actor)


def _ask(state: StageState, operation: str, actor: str) -> int:
    if actor not in state.region.actors:
        raise InvalidInput(unknown_name("actor", actor, state.region.actors))
    if state.control is None:
        raise RegionFailed(f"stage {state.id} is still opening")
    return ask_keeper(state.control, operation, actor)
