"""Small regions in which a defect of one part has to show, and in which none is there.

A scene is as little as its defects need: a plan or two, an enactor or two, and what may
go wrong. The fenced design is exhausted in each of them without a bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from gameday.aws.leases import LeaseTable
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.bundled import fixtures_folder
from gameday.clock import SystemClock
from gameday.explore import Actor, Faults, Problem
from gameday.explore.campaign import explore_problem
from gameday.explore.lease_properties import had_lease, lease_kept
from gameday.explore.region_problem import RegionTarget, region_problem
from gameday.explore.region_property_names import PROPERTIES
from gameday.model.backoff import Backoff
from gameday.region.lease_manager import LeaseManager
from gameday.region.topology import load_region

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.explore import Exploration

REGION = load_region(fixtures_folder() / "regions" / "reference.yaml")
HELD = tuple(name for name, named in PROPERTIES.items() if not named.freezes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How much of the region takes part, what may go wrong, and what must hold."""

    plans: int
    enactors: int
    faults: Faults = field(default_factory=Faults)
    properties: tuple[str, ...] = HELD
    planners: int = 1

    def __call__(self, safeguards: Mapping[str, str] | None = None) -> Problem:
        """Return the scene with the fenced design, but for these safeguards."""
        target = RegionTarget(
            design="fenced",
            safeguards=safeguards or {},
            plans=self.plans,
            enactors=self.enactors,
        )
        problem = region_problem(target, properties=self.properties, faults=self.faults)
        if self.planners == 1:
            return problem
        # A second planner is the first one under another name.
        planner = REGION.actors["planner"]
        region = REGION.model_copy(
            update={"actors": {**REGION.actors, "planner-b": planner}}
        )
        under = replace(target.under_search(), region=region)
        return replace(problem, setup=under.provision, actors=under.actors())


def without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in HELD if name not in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseScene:
    """Two managers want one droplet; the clock of one may be wrong."""

    faults: Faults
    ahead_ms: int = 0

    def __call__(self, _safeguards: Mapping[str, str] | None = None) -> Problem:
        """Return the scene."""
        ahead_ms = {"manager-1": 0, "manager-2": self.ahead_ms}
        return Problem(
            setup=RegionTarget(enactors=1).under_search().provision,
            actors=tuple(
                Actor(
                    name=name,
                    program=lambda name=name: _keep_leases(name, ahead_ms[name]),
                    forever=True,
                )
                for name in ahead_ms
            ),
            always=(lease_kept(ahead_ms),),
            sometimes=tuple(map(had_lease, ahead_ms)),
            faults=replace(self.faults, tick_ms=60_000),
        )


class _WrongClock(SystemClock):
    """A clock that is ahead of the others by as much all the time."""

    def __init__(self, ahead_ms: int) -> None:
        super().__init__()
        self._ahead_ms = ahead_ms

    def now_ms(self) -> int:
        """Return what this host takes for the time."""
        return super().now_ms() + self._ahead_ms


def _keep_leases(name: str, ahead_ms: int) -> None:
    """Do what the region's lease manager does, by one thread."""
    clock = _WrongClock(ahead_ms)
    policy = CallPolicy(clock=clock, random=Random(name), attempts_max=1)
    caller = Caller(
        access_key="AKIALEASEMANAGER0001", endpoint_url="http://127.0.0.1:4566"
    )
    manager = LeaseManager(
        name=name,
        table=LeaseTable(client("dynamodb", caller), policy),
        droplets=("droplet-1",),
        ttl_ms=60_000,
        backoff=Backoff(first_ms=1, last_ms=1),
        clock=clock,
        random=Random(name),
    )
    while not manager.load():
        clock.sleep_ms(1)
    while True:
        for droplet in manager.due():
            manager.renew(droplet)
        clock.sleep_ms(1)


SCENES: Mapping[str, Callable[..., Problem]] = {
    # Two lease managers, and a lease that may run out twice.
    "leases": LeaseScene(faults=Faults(expiries=2, lost_replies=1)),
    # The clock of one is an hour and more ahead of the other's.
    "wrong clock": LeaseScene(faults=Faults(expiries=1), ahead_ms=7_200_000),
    # The newest plan overtakes the one before.
    "overtaking": Scene(plans=2, enactors=2),
    # Old trees are deleted.
    "clean-up": Scene(plans=3, enactors=1),
    # Old trees are deleted while somebody else enacts.
    "clean-up beside": Scene(plans=3, enactors=2),
    # Two planners publish; each is told when it lost a number.
    "two planners": Scene(
        plans=1, enactors=1, planners=2, properties=("plan-written-once", "never-empty")
    ),
    # Calls take effect and nobody hears of it.
    "lost replies": Scene(plans=1, enactors=2, faults=Faults(lost_replies=1)),
    # A lock runs out under its holder.
    "expiry": Scene(plans=1, enactors=2, faults=Faults(expiries=1)),
    # Somebody stops for good, with or without a lock.
    "crash": Scene(
        plans=1,
        enactors=2,
        faults=Faults(crashes=1, expiries=1),
        properties=without("lock-released"),
    ),
    # An operator turns automation off.
    "freeze": Scene(plans=1, enactors=1, properties=("answers-frozen",)),
}


def search(problem: Problem, **asked: Any) -> Exploration:
    return explore_problem(problem, **asked)
