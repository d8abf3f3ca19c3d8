"""What happens around a Chaos Toolkit experiment that names this control?

Before the experiment it opens the stage that the `gameday` extension block asks
for, or joins one that `gameday up` keeps, and waits until the region is ready.
Each activity leaves a mark in the history. After the experiment, whatever
happened, it plays the safety net, writes the run folder and takes the stage
down if it opened it.

Chaos Toolkit swallows whatever a control raises, save InterruptExecution; a
start that fails therefore raises that. When chaoslib ends with a traceback it
calls `cleanup_control` and not `after_experiment_control`, so both end the
session; `atexit` and the keeper's lifeline stand behind them.

Up to chaoslib 1.44 SIGTERM only fails the activity that it hits, and the run
goes on. Here it ends the run like Ctrl-C, with every release.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import signal
import threading
from typing import TYPE_CHECKING, Any

from chaoslib.exceptions import InterruptExecution

from gameday.chaos.method_tolerances import note_tolerance
from gameday.chaos.running import GATEWAY_KEY, STAGE_KEY, running
from gameday.errors import GamedayError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from gameday.chaos.choosing import Choice
    from gameday.chaos.running import Running
    from gameday.chaos.session import Session

__all__ = [
    "after_activity_control",
    "after_experiment_control",
    "after_hypothesis_control",
    "before_activity_control",
    "before_experiment_control",
    "cleanup_control",
    "lend",
]

_EXIT_GRACEFULLY = 20
"""chaoslib's own code for: end now, and play the rollbacks."""

logger = logging.getLogger("chaostoolkit")
_this_thread = threading.local()


@contextlib.contextmanager
def lend(session: Session) -> Iterator[None]:
    """Let the experiment that this thread runs next play on `session`.

    Whoever lends a session concludes and closes it; the control only ends it.
    """
    _this_thread.lent = session
    try:
        yield
    finally:
        _this_thread.lent = None


def before_experiment_control(
    context: Mapping[str, Any],
    configuration: MutableMapping[str, Any],
    **_: Any,
) -> None:
    """Open or join the stage, and begin the evidence."""
    session: Session | None = getattr(_this_thread, "lent", None)
    if session is None:
        session, _this_thread.choice = _open(context)
        _this_thread.own = session
        atexit.register(session.close)
    configuration[STAGE_KEY] = session.state.id
    configuration[GATEWAY_KEY] = session.state.gateway_url
    _interrupt_on_sigterm()
    try:
        session.start(str(context.get("title", "")))
    except GamedayError as error:
        raise InterruptExecution(str(error)) from error


def after_experiment_control(
    context: Mapping[str, Any],
    state: MutableMapping[str, Any],
    **_: Any,
) -> None:
    """End the evidence, undo everything; of one's own stage, judge and close."""
    lent: Session | None = getattr(_this_thread, "lent", None)
    if lent is not None:
        lent.end()
        return
    session: Session | None = getattr(_this_thread, "own", None)
    if session is None:
        return
    try:
        _conclude(session, _this_thread.choice, state)
    finally:
        cleanup_control()


def cleanup_control() -> None:
    """Take down what this thread's experiment opened; twice is the same as once."""
    session: Session | None = getattr(_this_thread, "own", None)
    if session is not None:
        _this_thread.own = None
        session.close()
        atexit.unregister(session.close)


def before_activity_control(
    context: Mapping[str, Any],
    experiment: Mapping[str, Any],
    configuration: Mapping[str, Any],
    **_: Any,
) -> None:
    """Mark the start of an activity; stop the run when its stage is broken."""
    if not configuration.get(STAGE_KEY) or _is_hypothesis(context, experiment):
        return
    stage = running(configuration)
    _raise_if_broken(stage)
    stage.edge.mark("activity_started", _described(context))


def after_activity_control(
    context: Mapping[str, Any],
    experiment: Mapping[str, Any],
    configuration: Mapping[str, Any],
    secrets: Mapping[str, Any] | None = None,
    state: MutableMapping[str, Any] | None = None,
    **_: Any,
) -> None:
    """Mark the end of an activity and how it went."""
    if not configuration.get(STAGE_KEY) or _is_hypothesis(context, experiment):
        return
    outcome = {} if state is None else state
    note_tolerance(context, outcome, configuration, secrets or {})
    note = {**_described(context), "status": outcome.get("status", "")}
    if outcome.get("exception"):
        note["exception"] = str(outcome["exception"][-1]).strip()[:500]
    running(configuration).edge.mark("activity_ended", note)


def after_hypothesis_control(
    context: Mapping[str, Any],
    configuration: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    **_: Any,
) -> None:
    """Mark when the hypothesis begins to hold or ceases to."""
    if not configuration.get(STAGE_KEY) or not state:
        return
    met = bool(state.get("steady_state_met"))
    stage = running(configuration)
    with _hypothesis_lock:
        if _hypothesis_met.get(stage.state.id) is met:
            return
        _hypothesis_met[stage.state.id] = met
    failed = [
        str(run["activity"].get("name", ""))
        for run in state.get("probes", [])
        if not run.get("tolerance_met", True)
    ]
    note = {"title": context.get("title", ""), "met": met, "failed": failed}
    stage.edge.mark("hypothesis", note)


_hypothesis_lock = threading.Lock()
_hypothesis_met: dict[str, bool] = {}


def _open(experiment: Mapping[str, Any]) -> tuple[Session, Choice]:
    from gameday.chaos.choosing import choose_for
    from gameday.chaos.conclusion import new_run_folder
    from gameday.chaos.joining import join_session, stage_to_join
    from gameday.chaos.session import open_session

    try:
        choice = choose_for(experiment)
        folder = new_run_folder(choice.name)
        up = stage_to_join()
        if up is not None:
            return join_session(choice.stage, folder, up), choice
        return open_session(choice.stage, folder), choice
    except GamedayError as error:
        raise InterruptExecution(str(error)) from error


def _raise_if_broken(stage: Running) -> None:
    phase = stage.state.phase
    if phase.startswith("broken"):
        session = getattr(_this_thread, "lent", None) or getattr(
            _this_thread, "own", None
        )
        if session is not None:
            session.broken = f"the stage is {phase}"
        raise InterruptExecution(f"the stage is {phase}")


def _conclude(
    session: Session, choice: Choice, journal: MutableMapping[str, Any]
) -> None:
    from gameday.chaos.conclusion import conclude

    session.end()
    judgement = conclude(session, choice, journal).judgement
    journal["gameday"] = {
        "folder": str(session.folder),
        "verdict": judgement.verdict.value,
        "reasons": list(judgement.reasons),
    }
    logger.info("gameday verdict: %s", judgement.verdict.value)
    for reason in judgement.reasons:
        logger.info("  %s", reason)
    logger.info("history, verdict and story: %s", session.folder)


def _is_hypothesis(activity: Mapping[str, Any], experiment: Mapping[str, Any]) -> bool:
    # Hypothesis probes come every second; only changes of their answer matter.
    hypothesis = experiment.get("steady-state-hypothesis") or {}
    return any(activity is probe for probe in hypothesis.get("probes", []))


def _described(activity: Mapping[str, Any]) -> dict[str, Any]:
    provider = activity.get("provider") or {}
    return {
        "name": activity.get("name", ""),
        "type": activity.get("type", ""),
        "func": provider.get("func", ""),
    }


def _interrupt_on_sigterm() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    # chaoslib puts the handler that it found back at the end of the run.
    signal.signal(signal.SIGTERM, _end_now)


def _end_now(number: int, _: object) -> None:
    logger.warning("%s received, ending the experiment", signal.Signals(number).name)
    raise SystemExit(_EXIT_GRACEFULLY)
