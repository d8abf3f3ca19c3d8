"""Runs that several tests judge, played once; intervals for shares of runs."""

from __future__ import annotations

import math
from functools import cache

from gameday.model.free_parameters import SLOW_AT_QUEUE_PER_DROPLET, reference_fleet
from gameday.model.mitigations import Mitigation, Pulled, mitigations
from gameday.simulate.drill import Drill
from gameday.simulate.series import Series
from gameday.simulate.virtual import play

FLEET = reference_fleet()
QUICK = Drill(fleet=FLEET)
SLOWED = Drill(fleet=FLEET, slow_at_queue=SLOW_AT_QUEUE_PER_DROPLET * FLEET.droplets)
"""The same drill where a long queue slows every call, S(q)."""


def pulled(which: Mitigation) -> Pulled:
    return mitigations(FLEET)[which]


@cache
def untouched(drill: Drill, seed: int) -> Series:
    return play(drill.untouched(), seed=seed)


@cache
def control(drill: Drill, seed: int) -> Series:
    return play(drill.without_outage(), seed=seed)


@cache
def treated(drill: Drill, which: Mitigation, seed: int) -> Series:
    return play(drill.treated(pulled(which)), seed=seed)


@cache
def treated_control(drill: Drill, which: Mitigation, seed: int) -> Series:
    return play(drill.treated_without_outage(pulled(which)), seed=seed)


def wilson(successes: int, runs: int, *, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share (Wilson, 1927), at 95 % for z = 1.96."""
    share = successes / runs
    centre = share + z * z / (2 * runs)
    spread = z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    return tuple((centre + sign * spread) / (1 + z * z / runs) for sign in (-1, 1))
