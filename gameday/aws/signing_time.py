"""By which clock does a program sign its requests?

A host whose clock is wrong signs with the wrong time, and AWS refuses what is
more than five minutes off. botocore asks the machine itself; in a program whose
clock a game day can set, it asks that clock in its place. Everybody else's
botocore is left alone.
"""

from __future__ import annotations

import functools
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import botocore.auth

from gameday.clock import OFFSET_VARIABLE, SystemClock

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["sign_by_own_clock"]


@functools.cache
def sign_by_own_clock() -> None:
    """Let botocore sign by this process's clock; once is enough."""
    if OFFSET_VARIABLE not in os.environ:
        return
    clock = SystemClock()
    of_machine = botocore.auth.get_current_datetime  # type: ignore[attr-defined]

    def of_host() -> datetime:
        now: datetime = of_machine()
        return now + timedelta(milliseconds=clock.offset_ms())

    botocore.auth.get_current_datetime = of_host  # type: ignore[attr-defined]
