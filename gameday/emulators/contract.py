"""Does this emulator keep the promises of AWS that a verdict rests on?

Two forms. The short one, `check_contract`, is played before every run in well
under a second: on an emulator that lets a stale compare-and-swap through, nothing
fences anybody and a green game day proves nothing. What differs is a *gap*; a run
with gaps gives no verdict. The whole suite, `play_suite`, is what `gameday doctor`
shows; there, a case that the emulator cannot even play is a gap as well.

Both work in hosted zones and tables of their own and remove them, as far as the
emulator lets them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from gameday.clock import SystemClock
from gameday.emulators.contract_case import QUICK
from gameday.emulators.contract_cases import CASES
from gameday.emulators.contract_ground import Ground
from gameday.emulators.plain_calls import PlainCalls
from gameday.errors import EmulatorUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.clock import Clock
    from gameday.emulators.contract_case import Case, Effort

__all__ = ["Gap", "check_contract", "play_suite"]

ACCESS_KEY = "AKIAGAMEDAYCONTRACT1"

SILENT_CASES_MAX = 3
"""Cases in a row without any reply, after which nobody is there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One promise of AWS that the emulator does not keep.

    Attributes:
        case: the case's name, e.g. "stale-swap".
        expected: what AWS does, a sentence without its full stop.
        observed: what happened instead.
    """

    case: str
    expected: str
    observed: str


def check_contract(
    url: str, *, access_key: str = ACCESS_KEY, clock: Clock | None = None
) -> tuple[Gap, ...]:
    """Return the gaps of the emulator at `url`; empty when it can be trusted.

    Args:
        url: an emulator, or the edge in front of one. Loopback only.
        access_key: the caller named in each request.
        clock: for signatures and for waiting for the table.

    Raises:
        EmulatorUnavailable: it does not answer, or cannot even make a zone.
        NotLoopback: `url` is not on this machine.
    """
    clock = clock or SystemClock()
    with PlainCalls(url, access_key=access_key, clock=clock) as calls:
        ground = Ground.prepare(calls, clock)
        try:
            found = [(case, case.play(ground)) for case in CASES]
        finally:
            ground.clear()
    return tuple(
        Gap(case=case.name, expected=case.expected, observed=observed)
        for case, observed in found
        if observed
    )


def play_suite(
    url: str,
    cases: Sequence[Case],
    *,
    effort: Effort = QUICK,
    clock: Clock | None = None,
    say: Callable[[Case], None] = lambda _: None,
) -> tuple[str, ...]:
    """Return what differs from AWS, case by case; "" where nothing does.

    Each group of cases has a zone and a table of its own, so that what one group
    leaves of a wrong emulator is not held against the next.

    Args:
        url: an emulator, or the edge in front of one. Loopback only.
        cases: what to play; those of one group stand together.
        effort: how much the cases about concurrency do.
        clock: for signatures and for waiting.
        say: is told of each case before it is played.

    Raises:
        EmulatorUnavailable: it does not answer, or not any more.
        NotLoopback: `url` is not on this machine.
    """
    clock = clock or SystemClock()
    observed: list[str] = []
    with PlainCalls(url, access_key=ACCESS_KEY, clock=clock) as calls:
        for _, group in groupby(cases, key=lambda case: case.group):
            ground = Ground.prepare(calls, clock, effort=effort)
            try:
                observed += _play_group(ground, tuple(group), say)
            finally:
                ground.clear()
    return tuple(observed)


def _play_group(
    ground: Ground, cases: Sequence[Case], say: Callable[[Case], None]
) -> list[str]:
    observed = []
    silent = 0
    for case in cases:
        say(case)
        try:
            observed.append(case.play(ground))
            silent = 0
        except EmulatorUnavailable as error:
            silent += 1
            if silent == SILENT_CASES_MAX:
                raise
            observed.append(str(error))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # A reply that has not the shape of AWS's; the case reads no other.
            observed.append(f"a reply cannot be read: {error!r}")
    return observed
