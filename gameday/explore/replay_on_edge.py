"""Do the programs, as processes of their own, go wrong in the same order of calls?

A stage is opened with the same actors as operating-system processes behind an edge.
Every call of every actor is held there, and one after the other is let go in the
order of the schedule. The processes make the calls themselves and nothing is
answered for them; what a schedule does not let go stays where it is.

How it works
    A rule for each actor holds its calls from the first one on, set before anybody
    begins. A step waits until its actor is held, compares what the call asks with
    what the exploration saw (`replay_on_edge_call`), lets it go, and waits until the
    reply is in the history. The first step that differs ends the replay and is
    named. Afterwards the zones are compared with those that the exploration left,
    and the checkers judge the history.

The dangerous ordering is the wall clock's: a lock must not expire, and no client may
give up, because its turn has not come yet. `REPLAY_SETTINGS` sees to both. Time that
passes as a step of the schedule is a jump of every actor's clock.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gameday.checkers import judge_all
from gameday.edge.fault_document import HOLD_MS_MAX
from gameday.emulators.registry import DEFAULT
from gameday.errors import RegionFailed
from gameday.explore.interleaving import Faults, StepKind
from gameday.explore.region_actors import SHORT_SETTINGS
from gameday.explore.replay_on_edge_call import (
    Asked,
    AskedNamer,
    end_of,
    end_on_edge,
    explored_zones,
    zone_differences,
)
from gameday.explore.replay_on_edge_result import Difference, ReplayedOnEdge
from gameday.model.history import History, Op
from gameday.model.world import World
from gameday.model.zone_wire import bare_zone_id
from gameday.stage import clocks
from gameday.stage.opening import open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gameday.edge.control_client import ControlClient
    from gameday.explore.execution import Executed, Execution
    from gameday.explore.region_actors import RegionUnderSearch
    from gameday.region.topology import Region
    from gameday.stage.opening import Stage

__all__ = ["REPLAY_SETTINGS", "replay_on_edge"]

REPLAY_SETTINGS: Mapping[str, Any] = {
    "planner_period_ms": 1,
    "call_timeout_ms": 600_000,
    "lock_ttl_ms": 600_000,
}
"""What the processes are told beside SHORT_SETTINGS. Everybody stands still most of
the time, so locks outlive the replay and clients wait for as long."""

_CALLS_FIRST = {"gameday.region.main:planner": 1}
"""Calls that a program makes before those that are explored: the planner asks once
what its predecessor left. They only read, and are let go before the first step."""

_HELD_DEADLINE_MS = 30_000
_REPLY_DEADLINE_S = 60.0
_STANDS_DEADLINE_MS = 10_000


def replay_on_edge(
    under: RegionUnderSearch,
    execution: Execution,
    *,
    faults: Faults | None = None,
    emulator: str = DEFAULT,
    folder: Path | None = None,
) -> ReplayedOnEdge:
    """Carry an execution out by processes on a stage.

    Args:
        under: the region and the work that were explored.
        execution: of the exploration, or of `execute`.
        faults: those of the exploration; says how much time passes at a time.
        emulator: a name of `emulators.registry`, or a loopback URL.
        folder: the run folder, kept; None takes a temporary one.

    Raises:
        InvalidInput: the stage cannot be opened so.
        RegionFailed: it did not open, or a reply did not come.
    """
    region = _region_of(under)
    began = time.monotonic()
    with (
        open_stage(
            region,
            safeguards=under.safeguards.render(),
            settings={**SHORT_SETTINGS, **REPLAY_SETTINGS, **under.settings},
            emulator=emulator,
            seed=under.seed,
            folder=folder,
            rules=[_holding(region, name) for name in region.actors],
        ) as stage,
        stage.edge() as edge,
    ):
        opened = time.monotonic()
        player = _Player(stage, edge, region, execution, faults or Faults())
        steps, difference = player.play()
        played = time.monotonic()
        stands = player.stands()
        history = History(tuple(edge.history()))
        ends = _end_differences(execution, edge)
    world = World(endpoints=region.endpoints)
    return ReplayedOnEdge(
        emulator=emulator,
        steps=steps,
        difference=difference,
        end_differences=ends,
        stands=stands,
        findings=judge_all(history, world),
        history=history,
        opened_s=round(opened - began, 3),
        played_s=round(played - opened, 3),
    )


class _Player:
    """Lets one call after the other go."""

    def __init__(
        self,
        stage: Stage,
        edge: ControlClient,
        region: Region,
        execution: Execution,
        faults: Faults,
    ) -> None:
        self._stage = stage
        self._edge = edge
        self._region = region
        self._execution = execution
        self._expiry_ms = faults.expiry_ms
        self._killed: set[str] = set()
        self._explored = AskedNamer(region, explored_zones(execution))
        self._on_edge = AskedNamer(
            region, {bare_zone_id(z["id"]): z["name"] for z in edge.zones()}
        )
        self._ops: Iterator[Op] = edge.follow(
            len(edge.history()), idle_s=_REPLY_DEADLINE_S
        )

    def play(self) -> tuple[int, Difference | None]:
        """Return how many steps were carried out, and the first that differed."""
        for name, actor in self._region.actors.items():
            for _ in range(_CALLS_FIRST.get(actor.run or "", 0)):
                if held := self._held(name):
                    self._let_go(name, held)
        for place, done in enumerate(self._execution.steps, start=1):
            expected_found = self._carry_out(done)
            if expected_found is not None:
                expected, found = expected_found
                return place - 1, Difference(
                    place=place, actor=done.step.actor, expected=expected, found=found
                )
        return len(self._execution.steps), None

    def stands(self) -> dict[str, Asked | None]:
        """Return what each actor is held at."""
        stands: dict[str, Asked | None] = {}
        for name in self._region.actors:
            held = self._held(name, _STANDS_DEADLINE_MS)
            stands[name] = self._on_edge.of_held(held) if held else None
        return stands

    def _carry_out(self, done: Executed) -> tuple[str, str] | None:
        """Carry one step out; return (expected, found) when they differ."""
        name = done.step.actor
        match done.step.kind:
            case StepKind.TIME_PASSES:
                for each in self._region.actors:
                    clocks.jump(self._stage.state, each, self._expiry_ms)
            case StepKind.CRASH:
                self._stage.kill(name)
                self._killed.add(name)
                self._edge.release(rule=_rule(name), outcome="drop")
            case StepKind.GO | StepKind.LOSE_REPLY if done.call is not None:
                return self._call(done, self._explored.of_explored(done.call))
        return None

    def _call(self, done: Executed, expected: Asked) -> tuple[str, str] | None:
        name = done.step.actor
        held = self._held(name)
        if held is None:
            return str(expected), "no call: it has ended, or waits for something else"
        found = self._on_edge.of_held(held)
        if found != expected:
            return str(expected), str(found)
        op = self._let_go(name, held, lose=done.step.kind is StepKind.LOSE_REPLY)
        wanted = done.reply.status if done.reply else 0
        if op.status is not None and (op.status < 300) != (wanted < 300):
            return f"{expected} answered {wanted}", f"{op.status} {op.error}".rstrip()
        return None

    def _held(
        self, name: str, deadline_ms: int = _HELD_DEADLINE_MS
    ) -> Mapping[str, Any] | None:
        if name in self._killed:
            return None
        held = self._edge.await_hold(_rule(name), deadline_ms)
        return held[0] if held else None

    def _let_go(self, name: str, held: Mapping[str, Any], *, lose: bool = False) -> Op:
        """Let a call go and return it once its reply is in the history."""
        outcome = "lose-reply" if lose else "deliver"
        self._edge.release(hold=held["id"], outcome=outcome)
        for op in self._ops:
            # One that its client gave up, and was dropped, began at another time.
            if (op.rule, op.start_ns) == (_rule(name), held["since_ns"]):
                return op
        raise RegionFailed(
            f"{self._on_edge.of_held(held)} was let go and not answered within "
            f"{_REPLY_DEADLINE_S:.0f} s; see the logs of the emulator and the edge"
        )


def _region_of(under: RegionUnderSearch) -> Region:
    """Return the region with the actors and endpoints that were explored."""
    names = {actor.name for actor in under.actors()}
    actors = {
        name: actor for name, actor in under.region.actors.items() if name in names
    }
    return under.region.model_copy(
        update={"actors": actors, "endpoints": under.endpoint_names()}
    )


def _rule(name: str) -> str:
    return f"turn-of-{name}"


def _holding(region: Region, name: str) -> dict[str, Any]:
    """Return the rule that holds every call of an actor."""
    others = [each.name for each in region.actors[name].identities.values()]
    return {
        "id": _rule(name),
        "match": {"actor": [name, *others]},
        "fault": {"kind": "hold", "on_disconnect": "drop", "timeout_ms": HOLD_MS_MAX},
    }


def _end_differences(execution: Execution, edge: ControlClient) -> tuple[str, ...]:
    found: list[str] = []
    for name, explored in end_of(execution).items():
        replayed = end_on_edge(edge.zone(name.rstrip("."))["record_sets"])
        found.extend(zone_differences(explored, replayed))
    return tuple(found)
