"""How is an experiment played by chaoslib in this process?

chaoslib was written for its own command line. Played here:

* the rollbacks are always played, whatever the experiment's outcome;
* the hypothesis is asked before, after and, unless the experiment says
  otherwise, continuously during the method;
* it also works off the main thread, where chaoslib's signal handlers do not;
* the journal survives a traceback of chaoslib, as far as it got;
* the experiment that is given is not changed, although chaoslib changes its own;
* Ctrl-C ends the run: chaoslib swallows it, `Played.interrupted_by` tells.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import chaoslib.run
from chaoslib.experiment import run_experiment
from chaoslib.run import RunEventHandler
from chaoslib.types import Schedule, Strategy

from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["HYPOTHESIS_PERIOD_S", "Played", "play_in_process", "schedule_of"]

HYPOTHESIS_PERIOD_S = 1.0
"""Seconds between two looks at the hypothesis, unless the experiment says so."""

_STRATEGIES = (
    "default",
    "before-method-only",
    "after-method-only",
    "during-method-only",
    "continuously",
)
_CONTROL = {
    "name": "gameday",
    "provider": {"type": "python", "module": "gameday.chaos.control"},
}
_LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"

_exit_signals = chaoslib.run.exit_signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What chaoslib left.

    Attributes:
        journal: Chaos Toolkit's journal, complete or as far as it got.
        failure: the traceback's last line when chaoslib ended with one, else "".
        interrupted_by: "a signal" when one ended the run, else "".
    """

    journal: dict[str, Any]
    failure: str = ""
    interrupted_by: str = ""


def play_in_process(
    experiment: Mapping[str, Any], *, stage_id: str, stage_key: str, log: Path
) -> Played:
    """Play `experiment` and return its journal.

    Args:
        experiment: a valid experiment; it is not changed.
        stage_id: the stage that activities act on.
        stage_key: the configuration key under which they look for it.
        log: where Chaos Toolkit's log goes.
    """
    own = deepcopy(dict(experiment))
    own["configuration"] = {**(own.get("configuration") or {}), stage_key: stage_id}
    own["controls"] = _with_our_control(own.get("controls") or [])
    strategy, schedule = schedule_of(own)
    keeper = _JournalKeeper()
    settings = {"runtime": {"rollbacks": {"strategy": "always"}}}
    failure = ""
    with _signals_where_they_work(), _logged(log):
        try:
            run_experiment(
                own,
                settings=settings,
                strategy=strategy,
                schedule=schedule,
                event_handlers=[keeper],
            )
        except (KeyboardInterrupt, SystemExit):
            # A signal between chaoslib's own handlers.
            keeper.signalled = True
        except Exception as error:  # noqa: BLE001 - chaoslib's tracebacks are a result
            failure = f"chaoslib failed: {type(error).__name__}: {error}"
    return Played(
        journal=keeper.journal,
        failure=failure,
        interrupted_by="a signal" if keeper.signalled else "",
    )


def schedule_of(experiment: Mapping[str, Any]) -> tuple[Strategy, Schedule]:
    """Return when the hypothesis is asked, from the experiment's runtime block.

    Raises InvalidInput naming the nearest strategy for an unknown one.
    """
    runtime = experiment.get("runtime") or {}
    wanted = runtime.get("hypothesis") or {}
    name = str(wanted.get("strategy", "continuously"))
    if name not in _STRATEGIES:
        raise InvalidInput(unknown_name("hypothesis strategy", name, _STRATEGIES))
    period_s = float(wanted.get("frequency", HYPOTHESIS_PERIOD_S))
    if period_s <= 0:
        raise InvalidInput(f"the hypothesis frequency is in seconds, not {period_s}")
    schedule = Schedule(
        continuous_hypothesis_frequency=period_s,
        fail_fast=bool(wanted.get("fail_fast", False)),
        fail_fast_ratio=float(wanted.get("fail_fast_ratio", 0)),
    )
    return Strategy.from_string(name), schedule


class _JournalKeeper(RunEventHandler):  # type: ignore[misc]
    """Holds on to the journal from the start, and notices signals."""

    def __init__(self) -> None:
        self.journal: dict[str, Any] = {}
        self.signalled = False

    def started(self, _experiment: Mapping[str, Any], journal: dict[str, Any]) -> None:
        self.journal = journal

    def finish(self, journal: dict[str, Any]) -> None:
        self.journal = journal

    def signal_exit(self) -> None:
        self.signalled = True


def _with_our_control(controls: list[Any]) -> list[Any]:
    module = _CONTROL["provider"]["module"]  # type: ignore[index]
    named = [(c.get("provider") or {}).get("module") for c in controls]
    return controls if module in named else [_CONTROL, *controls]


@contextlib.contextmanager
def _signals_where_they_work() -> Iterator[None]:
    # Installed for good: taking it away again would race with other threads.
    chaoslib.run.exit_signals = _exit_signals_on_the_main_thread
    yield


@contextlib.contextmanager
def _exit_signals_on_the_main_thread() -> Iterator[None]:
    if threading.current_thread() is threading.main_thread():
        with _exit_signals():
            yield
    else:
        yield


@contextlib.contextmanager
def _logged(file: Path) -> Iterator[None]:
    """Send Chaos Toolkit's log to a file; without any handler it goes to stderr."""
    logger = logging.getLogger("chaostoolkit")
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter(_LOG_FORMAT))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        handler.close()
