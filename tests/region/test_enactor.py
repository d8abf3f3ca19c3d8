"""Real enactors with real boto3 on the embedded emulator, in a clock of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from gameday.aws.plan_store import PlanStore, Switches
from gameday.aws.retries import CallPolicy
from gameday.aws.sessions import Caller, client
from gameday.aws.zones import Zones
from gameday.clock import ManualClock
from gameday.errors import BatchRejected, Indeterminate
from gameday.model.backoff import Backoff
from gameday.model.enactment import EndpointView
from gameday.model.plan import Generation, Plan, Weights
from gameday.model.safeguards import DESIGNS, FREEZE_SWITCH, Safeguards
from gameday.model.zone import Change
from gameday.region.cleaner import Cleaner
from gameday.region.enactor import Enactor, EnactorParts
from gameday.region.endpoint_lock import EndpointLocks
from gameday.region.provisioning import provision
from gameday.region.settings import ActorConfig, Table, TableKey

MAIN, FIPS = "dynamodb.gameday.test", "dynamodb-fips.gameday.test"
ENDPOINTS = (FIPS, MAIN)
ADDRESSES = {"lb-1": "127.0.10.1", "lb-2": "127.0.10.2", "lb-3": "127.0.10.3"}
FENCED = DESIGNS["fenced"]
AS_BUILT = DESIGNS["as-built"]
LOCK_TTL_MS = 500


class Stuck(Exception):
    """The program waited more often than the test allows."""


class PatientClock(ManualClock):
    """A manual clock that ends a program which only ever waits."""

    def __init__(self, waits_max: int) -> None:
        super().__init__(now_ms=1_000_000)
        self.waits_left = waits_max

    def sleep_ms(self, duration_ms: float) -> None:
        self.waits_left -= 1
        if self.waits_left < 0:
            raise Stuck
        super().sleep_ms(duration_ms)


class LosingZones(Zones):
    """Zones whose replies are lost while `losing`; the changes are applied."""

    losing = 0

    def change(self, endpoint: str, changes: tuple[Change, ...]) -> str:
        change_id = super().change(endpoint, changes)
        if self.losing:
            self.losing -= 1
            raise Indeterminate("the reply was lost")
        return change_id


@dataclass
class World:
    """A provisioned region with its plan store, seen by the test."""

    caller: Caller
    clock: PatientClock

    def __post_init__(self) -> None:
        self.policy = CallPolicy(clock=self.clock, random=Random(0))
        dynamodb = client("dynamodb", self.caller)
        self.plans = PlanStore(dynamodb, self.policy, region="us-east-1")
        self.switches = Switches(dynamodb, self.policy)
        self.zones = LosingZones(client("route53", self.caller), self.policy)

    def enactor(self, name: str, safeguards: Safeguards = AS_BUILT) -> Enactor:
        backoff = Backoff(first_ms=10, last_ms=40)
        random = Random(name)
        return Enactor(
            EnactorParts(
                plans=self.plans,
                switches=self.switches,
                zones=self.zones,
                locks=self.locks(name),
                cleaner=Cleaner(
                    zones=self.zones,
                    locks=self.locks(f"cleaner-of-{name}"),
                    guard=safeguards.cleanup_guard,
                    keep_plans=2,
                    clock=self.clock,
                    random=random,
                    backoff=backoff,
                ),
                safeguards=safeguards,
                clock=self.clock,
                random=random,
                backoff=backoff,
                addresses=ADDRESSES,
                record_ttl_s=1,
                lock_losses_max=3,
                cleanup_settle_ms=100,
            )
        )

    def locks(self, holder: str) -> EndpointLocks:
        return EndpointLocks(
            self.zones, holder=holder, lock_ttl_ms=LOCK_TTL_MS, clock=self.clock
        )

    def publish(self, *load_balancers: str, force: bool = False) -> Plan:
        shares = tuple((name, 100) for name in load_balancers or sorted(ADDRESSES))
        plan = Plan(
            generation=self.plans.next_generation(),
            endpoints=tuple(Weights(endpoint=e, shares=shares) for e in ENDPOINTS),
            made_by="test",
            force=force,
        )
        self.plans.write(plan)
        return plan

    def view(self, endpoint: str = MAIN) -> EndpointView:
        return self.zones.observe(endpoint)

    def active(self) -> dict[str, int]:
        return {endpoint: self.zones.active(endpoint) for endpoint in ENDPOINTS}

    def delete_live_tree(self) -> None:
        from gameday.model.retention import delete_changes
        from gameday.model.safeguards import CleanupGuard

        view = self.view()
        self.zones.change(
            MAIN, delete_changes(view, (view.active,), guard=CleanupGuard.NONE)
        )


@pytest.fixture
def region_config(moto_url: str) -> ActorConfig:
    return ActorConfig(
        actor="operator",
        az="az1",
        aws_region="us-east-1",
        gateway_url=moto_url,
        resolver=("127.0.0.1", 53),
        managed_port=80,
        endpoints=ENDPOINTS,
        load_balancers=(),
        tables=(
            Table(
                name="gameday-plans",
                partition_key=TableKey(name="region", type="S"),
                sort_key=TableKey(name="generation", type="N"),
            ),
            Table(
                name="gameday-switches",
                partition_key=TableKey(name="name", type="S"),
            ),
        ),
    )


@pytest.fixture
def world(region_config: ActorConfig) -> World:
    provision(region_config, access_key="AKIAOPERATOR00000001")
    moto_url = region_config.gateway_url
    caller = Caller(access_key="AKIAENACTORAZ1000001", endpoint_url=moto_url)
    return World(caller=caller, clock=PatientClock(waits_max=30))


def test_an_enactor_installs_the_newest_plan_on_every_endpoint(world: World):
    world.publish()
    world.publish()

    assert world.enactor("az1").run_once()
    assert world.active() == {FIPS: 2, MAIN: 2}
    assert world.view().live_weights.serving == set(ADDRESSES)


def test_an_enactor_has_nothing_to_do_twice(world: World):
    world.publish()
    enactor = world.enactor("az1")

    assert [enactor.run_once(), enactor.run_once()] == [True, False]


def test_the_second_enactor_finds_the_work_done(world: World):
    world.publish()
    world.enactor("az1").run_once()
    before = world.zones.record_sets(MAIN)

    world.enactor("az2").run_once()

    assert world.zones.record_sets(MAIN) == before


def test_no_lock_is_left_behind(world: World):
    world.publish()
    world.enactor("az1").run_once()

    assert [world.zones.lock(endpoint) for endpoint in ENDPOINTS] == [None, None]


def test_clean_up_deletes_trees_well_older_than_the_plan_applied(world: World):
    enactor = world.enactor("az1")
    for _ in range(4):
        world.publish()
        enactor.run_once()

    assert set(world.view().trees) == {3, 4}


def test_as_built_an_enactor_that_lost_the_lock_waits_until_it_expires(world: World):
    world.publish()
    world.locks("somebody").acquire(MAIN)

    world.enactor("az1").run_once()

    assert world.active() == {FIPS: 1, MAIN: 1}


def test_an_enactor_may_abandon_a_plan_after_losing_the_lock_too_often(world: World):
    world.publish()
    world.locks("somebody").acquire(MAIN)

    world.enactor("az1", Safeguards.parse({"abandon": "after-losses"})).run_once()

    assert world.active() == {FIPS: 1, MAIN: 0}


def test_an_ousted_holder_changes_nothing(world: World):
    world.publish()
    old = world.locks("slow")
    lost = old.acquire(MAIN)
    world.clock.sleep_ms(LOCK_TTL_MS + 1)
    world.enactor("az1").run_once()

    with pytest.raises(BatchRejected, match="InvalidChangeBatch"):
        old.change(MAIN, lost, ())


def test_a_lost_reply_to_taking_the_lock_is_recognised_as_ones_own(world: World):
    world.zones.losing = 1

    lock = world.locks("az1").acquire(MAIN)

    assert lock == world.zones.lock(MAIN)


def test_a_lost_reply_anywhere_does_not_stop_an_enactor(world: World):
    plan = world.publish()
    for position in range(12):
        world.zones.losing = 0
        plan = world.publish()
        original: Callable[..., Any] = world.zones.change
        calls = iter(range(100))

        def change(endpoint: str, changes: tuple[Change, ...]) -> str:
            world.zones.losing = int(next(calls) == position)  # noqa: B023
            return original(endpoint, changes)  # noqa: B023

        world.zones.change = change  # type: ignore[method-assign]
        world.clock.waits_left = 100
        world.enactor(f"az1-{position}").run_once()
        del world.zones.change

    assert world.active() == {FIPS: plan.generation, MAIN: plan.generation}


def test_as_built_a_missing_live_tree_wedges_the_enactor_for_ever(world: World):
    world.publish()
    world.enactor("az1").run_once()
    world.delete_live_tree()
    world.publish()

    with pytest.raises(Stuck):
        world.enactor("az1").run_once()

    assert world.active() == {FIPS: 2, MAIN: 1}


def test_a_tolerant_rollback_heals_it_with_the_next_plan(world: World):
    world.publish()
    world.enactor("az1").run_once()
    world.delete_live_tree()
    world.publish()

    world.enactor("az1", Safeguards.parse({"rollback": "tolerant"})).run_once()

    assert world.active() == {FIPS: 2, MAIN: 2}
    assert world.view().live_weights.serving == set(ADDRESSES)


@pytest.mark.parametrize(
    ("safeguards", "expected"),
    [
        (Safeguards(), 1),
        (Safeguards.parse({"freshness": "before-each-endpoint"}), 2),
        (Safeguards.parse({"freshness": "in-batch"}), 2),
    ],
)
def test_what_a_stale_plan_does_at_an_endpoint(
    world: World, safeguards: Safeguards, expected: int
):
    stale = world.publish()
    world.publish()
    world.enactor("az1").run_once()

    world.enactor("az3", safeguards).enact(stale, stale.endpoints[1])

    assert world.active()[MAIN] == expected


def test_a_frozen_region_changes_nothing(world: World):
    world.publish()
    world.switches.turn(FREEZE_SWITCH, on=True)

    assert not world.enactor("az1", FENCED).run_once()
    assert world.active() == {FIPS: 0, MAIN: 0}


def test_as_built_nobody_asks_the_stop_switch(world: World):
    world.publish()
    world.switches.turn(FREEZE_SWITCH, on=True)

    assert world.enactor("az1").run_once()


def test_a_plan_that_halves_an_endpoint_is_refused(world: World):
    world.publish()
    enactor = world.enactor("az1", FENCED)
    enactor.run_once()
    world.publish("lb-1")
    enactor.run_once()

    assert world.active() == {FIPS: 1, MAIN: 1}


def test_a_forced_plan_is_applied(world: World):
    world.publish()
    enactor = world.enactor("az1", FENCED)
    enactor.run_once()
    world.publish("lb-1", force=True)
    enactor.run_once()

    assert world.view().live_weights.serving == {"lb-1"}


def test_generations_are_taken_once(world: World):
    from gameday.errors import StaleGeneration

    plan = world.publish()

    with pytest.raises(StaleGeneration, match="plan 1 is stale"):
        world.plans.write(
            Plan(generation=Generation(plan.generation), endpoints=(), made_by="other")
        )


def test_provisioning_again_replaces_what_an_earlier_region_left(
    world: World, region_config: ActorConfig
):
    world.publish()
    world.enactor("az1").run_once()

    provision(region_config, access_key="AKIAOPERATOR00000001")

    fresh = World(caller=world.caller, clock=world.clock)
    assert fresh.active() == {FIPS: 0, MAIN: 0}
    assert fresh.plans.newest() is None
