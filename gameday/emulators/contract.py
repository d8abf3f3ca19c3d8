"""Does this emulator keep the promises of AWS that a verdict rests on?

The short form, played before every run in well under a second: on an emulator
that lets a stale compare-and-swap through, nothing fences anybody and a green
game day proves nothing. Each case states what AWS does, does it, and looks at
what is there afterwards. What differs is a *gap*; a run with gaps gives no
verdict.

The test works in a hosted zone and a table of its own and removes both, as far
as the emulator lets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.clock import SystemClock
from gameday.emulators.contract_cases import CASES
from gameday.emulators.contract_ground import Ground
from gameday.emulators.plain_calls import PlainCalls

if TYPE_CHECKING:
    from gameday.clock import Clock

__all__ = ["Gap", "check_contract"]

ACCESS_KEY = "AKIAGAMEDAYCONTRACT1"


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
