"""Which stage does one experiment play on, and where does its record go?

A session is one experiment's time on a stage: it opens a stage or joins one
that is up, waits until the region is ready, marks in the history where the
evidence begins and ends, plays the safety net and hands out the history.

The order at the end matters: the mark `run_ended` comes before the safety net,
because a call that the safety net lets go is our doing and no evidence.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gameday.chaos.readiness import await_ready
from gameday.chaos.running import Running, disconnect
from gameday.chaos.safety_net import play_safety_net
from gameday.clock import SystemClock
from gameday.emulators.registry import DEFAULT, emulator_version
from gameday.errors import ContractBroken, EdgeUnreachable
from gameday.model.history import History, Op, render_op
from gameday.model.run_span import RUN_ENDED, RUN_STARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gameday.region.topology import Region
    from gameday.stage.opening import Stage
    from gameday.stage.state import StageState

__all__ = [
    "Session",
    "StageChoice",
    "open_session",
]

HISTORY_FILE = "history.ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChoice:
    """What an experiment wants to be played on.

    Attributes:
        region: the region.
        design: name of the design that the switches start from.
        safeguards: single switches that differ from the design.
        settings: numbers that win over the region's.
        emulator: a name of `emulators.registry`, or a loopback URL.
        seed: the seed of the run.
    """

    region: Region
    design: str
    safeguards: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    emulator: str = DEFAULT
    seed: int = 1


@dataclass(slots=True, kw_only=True)
class Session:
    """One experiment's time on a stage.

    Attributes:
        running: the stage as activities see it.
        folder: the run folder.
        stage: the stage's handle, None when somebody else opened it.
        keep_up: leave the stage up at the end.
        before: what stands before the evidence on a stage that was up before.
        timings: seconds by name: "open", "ready", "close".
        undone: what the safety net had to undo.
        not_undone: what it could not undo.
        drift: what of the emulator's state disagrees with AWS's contract.
        lost_edge: whether the edge did not answer at the end.
        broken: what of the stage broke while it was used, "" for nothing.
        started: when the evidence began, ISO 8601 in UTC.
        emulator_version: as the emulator reports it, "" when it does not.
    """

    running: Running
    folder: Path
    stage: Stage | None
    keep_up: bool = False
    before: tuple[Op, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    undone: list[str] = field(default_factory=list)
    not_undone: list[str] = field(default_factory=list)
    drift: tuple[str, ...] = ()
    lost_edge: bool = False
    broken: str = ""
    started: str = ""
    emulator_version: str = ""
    _ended: bool = False
    _closed: bool = False
    _last: History | None = None
    _put_back: Callable[[], None] | None = None

    @property
    def state(self) -> StageState:
        """What is known about the stage."""
        return self.running.state

    def start(self, title: str) -> None:
        """Mark in the history that the evidence begins here.

        From here to the end, a boto3 client of another extension's activity, which
        says nothing of an endpoint, leads to the edge.
        """
        from gameday.aws.default_clients import lead_to

        state = self.state
        self.emulator_version = emulator_version(
            state.emulator["kind"], state.emulator["url"]
        )
        # Nothing may come between this look and the mark: when a lock is expired
        # is judged by the two together.
        now_ms = SystemClock().now_ms()
        self.started = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat()
        self.running.edge.mark(
            RUN_STARTED,
            {
                "epoch_ms": now_ms,
                "experiment": title,
                "design": state.design,
                "safeguards": dict(state.safeguards),
                "seed": state.seed,
            },
        )
        self._put_back = lead_to(
            state.gateway_url,
            region=state.region.aws_region,
            access_key=state.region.operator_access_key,
            known=state.region.access_keys(),
        )

    def end(self) -> None:
        """Mark the end of the evidence, undo what is still changed.

        Doing it twice is the same as once; a stage that is gone needs nothing.
        """
        if self._ended:
            return
        self._ended = True
        if self._put_back is not None:
            self._put_back()
        edge = self.running.edge
        try:
            edge.mark(RUN_ENDED, {})
            status = edge.status(verify=True)
            self.drift = tuple(str(each) for each in status["drift"])
        except EdgeUnreachable as error:
            self.lost_edge = True
            self.broken = self.broken or str(error)
            return
        self.undone, self.not_undone = play_safety_net(self.running)
        self._last = self._collect()

    def history(self) -> History:
        """Return the run's history; of a stage that died, what reached the disk."""
        if self._last is None:
            self._last = self._collect()
        return self._last

    def close(self) -> None:
        """End the session and take the stage down if it is this session's."""
        if self._closed:
            return
        self._closed = True
        began = time.monotonic()
        try:
            self.end()
            disconnect(self.running)
            if self._last is not None and self.stage is None:
                lines = "".join(f"{render_op(op)}\n" for op in self._last)
                (self.folder / HISTORY_FILE).write_text(lines, encoding="utf-8")
        finally:
            if self.stage is not None and not self.keep_up:
                self.stage.close()
        self.timings["close"] = round(time.monotonic() - began, 3)

    def _collect(self) -> History:
        first = self.before[-1].index + 1 if self.before else 0
        try:
            ops = self.running.edge.history(first)
        except EdgeUnreachable:
            ops = _on_disk(self.state.history_file, first)
        return History((*self.before, *ops))


def open_session(
    choice: StageChoice,
    folder: Path,
    *,
    keep_up: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Session:
    """Open a stage for one experiment and return once its region is ready.

    Args:
        choice: what to open.
        folder: the run folder; made if it does not exist.
        keep_up: leave the stage up when the session is closed.
        progress: told in a few words what is being waited for.

    Raises:
        InvalidInput: something asked for cannot be; nothing was started.
        EmulatorUnavailable, RegionFailed: the stage did not come up.
        ContractBroken: the emulator breaks AWS's contract, so that no verdict
            could be given.
    """
    from gameday.stage.opening import open_stage

    say = progress or _silent
    began = time.monotonic()
    say("starting emulator, edge and region")
    stage = open_stage(
        choice.region,
        design=choice.design,
        safeguards=choice.safeguards,
        settings=choice.settings,
        emulator=choice.emulator,
        seed=choice.seed,
        folder=folder,
        detached=keep_up,
    )
    session = Session(
        running=Running(state=stage.state), folder=folder, stage=stage, keep_up=keep_up
    )
    try:
        session.timings["open"] = round(time.monotonic() - began, 3)
        _ensure_contract(session.running, say)
        session.timings["ready"] = await_ready(session.running, progress=say)
    except BaseException:
        stage.close()
        raise
    return session


def _ensure_contract(stage: Running, say: Callable[[str], None]) -> None:
    from gameday.emulators.contract import check_contract

    say("checking the emulator against AWS's contract")
    gaps = check_contract(stage.state.gateway_url)
    if gaps:
        told = "; ".join(f"{g.case}: {g.expected}, but {g.observed}" for g in gaps)
        raise ContractBroken(f"the emulator breaks AWS's contract: {told}")


def _on_disk(file: Path, first: int) -> list[Op]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
        history = History.parse(text.splitlines())
    except (OSError, ValueError):
        return []
    return [op for op in history if op.index >= first]


def _silent(_: str) -> None:
    return None
