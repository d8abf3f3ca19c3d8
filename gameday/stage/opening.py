"""How does a program open a stage, and get rid of it whatever happens to itself?

`open_stage` checks everything that can be checked before anything starts, removes
what dead keepers left, starts a keeper and waits until it is ready. The stage is a
context manager: leaving it takes everything down. If the program dies instead,
also by kill -9, the end of the keeper's standard input does the same.

A detached stage (`gameday up`) has no such tie and lives until `take_down`.

A process that `isolation.isolate` has put into a network of its own opens its
stages there.
"""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gameday.clock import SystemClock
from gameday.emulators.registry import DEFAULT, Place, find_emulator
from gameday.errors import InvalidInput, RegionFailed
from gameday.stage import actors, clocks
from gameday.stage.isolation import isolated_network, name_resolver
from gameday.stage.isolation_rules import isolated_region
from gameday.stage.keeper_process import (
    await_ready,
    end_keeper,
    let_go,
    start_keeper,
)
from gameday.stage.order import (
    ORDER_FILE,
    StageOrder,
    first_state,
    render_order,
)
from gameday.stage.preflight import ensure_openable
from gameday.stage.run_folder import clear_run_folder
from gameday.stage.state import (
    StageState,
    read_stage,
    remove_leftover,
    remove_leftovers,
    remove_state,
    state_file,
    write_state,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from gameday.edge.control_client import ControlClient
    from gameday.model.safeguards import Safeguards
    from gameday.region.topology import Region

__all__ = ["Stage", "open_stage", "take_down"]

_LOOK_MS = 20


class Stage:
    """An open stage; close it, or use it as a context manager."""

    def __init__(
        self, state: StageState, keeper: subprocess.Popen[bytes] | None
    ) -> None:
        self._id = state.id
        self._last = state
        self._keeper = keeper

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def id(self) -> str:
        """The stage's short random name."""
        return self._id

    @property
    def state(self) -> StageState:
        """What the keeper has last written about the stage."""
        if state_file(self._id).exists():
            self._last = read_stage(self._id)
        return self._last

    @property
    def gateway_url(self) -> str:
        """Where AWS answers, through the edge."""
        return self._last.gateway_url

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._last.folder

    @property
    def history_file(self) -> Path:
        """Where the edge writes the history; complete once the stage is closed."""
        return self._last.history_file

    @property
    def keeper_pid(self) -> int:
        """The process id of the keeper."""
        return self._last.pid

    def edge(self) -> ControlClient:
        """Return a new client of the edge's control interface."""
        from gameday.edge.control_client import ControlClient

        return ControlClient(self.gateway_url)

    def pause(self, actor: str) -> int:
        """Stop an actor where it stands; returns its pid once it has stopped."""
        return actors.pause(self._last, actor)

    def resume(self, actor: str) -> int:
        """Let a paused actor go on; returns its pid."""
        return actors.resume(self._last, actor)

    def kill(self, actor: str) -> int:
        """Kill an actor; returns the pid that it had once it is gone."""
        return actors.kill(self._last, actor)

    def restart(self, actor: str) -> int:
        """Start an actor anew; returns its new pid."""
        return actors.restart(self._last, actor)

    def set_clock(self, actor: str, offset_ms: int) -> None:
        """Let an actor's wall clock be so many milliseconds ahead; 0 is right."""
        clocks.set_offset(self._last, actor, offset_ms)

    def close(self) -> None:
        """Take the stage down; returns when no process of it is left."""
        if self._keeper is None:
            return
        keeper, self._keeper = self._keeper, None
        end_keeper(keeper, self._id)


def open_stage(
    region: Region,
    *,
    design: str = "as-built",
    safeguards: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    emulator: str = DEFAULT,
    seed: int = 1,
    folder: Path | None = None,
    gateway_port: int = 0,
    detached: bool = False,
    rules: Sequence[Mapping[str, Any]] = (),
) -> Stage:
    """Stand up an emulator, an edge and `region`, and return once actors begin.

    Args:
        region: what to play, from `load_region`.
        design: a design of the region, the base of the safeguards.
        safeguards: single switches that differ from the design.
        settings: numbers that win over the region file's.
        emulator: a name of `emulators.registry`, or the loopback URL of one that
            runs already.
        seed: seed of the edge and of every actor.
        folder: run folder, kept afterwards; what an earlier run left in it is
            replaced. None takes a temporary one, removed with the stage.
        gateway_port: port of the AWS gateway; 0 takes a free one.
        detached: whether the stage outlives this process.
        rules: set at the edge before any actor begins, so that they meet its first
            call; `POST rules` of the control interface takes the same documents.

    Raises:
        InvalidInput: something asked for cannot be; nothing was started.
        EmulatorUnavailable: the emulator did not start.
        RegionFailed: an actor, the edge or provisioning did not start; which, its
            exit status and the end of its log.
    """
    network = isolated_network()
    if network:
        region = isolated_region(region)
    chosen = ensure_openable(
        region,
        design=design,
        safeguards=safeguards or {},
        settings=settings or {},
        emulator=emulator,
        gateway_port=gateway_port,
    )
    remove_leftovers()
    order = _order(
        region,
        design=design,
        safeguards=chosen,
        settings=dict(settings or {}),
        place=find_emulator(emulator),
        seed=seed,
        folder=folder,
        gateway_port=gateway_port,
        tethered=not detached,
        network=network,
        rules=rules,
    )
    keeper = start_keeper(order)
    try:
        if network:
            name_resolver(region.resolvers()[region.availability_zones[0]])
        await_ready(keeper, order)
        state = read_stage(order.id)
    except BaseException:
        end_keeper(keeper, order.id)
        raise
    if detached:
        let_go(keeper)
        return Stage(state, None)
    return Stage(state, keeper)


def take_down(state: StageState) -> None:
    """Take down a stage that another process opened; returns when it is gone.

    Raises RegionFailed when its keeper cannot be ended.
    """
    for number, deadline_ms in ((signal.SIGTERM, 15_000), (signal.SIGKILL, 2_000)):
        if _end(state, number, deadline_ms=deadline_ms):
            break
    else:
        raise RegionFailed(f"the keeper of stage {state.id}, {state.pid}, does not end")
    if state_file(state.id).exists():
        remove_leftover(read_stage(state.id))


def _end(state: StageState, number: signal.Signals, *, deadline_ms: int) -> bool:
    """Send a signal to the keeper; answer whether it has ended by the deadline."""
    clock = SystemClock()
    if state.is_alive:
        os.kill(state.pid, number)
    for _ in range(deadline_ms // _LOOK_MS):
        if not state.is_alive:
            return True
        clock.sleep_ms(_LOOK_MS)
    return False


def _order(
    region: Region,
    *,
    design: str,
    safeguards: Safeguards,
    settings: Mapping[str, Any],
    place: Place,
    seed: int,
    folder: Path | None,
    gateway_port: int,
    tethered: bool,
    network: str,
    rules: Sequence[Mapping[str, Any]],
) -> StageOrder:
    if folder is not None:
        clear_run_folder(folder)
    stage_id = secrets.token_hex(4)
    run_folder = folder or Path(tempfile.gettempdir()) / f"gameday-{stage_id}"
    order = StageOrder(
        id=stage_id,
        region=region,
        design=design,
        safeguards=safeguards,
        settings=settings,
        emulator=place.kind,
        emulator_url=place.url,
        seed=seed,
        folder=run_folder.resolve(),
        temporary=folder is None,
        tethered=tethered,
        gateway_port=gateway_port,
        opened_ms=SystemClock().now_ms(),
        network=network,
        rules=rules,
    )
    # The state comes before the folder: were this process killed in between, the
    # next start would know what to remove.
    write_state(first_state(order))
    try:
        (order.folder / "logs").mkdir(
            parents=True, mode=0o700, exist_ok=folder is not None
        )
        (order.folder / ORDER_FILE).write_text(render_order(order), encoding="utf-8")
    except OSError as error:
        remove_state(order.id)
        raise InvalidInput(f"cannot use the folder {run_folder}: {error}") from error
    return order
