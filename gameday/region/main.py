"""Where does each program of the reference region start, and how does it go on?

One function an actor; the region file names them (`gameday.region.main:enactor`).
Each is wired (`wiring.py`) and then takes turns until its process is stopped.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from gameday.model.component_metrics import (
    LEASES_RENEWED,
    PLANS_TAKEN_UP,
    TURNS_TAKEN,
)
from gameday.region.droplets.droplet_workflow_manager import told_levers
from gameday.region.droplets.wiring import (
    wire_droplet_workflow_manager,
    wire_launch_desk,
)
from gameday.region.monitoring.canary_wiring import service_canaries, wire_looks
from gameday.region.monitoring.wiring import component_report, wire_monitor
from gameday.region.planner import Watch, healthy_load_balancers
from gameday.region.turns import run_side_by_side, run_turns
from gameday.region.wiring import (
    wire_enactor,
    wire_lease_manager,
    wire_planner,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.settings import ActorConfig

__all__ = [
    "canary",
    "droplet_workflow_manager",
    "enactor",
    "launch_desk",
    "lease_manager",
    "monitor",
    "planner",
]

_DROPLET_TICK_MS = 5
_LEASE_TICK_MS = 50
_LOAD_AGAIN_MS = 250
_WAITING_MAX_PER_WORKER = 4
_MONITOR_TICK_MS = 50


def planner(config: ActorConfig) -> None:
    """Plan until stopped; a period of 0 plans only when health changes."""
    program, clock = wire_planner(config)
    period_ms = config.integer("planner_period_ms")
    look_ms = config.integer("planner_look_ms")
    addresses = {lb.name: lb.address for lb in config.load_balancers}
    watch = Watch(period_ms=period_ms)
    inherited = program.inherited()
    if inherited:
        watch.note(inherited, now_ms=clock.now_ms())

    def turn() -> bool:
        healthy = healthy_load_balancers(addresses, config.managed_port)
        now_ms = clock.now_ms()
        if watch.is_due(healthy, now_ms=now_ms) and program.publish(healthy):
            watch.note(healthy, now_ms=now_ms)
        return False

    run_turns(turn, clock=clock, rest_ms=min(look_ms, period_ms or look_ms))


def enactor(config: ActorConfig) -> None:
    """Enact the newest plan until stopped, and tell of the turns that it took."""
    program, clock = wire_enactor(config)
    report = component_report(config, service="dns", clock=clock)
    done = {TURNS_TAKEN: 0, PLANS_TAKEN_UP: 0}

    def turn() -> bool:
        busy = program.run_once()
        done[TURNS_TAKEN] += 1
        done[PLANS_TAKEN_UP] += busy
        if report.is_due():
            report.tell(done)
        return busy

    run_turns(turn, clock=clock, rest_ms=config.setting("enactor_poll_ms"))


def lease_manager(config: ActorConfig) -> None:
    """Keep every droplet's lease until stopped, several at a time."""
    program, clock = wire_lease_manager(config)
    workers = config.integer("lease_workers")
    running: dict[str, Future[bool]] = {}
    while not program.load():
        clock.sleep_ms(_LOAD_AGAIN_MS)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        while True:
            running = {d: f for d, f in running.items() if not f.done()}
            room = workers * _WAITING_MAX_PER_WORKER - len(running)
            fresh = [d for d in program.due() if d not in running]
            for droplet in fresh[: max(room, 0)]:
                running[droplet] = pool.submit(program.renew, droplet)
            clock.sleep_ms(_LEASE_TICK_MS)


def droplet_workflow_manager(config: ActorConfig) -> None:
    """Keep the leases of one host's droplets until stopped, by the operators' levers.

    What the operators last set holds from the start, also after a restart.
    """
    poll_ms = config.setting("lever_poll_ms")
    with (
        ThreadPoolExecutor(config.integer("droplet_workers")) as workers,
        ThreadPoolExecutor(max_workers=1) as reader,
    ):
        manager, store, clock = wire_droplet_workflow_manager(
            config, start=lambda serve_next: workers.submit(_serve, serve_next)
        )
        try:
            while (levers := told_levers(store)) is None or not manager.begin(
                rediscovery_ms=config.integer("droplet_rediscovery_ms"),
                commission_ms=config.integer("droplet_commission_ms"),
            ):
                clock.sleep_ms(_LOAD_AGAIN_MS)
            manager.pull(levers)
            reading = reader.submit(told_levers, store)
            look_ms = clock.now_ms() + poll_ms
            report = component_report(config, service="dwfm", clock=clock)
            while True:
                manager.turn()
                if report.is_due():
                    reader.submit(report.tell, {LEASES_RENEWED: manager.renewed()})
                if reading.done() and clock.now_ms() >= look_ms:
                    levers = reading.result() or levers
                    manager.pull(levers)
                    reading = reader.submit(told_levers, store)
                    look_ms = clock.now_ms() + poll_ms
                clock.sleep_ms(_DROPLET_TICK_MS)
        finally:
            manager.stop()


def launch_desk(config: ActorConfig) -> None:
    """Ask for an instance again and again until stopped.

    The desk is its own customer: what became of each request is what the canary of
    launches would have seen.
    """
    desk, instances, clock = wire_launch_desk(config)
    rest_ms = config.setting("launch_every_ms")
    is_prepared = False

    canaries = service_canaries(
        config, dict.fromkeys(config.canaries, desk.ask_or_raise)
    )

    def turn() -> bool:
        nonlocal is_prepared
        if not is_prepared:
            instances.prepare()
            is_prepared = True
        if canaries:
            canaries[0].look()
        else:
            desk.ask()
        return False

    run_turns(turn, clock=clock, rest_ms=rest_ms)


def monitor(config: ActorConfig) -> None:
    """Keep the states of the region's alarms until stopped."""
    keeper, clock = wire_monitor(config)
    is_defined = False

    def turn() -> bool:
        nonlocal is_defined
        if not is_defined:
            keeper.define()
            is_defined = True
        return keeper.turn()

    run_turns(turn, clock=clock, rest_ms=_MONITOR_TICK_MS)


def _serve(serve_next: Callable[[], bool]) -> None:
    while serve_next():
        pass


def canary(config: ActorConfig) -> None:
    """Look at every endpoint and service like a customer until stopped."""
    looks, clock = wire_looks(config)
    run_side_by_side(looks, clock=clock, every_ms=config.setting("canary_period_ms"))
