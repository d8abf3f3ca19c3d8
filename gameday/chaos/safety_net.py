"""What must be undone when an experiment ends, however it ended?

Rollbacks are the experiment's own; Chaos Toolkit skips them in many cases and
does not stop when one fails. The safety net comes after them and puts back
whatever is still changed. Every step is tried, whatever became of the others.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gameday.errors import GamedayError
from gameday.model.safeguards import FREEZE_SWITCH

if TYPE_CHECKING:
    from gameday.chaos.running import Running

__all__ = ["play_safety_net"]

logger = logging.getLogger(__name__)


def play_safety_net(stage: Running) -> tuple[list[str], list[str]]:
    """Undo what is still changed on the stage.

    Returns:
        what was undone, and what could not be, as sentences for people.
    """
    undone: list[str] = []
    failed: list[str] = []
    for step in (
        _rules,
        _latency,
        _holds,
        _actors,
        _clocks,
        _partitions,
        _load_balancers,
        _propagation,
        _freeze,
        _levers,
    ):
        try:
            undone.extend(step(stage))
        except Exception as error:  # noqa: BLE001 - the other steps must be tried
            name = step.__name__.strip("_").replace("_", " ")
            failed.append(f"{name}: {str(error) or type(error).__name__}")
    if undone or failed:
        _mark(stage, undone, failed)
    return undone, failed


def _rules(stage: Running) -> list[str]:
    removed = stage.edge.remove_rules()
    return [f"removed rule {entry['id']!r}" for entry in removed]


def _latency(stage: Running) -> list[str]:
    latency_ms = stage.edge.status()["latency_ms"]
    if not latency_ms:
        return []
    stage.edge.set_latency(0)
    return [f"ended the network's latency of {latency_ms} ms"]


def _holds(stage: Running) -> list[str]:
    released = stage.edge.release()
    return [f"released {released} held calls"] if released else []


def _actors(stage: Running) -> list[str]:
    from gameday.stage.actors import resume
    from gameday.stage.state import read_stage

    state = read_stage(stage.state.id)
    paused = [name for name, actor in state.actors.items() if actor.state == "paused"]
    for name in paused:
        resume(state, name)
    return [f"resumed {name}" for name in paused]


def _clocks(stage: Running) -> list[str]:
    from gameday.stage.clocks import set_offset, wrong_clocks

    wrong = wrong_clocks(stage.state)
    for name in wrong:
        set_offset(stage.state, name, 0)
    return [
        f"set the clock of {name} right, which was {wrong[name]} ms ahead"
        for name in wrong
    ]


def _partitions(stage: Running) -> list[str]:
    # Before the load balancers: one that is cut off is black-holed till then.
    cut = sorted(stage.edge.status()["partitions"])
    for az in cut:
        stage.edge.heal(az)
    return [f"healed {az}" for az in cut]


def _load_balancers(stage: Running) -> list[str]:
    states = stage.edge.status()["load_balancers"]
    down = [name for name, state in sorted(states.items()) if state != "up"]
    for name in down:
        stage.edge.set_load_balancer(name, "up")
    return [f"brought {name} up" for name in down]


def _propagation(stage: Running) -> list[str]:
    if stage.edge.status()["propagation"] == "running":
        return []
    stage.edge.set_propagation("running")
    return ["let propagation run"]


def _freeze(stage: Running) -> list[str]:
    from gameday.aws.plan_store import SWITCHES_TABLE, Switches

    if SWITCHES_TABLE not in {table.name for table in stage.state.region.tables}:
        return []
    switches = Switches(stage.operator("dynamodb"), stage.policy())
    if not switches.is_on(FREEZE_SWITCH):
        return []
    switches.turn(FREEZE_SWITCH, on=False)
    return ["unfroze automation"]


def _levers(stage: Running) -> list[str]:
    from gameday.aws.lever_store import LeverStore
    from gameday.model.levers import AS_BUILT
    from gameday.region.droplets.fleet import DROPLET_PROGRAM

    if DROPLET_PROGRAM not in {a.run for a in stage.state.region.actors.values()}:
        return []
    store = LeverStore(stage.operator("dynamodb"), stage.policy())
    if store.read() == AS_BUILT:
        return []
    store.write(AS_BUILT)
    return ["let go of the droplet hosts' levers"]


def _mark(stage: Running, undone: list[str], failed: list[str]) -> None:
    try:
        stage.edge.mark("safety_net", {"undone": undone, "failed": failed})
    except GamedayError:
        # The stage may be gone, which undoes everything.
        logger.debug("the safety net could not be noted", exc_info=True)
