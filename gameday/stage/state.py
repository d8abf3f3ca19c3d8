"""Which stages are there, and what did the dead ones leave behind?

Each stage has one JSON file under $GAMEDAY_HOME (default
~/.local/state/gameday), written whole or not at all. The starter writes it before
anything else exists, under its own pid; the keeper takes it over and removes it
last. A file whose pid is not the process that wrote it is therefore a leftover,
and everything it names may go: processes first, then the temporary folder, then
the file.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput
from gameday.near_names import unknown_name
from gameday.region.environments import MARK_VARIABLE
from gameday.region.topology import Region
from gameday.stage.faketime import forget
from gameday.stage.process_identity import is_running, kill_escaped, kill_group

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "HOME_VARIABLE",
    "ActorState",
    "KeeperControl",
    "StageState",
    "dead_stages",
    "find_stage",
    "home_folder",
    "live_stages",
    "read_stage",
    "remove_leftover",
    "remove_leftovers",
    "remove_state",
    "state_file",
    "with_process",
    "write_state",
]

HOME_VARIABLE = "GAMEDAY_HOME"
STAGE_VARIABLE = "GAMEDAY_STAGE"
"""Names the stage that commands and activities act on, when a person sets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorState:
    """One process of a stage.

    Attributes:
        pid: its process id, which is also its process group.
        started: see `process_identity.start_of`.
        state: "starting", "running", "paused", "killed" or "exited <status>".
        restarts: how often it was started again.
    """

    pid: int
    started: str
    state: str = "running"
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperControl:
    """Where the keeper takes orders, and the word that it expects with them."""

    port: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageState:
    """What is known about one stage.

    Attributes:
        id: short random name.
        pid: the process that answers for this file.
        started: when that process started.
        phase: "opening", "running", "broken: <why>" or "closing".
        opened_ms: when it was opened, milliseconds since the Unix epoch.
        folder: the run folder with configurations, logs and the history.
        temporary: whether the folder goes when the stage does.
        region: the region that is played.
        design: name of the design.
        safeguards: every switch with its value.
        settings: numbers given for this stage alone.
        seed: the seed of the run.
        emulator: {"kind": "moto", "url": ...}, and "note" when it has one.
        gateway_url: where AWS answers, through the edge; "" while opening.
        edge: the ready line of the edge.
        processes: emulator, edge and operator.
        actors: the region's own programs.
        control: how to reach the keeper.
        network: the private network that it is in, see `isolation`; "" for the
            machine's own.
    """

    id: str
    pid: int
    started: str
    phase: str
    opened_ms: int
    folder: Path
    temporary: bool
    region: Region
    design: str
    safeguards: Mapping[str, str]
    settings: Mapping[str, Any]
    seed: int
    emulator: Mapping[str, str] = field(default_factory=dict)
    gateway_url: str = ""
    edge: Mapping[str, Any] = field(default_factory=dict)
    processes: Mapping[str, ActorState] = field(default_factory=dict)
    actors: Mapping[str, ActorState] = field(default_factory=dict)
    control: KeeperControl | None = None
    network: str = ""

    @property
    def history_file(self) -> Path:
        """Where the edge writes the history."""
        return self.folder / "history.ndjson"

    @property
    def is_alive(self) -> bool:
        """Whether the process that answers for this stage still runs."""
        return is_running(self.pid, self.started)

    def log_file(self, process: str) -> Path:
        """Where the output of `process` goes."""
        return self.folder / "logs" / f"{process}.log"


def state_file(stage_id: str) -> Path:
    """Return the file that holds the state of `stage_id`."""
    return _stages_folder() / f"{stage_id}.json"


def write_state(state: StageState) -> None:
    """Put `state` in the place of whatever its file held, whole or not at all."""
    file = state_file(state.id)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    # The token in it lets whoever reads it stop processes.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(_render(state))
    draft.replace(file)


def remove_state(stage_id: str) -> None:
    """Forget a stage; nothing happens when it is already forgotten."""
    state_file(stage_id).unlink(missing_ok=True)


def read_stage(stage_id: str) -> StageState:
    """Return a stage by its id; raises InvalidInput when there is none."""
    try:
        return _parse(state_file(stage_id).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        known = [state.id for state in live_stages()]
        raise InvalidInput(unknown_name("stage", stage_id, known)) from None


def live_stages() -> tuple[StageState, ...]:
    """Return every stage whose keeper runs, the newest first."""
    alive = [state for state in _all_states() if state.is_alive]
    return tuple(sorted(alive, key=lambda state: -state.opened_ms))


def dead_stages() -> tuple[StageState, ...]:
    """Return every stage whose keeper is gone and left things behind."""
    return tuple(state for state in _all_states() if not state.is_alive)


def find_stage() -> StageState:
    """Return the stage named by $GAMEDAY_STAGE, else the newest that is alive.

    Raises InvalidInput when there is none.
    """
    named = os.environ.get(STAGE_VARIABLE)
    if named:
        return read_stage(named)
    stages = live_stages()
    if not stages:
        raise InvalidInput("no stage is running; start one with `gameday up`")
    return stages[0]


def remove_leftovers() -> tuple[str, ...]:
    """Remove what dead keepers left; returns the ids of their stages."""
    dead = dead_stages()
    for state in dead:
        remove_leftover(state)
    return tuple(state.id for state in dead)


def remove_leftover(state: StageState) -> None:
    """Remove every trace of a stage whose keeper is dead.

    The order matters: a process that still runs would write into its folder, and
    without the file nobody would look for either.
    """
    for process in (*state.actors.values(), *state.processes.values()):
        kill_group(process.pid, process.started)
        forget(process.pid)
    kill_escaped(MARK_VARIABLE, state.id)
    if state.temporary:
        shutil.rmtree(state.folder, ignore_errors=True)
    remove_state(state.id)


def with_process(
    state: StageState, group: str, name: str, process: ActorState
) -> StageState:
    """Return `state` with one more or changed process; group names the field."""
    known: Mapping[str, ActorState] = getattr(state, group)
    return replace(state, **{group: {**known, name: process}})  # type: ignore[arg-type]


def home_folder() -> Path:
    """Return the folder that holds the states of all stages, as absolute path."""
    home = os.environ.get(HOME_VARIABLE)
    folder = Path(home) if home else Path.home() / ".local" / "state" / "gameday"
    return folder.absolute()


def _stages_folder() -> Path:
    return home_folder() / "stages"


def _all_states() -> list[StageState]:
    states = []
    for file in sorted(_stages_folder().glob("*.json")):
        try:
            states.append(_parse(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            # Its stage closed between the listing and the reading.
            continue
        except (ValueError, KeyError, TypeError):
            # Written by another version: nothing in it can be trusted or used.
            continue
    return states


def _render(state: StageState) -> str:
    fields = {
        name: getattr(state, name)
        for name in state.__slots__
        if name not in {"region", "folder", "processes", "actors", "control"}
    }
    return json.dumps(
        {
            **fields,
            "folder": str(state.folder),
            "region": state.region.model_dump(mode="json"),
            "processes": {name: asdict(each) for name, each in state.processes.items()},
            "actors": {name: asdict(each) for name, each in state.actors.items()},
            "control": asdict(state.control) if state.control else None,
        },
        indent=1,
    )


def _parse(text: str) -> StageState:
    given: dict[str, Any] = json.loads(text)
    control = given.pop("control")
    return StageState(
        folder=Path(given.pop("folder")),
        region=Region.model_validate_json(json.dumps(given.pop("region"))),
        processes=_processes(given.pop("processes")),
        actors=_processes(given.pop("actors")),
        control=KeeperControl(**control) if control else None,
        **given,
    )


def _processes(given: Mapping[str, Any]) -> dict[str, ActorState]:
    return {name: ActorState(**each) for name, each in given.items()}
