"""Activities that do to a run what people and bugs do to it."""

from __future__ import annotations

import os
import signal
from typing import Any

from gameday.chaos.running import running

__all__ = [
    "answer_null",
    "answer_with_things_json_has_not",
    "break_the_edge",
    "press_ctrl_c",
    "receive_sigterm",
]


def answer_null(configuration: Any = None) -> None:
    """Meet a range tolerance with null: a traceback in chaoslib."""


def answer_with_things_json_has_not() -> dict[str, Any]:
    """Return what Chaos Toolkit's own journal cannot hold."""
    return {"nan": float("nan"), "set": {2, 1}, "bytes": b"\xff", "who": object}


def press_ctrl_c() -> None:
    """Interrupt this process as a terminal does."""
    signal.raise_signal(signal.SIGINT)


def receive_sigterm() -> None:
    """End this process as a CI system does."""
    signal.raise_signal(signal.SIGTERM)


def break_the_edge(configuration: Any = None) -> None:
    """Kill the edge under the stage."""
    edge = running(configuration).state.processes["edge"]
    os.kill(edge.pid, signal.SIGKILL)
