"""In which order is a stage stood up and taken down?

Emulator, edge and provisioning load in parallel, because most of a cold start is
imports; the actors load while the region is provisioned and begin together.
Taking down goes the other way round: first the actors, so that nobody calls any
more, then the edge, which still has history to write, then the emulator, then
whatever escaped its process group, and the state file last.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gameday.edge.control_client import ControlClient
from gameday.emulators.registry import EMULATORS
from gameday.errors import GamedayError, RegionFailed
from gameday.region.environments import MARK_VARIABLE, harness_environment
from gameday.region.process_specs import (
    Addresses,
    Variant,
    operator_spec,
)
from gameday.stage.actor_group import ActorGroup
from gameday.stage.actor_specs import actor_specs
from gameday.stage.children import log_tail, raise_if_ended, spawn_actor
from gameday.stage.clocks import with_clocks
from gameday.stage.keeper_control import ControlServer
from gameday.stage.order import StageOrder, first_state
from gameday.stage.process_identity import kill_escaped
from gameday.stage.publication import Publication
from gameday.stage.services import (
    EDGE,
    EMULATOR,
    drain_output,
    emulator_url,
    ready_line,
    spawn_edge,
    spawn_emulator,
)
from gameday.stage.state import (
    ActorState,
    remove_state,
    with_process,
    write_state,
)

if TYPE_CHECKING:
    from gameday.stage.children import Child

__all__ = ["Lifecycle"]

READY_DEADLINE_S = 45.0
"""How long each part may take until it serves."""

_PROVISION_DEADLINE_S = 45.0
_PUBLISH_DEADLINE_S = 30.0
_PUBLISH_POLL_S = 0.05
_EDGE_GRACE_S = 5.0

logger = logging.getLogger(__name__)


class Lifecycle:
    """One stage, from nothing to nothing."""

    def __init__(self, order: StageOrder) -> None:
        self._order = order
        self._services: dict[str, Child] = {}
        self._operator: Child | None = None
        self._actors: ActorGroup | None = None
        self._control: ControlServer | None = None
        self._drains: set[asyncio.Task[None]] = set()
        self._env = harness_environment(os.environ, stage=order.id)
        self.state = first_state(order)
        write_state(self.state)

    async def open(self) -> None:
        """Stand everything up; raises a GamedayError that says what did not."""
        url = emulator_url(self._order)
        await self._start_services(url)
        addresses, _ = await asyncio.gather(
            self._await_edge(), self._await_emulator(url)
        )
        actors = self._actor_group(addresses)
        await asyncio.gather(self._provision(addresses), actors.load())
        await asyncio.to_thread(self._set_rules)
        entries = self._order.region.actors.items()
        await actors.begin([n for n, a in entries if a.begins == "at-once"])
        later = [n for n, a in entries if a.begins == "when-published"]
        if later:
            await self._await_published(later)
            await actors.begin(later)
        await self._open_control(actors)
        self._put(phase="running")

    async def close(self) -> None:
        """Take everything down again, in the order of the module's docstring."""
        self._put(phase="closing")
        if self._control is not None:
            self._control.close()
        if self._actors is not None:
            await self._actors.close()
        if self._operator is not None:
            await self._operator.end(grace_s=1.0)
        if EDGE in self._services:
            await self._services[EDGE].end(grace_s=_EDGE_GRACE_S)
        if EMULATOR in self._services:
            kind = EMULATORS[self._order.emulator]
            await self._services[EMULATOR].end(grace_s=kind.grace_s)
        await asyncio.gather(*self._drains, return_exceptions=True)
        kill_escaped(MARK_VARIABLE, self._order.id)
        if self._order.temporary:
            shutil.rmtree(self._order.folder, ignore_errors=True)
        remove_state(self._order.id)

    async def _start_services(self, url: str) -> None:
        order = self._order
        if not order.emulator_url:
            kind = EMULATORS[order.emulator]
            self._keep(
                EMULATOR,
                await spawn_emulator(kind, url, env=self._env, state=self.state),
            )
        self._keep(EDGE, await spawn_edge(order, url, env=self._env, state=self.state))

    def _keep(self, name: str, child: Child) -> None:
        self._services[name] = child
        self._record(
            "processes", name, ActorState(pid=child.pid, started=child.started)
        )
        watcher = asyncio.create_task(self._watch_service(child))
        self._drains.add(watcher)
        watcher.add_done_callback(self._drains.discard)

    async def _await_edge(self) -> Addresses:
        child = self._services[EDGE]
        ready = await ready_line(child, deadline_s=READY_DEADLINE_S)
        self._drain(child)
        self._put(edge=ready, gateway_url=ready["gateway_url"])
        return Addresses(
            gateway_url=ready["gateway_url"],
            load_balancer_port=ready["load_balancer_port"],
            resolvers={
                az: (host, port) for az, (host, port) in ready["resolvers"].items()
            },
            config_folder=self._order.folder,
        )

    async def _await_emulator(self, url: str) -> None:
        self._put(emulator={"kind": self._order.emulator, "url": url})
        if EMULATOR in self._services:
            child = self._services[EMULATOR]
            deadline_s = EMULATORS[self._order.emulator].ready_deadline_s
            ready = await ready_line(child, deadline_s=deadline_s)
            if note := ready.get("note"):
                self._put(emulator={**self.state.emulator, "note": note})
            self._drain(child)

    async def _provision(self, addresses: Addresses) -> None:
        spec = operator_spec(
            self._order.region,
            addresses=addresses,
            variant=self._variant(),
            inherited=os.environ,
        )
        child = await spawn_actor(spec, log=self.state.log_file(spec.name))
        self._operator = child
        self._record(
            "processes", spec.name, ActorState(pid=child.pid, started=child.started)
        )
        try:
            async with asyncio.timeout(_PROVISION_DEADLINE_S):
                if await child.is_ready():
                    await child.go()
                status = await asyncio.shield(child.ended)
        except TimeoutError:
            raise RegionFailed(
                f"provisioning is not done after {_PROVISION_DEADLINE_S:.0f} s; "
                f"the end of its log:{log_tail(child.log) or ' (empty)'}"
            ) from None
        if status != 0:
            raise_if_ended(child)
        self._record(
            "processes",
            spec.name,
            ActorState(pid=child.pid, started=child.started, state="finished"),
        )

    def _set_rules(self) -> None:
        with ControlClient(self.state.gateway_url) as edge:
            for rule in self._order.rules:
                edge.set_rule(rule)

    async def _await_published(self, waiting: list[str]) -> None:
        publication = Publication()
        endpoints = self._order.region.endpoints
        lack = "nothing has been looked at"
        with ControlClient(self.state.gateway_url, timeout_s=5.0) as edge:
            try:
                async with asyncio.timeout(_PUBLISH_DEADLINE_S):
                    while lack:
                        lack = await asyncio.to_thread(
                            publication.missing, edge, endpoints
                        )
                        await asyncio.sleep(_PUBLISH_POLL_S if lack else 0)
            except TimeoutError:
                raise RegionFailed(
                    f"{', '.join(waiting)} cannot begin: after "
                    f"{_PUBLISH_DEADLINE_S:.0f} s {lack}"
                ) from None

    def _actor_group(self, addresses: Addresses) -> ActorGroup:
        folder = self._order.folder / "actors"
        folder.mkdir(exist_ok=True)
        specs = actor_specs(
            self._order,
            addresses=replace(addresses, config_folder=folder),
            variant=self._variant(),
        )
        self._actors = ActorGroup(
            with_clocks(specs, self._order.region, folder=self._order.folder),
            log_file=self.state.log_file,
            record=lambda name, actor: self._record("actors", name, actor),
            ended=self._mark_end,
        )
        return self._actors

    async def _open_control(self, actors: ActorGroup) -> None:
        self._control = ControlServer(
            {
                "pause": actors.pause,
                "resume": actors.resume,
                "kill": actors.kill,
                "restart": actors.restart,
            }
        )
        self._put(control=await self._control.open())

    def _variant(self) -> Variant:
        return Variant(
            safeguards=self._order.safeguards,
            settings=self._order.settings,
            seed=self._order.seed,
            stage=self._order.id,
        )

    def _mark_end(self, name: str, how: str) -> None:
        """Note in the history that an actor ended by itself."""
        logger.warning("%s %s", name, how)
        task = asyncio.create_task(asyncio.to_thread(self._mark, name, how))
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    def _mark(self, name: str, how: str) -> None:
        # A mark that the edge cannot take is in the keeper's log at least.
        with (
            contextlib.suppress(GamedayError),
            ControlClient(self.state.gateway_url, timeout_s=2.0) as edge,
        ):
            edge.mark("actor_ended", {"actor": name, "how": how})

    async def _watch_service(self, child: Child) -> None:
        await asyncio.shield(child.ended)
        if self.state.phase == "running":
            logger.error("the %s %s", child.name, child.exit_text())
            self._put(phase=f"broken: the {child.name} {child.exit_text()}")

    def _drain(self, child: Child) -> None:
        task = asyncio.create_task(drain_output(child))
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    def _record(self, group: str, name: str, process: ActorState) -> None:
        self.state = with_process(self.state, group, name, process)
        write_state(self.state)

    def _put(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        write_state(self.state)
