"""How are the region's own programs started, stopped and started again?

All of ours import in parallel, wait at a gate and are let go together once the
region is provisioned; strangers' commands have no gate and start then. Whoever
ends before everybody has begun makes the whole start fail, with its last words.

Later ends are only recorded: a dead actor is part of the game. `restart: always`
starts it again after a pause that doubles, a bounded number of times.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput, RegionFailed
from gameday.near_names import unknown_name
from gameday.stage.children import log_tail, raise_if_ended, spawn_actor
from gameday.stage.state import ActorState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
    from pathlib import Path

    from gameday.region.process_specs import ProcessSpec
    from gameday.stage.children import Child

__all__ = ["ActorGroup"]

SETTLE_S = 0.15
"""How long a program must live after its start for the start to count."""

RESTARTS_MAX = 50
RESTART_PAUSE_FIRST_S = 0.1
RESTART_PAUSE_LAST_S = 5.0

_READY_DEADLINE_S = 45.0
_GRACE_S = 0.5
"""How long an actor may take to end by itself: nothing of it is needed after."""


class ActorGroup:
    """The actors of one stage; every change of state goes to `record`."""

    def __init__(
        self,
        specs: Mapping[str, ProcessSpec],
        *,
        log_file: Callable[[str], Path],
        record: Callable[[str, ActorState], None],
        ended: Callable[[str, str], None],
    ) -> None:
        self._specs = dict(specs)
        self._log_file = log_file
        self._record = record
        self._ended = ended
        self._children: dict[str, Child] = {}
        self._states: dict[str, ActorState] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._closing = False

    async def load(self) -> None:
        """Start every program of ours; returns once all wait at the gate."""
        ours = [spec for spec in self._specs.values() if spec.speaks_lifeline]
        await _all(self._load(spec) for spec in ours)

    async def begin(self, names: Collection[str]) -> None:
        """Let these actors go; raises RegionFailed when one ends right away."""
        strangers = [self._specs[name] for name in names]
        strangers = [spec for spec in strangers if not spec.speaks_lifeline]
        await _all(self._spawn(spec) for spec in strangers)
        children = [self._children[name] for name in names]
        if not children:
            return
        await _all(child.go() for child in children)
        await asyncio.wait(
            [child.ended for child in children],
            timeout=SETTLE_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        for child in children:
            raise_if_ended(child)
        for child in children:
            self._begun(child)

    async def pause(self, name: str) -> int:
        """Stop an actor in its tracks; returns its pid once it has stopped."""
        child = self._alive(name)
        await child.pause()
        self._note(name, "paused")
        return child.pid

    async def resume(self, name: str) -> int:
        """Let a paused actor go on; returns its pid."""
        child = self._alive(name)
        child.signal(signal.SIGCONT)
        self._note(name, "running")
        return child.pid

    async def kill(self, name: str) -> int:
        """Kill an actor, which cannot tidy up; returns the pid that it had."""
        child = self._alive(name)
        self._note(name, "killed")
        child.signal(signal.SIGKILL)
        await child.ended
        return child.pid

    async def restart(self, name: str) -> int:
        """Start an actor anew, killing it first if it runs; returns its new pid."""
        child = self._children[self._known(name)]
        if child.is_alive:
            await self.kill(name)
        return await self._start_again(name)

    async def close(self) -> None:
        """End every actor and wait until all groups are gone."""
        self._closing = True
        for watcher in tuple(self._watchers):
            watcher.cancel()
        await _all(child.end(grace_s=_GRACE_S) for child in self._children.values())

    async def _load(self, spec: ProcessSpec) -> None:
        child = await self._spawn(spec)
        try:
            async with asyncio.timeout(_READY_DEADLINE_S):
                if not await child.is_ready():
                    await child.ended
        except TimeoutError:
            raise RegionFailed(
                f"{child.name} is not ready after {_READY_DEADLINE_S:.0f} s; "
                f"the end of its log:{log_tail(child.log) or ' (empty)'}"
            ) from None
        raise_if_ended(child)

    async def _spawn(self, spec: ProcessSpec) -> Child:
        child = await spawn_actor(spec, log=self._log_file(spec.name))
        self._children[spec.name] = child
        before = self._states.get(spec.name)
        self._set(
            spec.name,
            ActorState(
                pid=child.pid,
                started=child.started,
                state="starting",
                restarts=before.restarts + 1 if before else 0,
            ),
        )
        return child

    async def _start_again(self, name: str) -> int:
        spec = self._specs[name]
        if spec.speaks_lifeline:
            await self._load(spec)
        else:
            await self._spawn(spec)
        child = self._children[name]
        await child.go()
        self._begun(child)
        return child.pid

    def _begun(self, child: Child) -> None:
        self._note(child.name, "running")
        watcher = asyncio.create_task(self._watch(child), name=f"watch {child.name}")
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    async def _watch(self, child: Child) -> None:
        # Cancelling the watcher must not cancel the collection.
        await asyncio.shield(child.ended)
        if self._closing or self._is_replaced(child):
            return
        if self._states[child.name].state != "killed":
            self._note(child.name, child.exit_text())
            self._ended(child.name, child.exit_text())
        if self._specs[child.name].restart:
            await self._restart_until_it_begins(child)

    async def _restart_until_it_begins(self, child: Child) -> None:
        for _ in range(RESTARTS_MAX):
            restarts = self._states[child.name].restarts
            if restarts >= RESTARTS_MAX:
                return
            pause_s = RESTART_PAUSE_FIRST_S * 2**restarts
            await asyncio.sleep(min(pause_s, RESTART_PAUSE_LAST_S))
            if self._is_replaced(child):
                return
            try:
                await self._start_again(child.name)
            except RegionFailed:
                child = self._children[child.name]
                self._note(child.name, child.exit_text())
            else:
                return

    def _is_replaced(self, child: Child) -> bool:
        return self._children[child.name] is not child

    def _known(self, name: str) -> str:
        if name not in self._specs:
            raise InvalidInput(unknown_name("actor", name, self._specs))
        return name

    def _alive(self, name: str) -> Child:
        child = self._children[self._known(name)]
        if not child.is_alive:
            raise RegionFailed(f"{name} is not running: it {child.exit_text()}")
        return child

    def _note(self, name: str, state: str) -> None:
        self._set(name, replace(self._states[name], state=state))

    def _set(self, name: str, state: ActorState) -> None:
        self._states[name] = state
        self._record(name, state)


async def _all(steps: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Take all steps at the same time; the first failure is raised at once."""
    await asyncio.gather(*steps)
