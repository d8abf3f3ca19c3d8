"""How is the wall clock of one actor set wrong, and right again?

Every actor whose clock can be set has a file with its offset in the run folder.
Whoever may write there may set it; no process has to be told, and a restarted
actor finds its host's clock as wrong as it was.

    programs of gameday        read the file themselves (`gameday.clock`), and
                               sign their requests by the same clock
    `clock: adjustable`        any other program, by libfaketime, which is preloaded
                               and reads a text beside that file at every look
    everybody else             has the machine's clock; setting it is refused

Only the wall clock moves. Monotonic clocks, sleeps and time-outs stay right.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.clock import OFFSET_VARIABLE, map_offset
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name
from gameday.stage import faketime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gameday.region.process_specs import ProcessSpec
    from gameday.region.topology import Region
    from gameday.stage.state import StageState

__all__ = [
    "OFFSET_MS_MAX",
    "jump",
    "offset_ms",
    "set_offset",
    "with_clocks",
    "wrong_clocks",
]

OFFSET_MS_MAX = 10 * 365 * 86_400_000
"""Ten years, either way."""


def with_clocks(
    specs: Mapping[str, ProcessSpec], region: Region, *, folder: Path
) -> dict[str, ProcessSpec]:
    """Return the specs of a region's actors with clocks that can be set.

    Args:
        specs: by actor.
        region: the region.
        folder: the run folder; the clocks' files are made there.

    Raises:
        InvalidInput: a clock is to be adjustable, and libfaketime is missing.
    """
    return {
        name: replace(spec, env={**spec.env, **_environment(region, name, folder)})
        if region.has_settable_clock(name)
        else spec
        for name, spec in specs.items()
    }


def offset_ms(state: StageState, actor: str) -> int:
    """Return by how much the clock of `actor` is ahead; 0 for one that is right."""
    file = _file(state.folder, actor)
    return map_offset(file)[0] if file.exists() else 0


def wrong_clocks(state: StageState) -> dict[str, int]:
    """Return the offset in milliseconds of each actor whose clock is wrong."""
    offsets = {actor: offset_ms(state, actor) for actor in state.region.actors}
    return {actor: offset for actor, offset in offsets.items() if offset}


def set_offset(state: StageState, actor: str, milliseconds: int) -> None:
    """Let the clock of `actor` be ahead by so much from now on; 0 is right.

    Raises InvalidInput when there is no such actor, its clock cannot be set, or
    the offset is larger than `OFFSET_MS_MAX`.
    """
    with _being_set(state, actor) as clock:
        _write(state, actor, clock, milliseconds)


def jump(state: StageState, actor: str, milliseconds: int) -> int:
    """Move the clock of `actor` once, back when negative; returns its offset.

    Raises InvalidInput as `set_offset` does.
    """
    with _being_set(state, actor) as clock:
        _write(state, actor, clock, clock[0] + milliseconds)
        return clock[0]


@contextmanager
def _being_set(state: StageState, actor: str) -> Iterator[memoryview]:
    """Yield the offset of an actor; nobody else sets it meanwhile."""
    if actor not in state.region.actors:
        raise InvalidInput(unknown_name("actor", actor, state.region.actors))
    if not state.region.has_settable_clock(actor):
        raise InvalidInput(
            f"the clock of {actor} cannot be set: it is no program of gameday's own. "
            f"Give it `clock: adjustable` in the region file, for which libfaketime "
            f"must be installed: {faketime.INSTALL}"
        )
    file = _file(state.folder, actor)
    with file.open("rb") as lock, map_offset(file, writable=True) as clock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield clock


def _write(state: StageState, actor: str, clock: memoryview, milliseconds: int) -> None:
    if abs(milliseconds) > OFFSET_MS_MAX:
        raise InvalidInput(
            f"the clock of {actor} would be {milliseconds} ms ahead; at most "
            f"{OFFSET_MS_MAX} ms are possible, either way"
        )
    if state.region.actors[actor].clock == "adjustable":
        faketime.write(_text(_file(state.folder, actor)), milliseconds)
    clock[0] = milliseconds


def _environment(region: Region, actor: str, folder: Path) -> dict[str, str]:
    """Make the files of one clock, and return what a program finds them by."""
    file = _file(folder, actor)
    file.parent.mkdir(exist_ok=True)
    map_offset(file, writable=True).release()
    if region.actors[actor].clock != "adjustable":
        return {OFFSET_VARIABLE: str(file)}
    faketime.write(_text(file), 0)
    return faketime.environment(faketime.find_library(), _text(file))


def _file(folder: Path, actor: str) -> Path:
    return folder / "clocks" / actor


def _text(file: Path) -> Path:
    return file.with_suffix(".faketime")
