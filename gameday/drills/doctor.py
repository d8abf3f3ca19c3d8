"""How is an emulator examined, bare and behind the edge?

A stage without any program of a region stands up the emulator, if it is not
running yet, and an edge in front of it. The suite is played at the emulator first
and then through the edge, never both at once: the edge must not have to explain
what happens behind its back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.bundled import fixtures_folder
from gameday.clock import SystemClock
from gameday.emulators.cases.suite import SUITE
from gameday.emulators.contract import play_suite
from gameday.emulators.contract_case import QUICK
from gameday.emulators.examination import CaseResult, Examination
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.emulators.contract_case import Case, Effort

__all__ = ["examine"]


def examine(
    emulator: str,
    *,
    effort: Effort = QUICK,
    cases: Sequence[Case] = SUITE,
    say: Callable[[str], None] = lambda _: None,
) -> Examination:
    """Play the contract suite on an emulator and return what came of it.

    Args:
        emulator: as `open_stage` takes it: "moto", or the loopback URL of one that
            runs already.
        effort: how much the cases about concurrency do.
        cases: what to play, all by default.
        say: is told what is going on, a few words at a time.

    Raises:
        InvalidInput: there is no such emulator, or nobody answers there.
        EmulatorUnavailable: it did not start, or ended in the middle.
    """
    clock = SystemClock()
    began_ns = clock.monotonic_ns()
    say(f"starting {emulator} and an edge")
    region = load_region(fixtures_folder() / "regions" / "bare.yaml")
    with open_stage(region, emulator=emulator) as stage:
        state = stage.state

        def play(url: str, where: str) -> tuple[str, ...]:
            return play_suite(
                url,
                cases,
                effort=effort,
                say=lambda case: say(f"{where}: {case.group}: {case.name}"),
            )

        bare = play(state.emulator["url"], "bare")
        edge = play(state.gateway_url, "behind the edge")
    return Examination(
        emulator=emulator,
        effort=effort,
        results=tuple(
            CaseResult(case=case, bare=alone, edge=behind)
            for case, alone, behind in zip(cases, bare, edge, strict=True)
        ),
        duration_s=(clock.monotonic_ns() - began_ns) / 1e9,
    )
