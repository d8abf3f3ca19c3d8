"""Is the program of every actor there?

Modules are looked for on the path that the actor will have, without importing
anything: the code of a region never runs inside the harness.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.region.consistency import Problem
    from gameday.region.topology import Actor, Region

__all__ = ["PYTHON", "missing_programs"]

PYTHON = "{python}"
"""What a command writes for the interpreter that gameday runs in."""


def missing_programs(region: Region) -> Iterator[Problem]:
    """Return a problem for each actor whose program or folder is not there."""
    for name, actor in region.actors.items():
        if not Path(actor.cwd).is_dir():
            yield ("actors", name, "cwd"), f"{actor.cwd} is not a folder"
        elif actor.run is not None:
            module = actor.run.partition(":")[0]
            if not _is_importable(module, (actor.cwd, *sys.path)):
                yield ("actors", name, "run"), f"there is no module {module!r}"
        elif not _is_executable(actor):
            first = (actor.command or ("",))[0]
            yield ("actors", name, "command"), f"there is no program {first!r}"


def _is_importable(module: str, path: Sequence[str]) -> bool:
    searched: Sequence[str] | None = path
    for part in _prefixes(module):
        if searched is None:
            return False
        spec = PathFinder.find_spec(part, searched)
        if spec is None:
            return part in sys.builtin_module_names
        searched = spec.submodule_search_locations
    return True


def _prefixes(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def _is_executable(actor: Actor) -> bool:
    program = (actor.command or ("",))[0]
    if program == PYTHON:
        return True
    search = actor.env.get("PATH", os.environ.get("PATH", os.defpath))
    if os.sep in program:
        program = str(Path(actor.cwd) / program)
    return shutil.which(program, path=search) is not None
