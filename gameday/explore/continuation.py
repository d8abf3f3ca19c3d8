"""Which histories of an actor leave it in the same place?

A paused program goes on alike when its functions wait in the same instructions and hold
the same: then two histories are one state of the search, however they differ. This is
what makes real programs finite: a history only grows, what is left of it does not.

How it works
    Where a program pauses, the functions that it is in are looked through from inside
    (`frame_contents`), and what they hold is written down (`held_values`) together with
    what its surroundings hold for it: time and the state of chance. The call of an API
    is one step of the program, whatever the library does in it: a first attempt is
    known by its client, its operation and its parameters.

Nothing is merged where something cannot be seen, in the middle of the library's own
retries, or in an interpreter whose frames are not known. What is not looked at at all
is a module-level variable of the program; `merging_check` runs merged histories again
and compares what they do.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.aws.recall import is_api_call
from gameday.explore.frame_contents import READABLE, Unseen, contents_of
from gameday.explore.held_values import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from gameday.explore.settled_values import Settled

__all__ = ["Held", "continuation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stands for the place where a program pauses.

    Attributes:
        place: all but the counts.
        counts: numbers in its variables, and how far it is through its ranges.
        time_ms: how much time it has seen pass.
    """

    place: bytes
    counts: tuple[int, ...]
    time_ms: tuple[float, ...]

    def is_rounds_later(self, before: Held, rounds: int) -> bool:
        """Answer whether only counters of rounds and time have moved since."""
        return self.place == before.place and all(
            count - earlier in (0, rounds)
            for count, earlier in zip(self.counts, before.counts, strict=True)
        )


def continuation(
    *,
    begins_in: CodeType,
    is_calling: bool,
    pauses_in: frozenset[str],
    place_of: Callable[[Any], int | None],
    chance: tuple[Any, ...],
    time_ms: tuple[float, ...],
    settled: Settled,
) -> Held | None:
    """Return what stands for the place where the running program pauses.

    Args:
        begins_in: the function that called the program.
        is_calling: whether it is about to make the first attempt of an API call.
        pauses_in: files of the functions that pause it, which belong to nobody.
        place_of: the place of a client among those that the program made.
        chance: what decides everything that it will draw.
        time_ms: how much time it has seen pass.
        settled: what is known of values that this run has held before.

    None when that cannot be told.
    """
    if not READABLE:
        return None
    frames = _frames(sys._getframe(1), begins_in)  # noqa: SLF001 - see the module
    if frames is None:
        return None
    calls = [frame for frame in frames if is_api_call(frame.f_code)]
    if len(calls) != is_calling:
        # It pauses inside what the library does in a call: nobody looks in there.
        return None
    writer = Writer(place_of, settled)
    try:
        writer.value(chance)
        writer.value(sys.exc_info()[1])
        begin = _begin(frames, calls, pauses_in)
        callee = frames[begin - 1] if begin else None
        for frame in frames[begin:]:
            if is_api_call(frame.f_code):
                _write_call(writer, frame)
            else:
                writer.frame(contents_of(frame, callee))
            callee = frame
    except Unseen:
        return None
    return Held(place=writer.digest(), counts=tuple(writer.counts), time_ms=time_ms)


def _frames(frame: FrameType | None, begins_in: CodeType) -> list[FrameType] | None:
    """Return the frames of a program, the youngest first."""
    found: list[FrameType] = []
    while frame is not None:
        if frame.f_code is begins_in:
            return found
        found.append(frame)
        frame = frame.f_back
    return None


def _begin(
    frames: list[FrameType], calls: list[FrameType], pauses_in: frozenset[str]
) -> int:
    """Leave out what pauses the program, and what the library does inside a call."""
    if calls:
        return frames.index(calls[0])
    for place, frame in enumerate(frames):
        if frame.f_code.co_filename not in pauses_in:
            return place
    return len(frames)


def _write_call(writer: Writer, frame: FrameType) -> None:
    held = frame.f_locals
    writer.text(b"calls", str(held["operation"]).encode())
    writer.value(held["self"])
    writer.value(held["parameters"])
