"""Does a program read the machine by a function that it kept from before?

`from time import sleep` is replaced (`replacing`); a function that a program keeps as
the default of a parameter, in an object or in a closure is not. In each actor's first
run, and in one whole execution, every call of a function written in C is looked at, and
a program that calls an original is named with its line.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gameday.explore.ways_out import (
    Program,
    ReachesOutside,
    Way,
    place_of_program,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

__all__ = ["KeptCalls"]


class KeptCalls:
    """Looks at what one program calls."""

    def __init__(
        self, program: Program, originals: Mapping[int, Any], *, except_in: str
    ) -> None:
        """Make it.

        Args:
            program: the one that is looked at.
            originals: what it must not call, by id.
            except_in: the file whose functions may.
        """
        self._except_in = except_in
        self._program = program
        self._originals = originals
        self._before: Callable[..., Any] | None = None

    def begin(self) -> None:
        """Look from here on; call it where the program runs."""
        self._before = sys.getprofile()
        sys.setprofile(self._meet)

    def end(self) -> None:
        """Look no longer."""
        sys.setprofile(self._before)

    def _meet(self, frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or id(called) not in self._originals:
            return
        if frame.f_code.co_filename == self._except_in:
            return
        name = f"{called.__module__}.{called.__qualname__}"
        way = Way(
            does=f"calls a {name} that it kept from before the exploration",
            why="that is the machine's own, and not the actor's under search",
            instead=f"look {name} up where it is called",
        )
        place, by = place_of_program(frame)
        self._program.refuse(
            ReachesOutside(actor=self._program.actor, way=way, place=place, by=by)
        )
