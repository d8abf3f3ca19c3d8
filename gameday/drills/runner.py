"""How is one experiment played from beginning to end, and what comes of it?

`play` reads and checks the experiment, opens a stage, plays it through Chaos
Toolkit, judges the recorded history and leaves a run folder. Whatever happens
in between, the rollbacks and the safety net are played and the stage is taken
down.

What is wrong with the input raises InvalidInput before anything starts. What
goes wrong later is a result like any other: its verdict says error,
inconclusive or interrupted, and the folder keeps what there is.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gameday.chaos.choosing import Choice, Overrides, choose, ensure_playable
from gameday.chaos.conclusion import conclude, new_run_folder, record_unplayed
from gameday.chaos.running import STAGE_KEY, Running
from gameday.chaos.session import Session, open_session
from gameday.chaos.vetting import ensure_experiment
from gameday.documents import Document, load_document
from gameday.errors import ContractBroken, GamedayError, InvalidInput
from gameday.model.verdict import Judgement, Verdict
from gameday.report.plain import plain_line

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.story import StoryLine
    from gameday.report.summary import RunSummary

__all__ = ["Options", "RunResult", "RunWatcher", "Unwatched", "check", "play"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to play; None leaves a thing to the experiment's own block.

    Attributes:
        design: named set of safeguards.
        seed: of everything that is drawn.
        emulator: a name of `emulators.registry`, or a loopback URL.
        out: where run folders go; ./gameday-runs when None.
        keep_up: leave the stage up afterwards.
    """

    design: str | None = None
    seed: int | None = None
    emulator: str | None = None
    out: Path | None = None
    keep_up: bool = False

    @property
    def overrides(self) -> Overrides:
        """What wins over an experiment's own block."""
        return Overrides(design=self.design, seed=self.seed, emulator=self.emulator)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What came of one experiment.

    Attributes:
        summary: verdict, story and figures.
        history: everything that was recorded.
        stage_id: the stage that was left up, else "".
    """

    summary: RunSummary
    history: History
    stage_id: str = ""

    @property
    def title(self) -> str:
        """The experiment's title."""
        return self.summary.title

    @property
    def judgement(self) -> Judgement:
        """The verdict with its reasons and findings."""
        return self.summary.judgement

    @property
    def story(self) -> tuple[StoryLine, ...]:
        """What happened, in order."""
        return self.summary.story

    @property
    def story_text(self) -> str:
        """The story as lines of text."""
        return "\n".join(plain_line(line) for line in self.summary.story)

    @property
    def folder(self) -> Path:
        """Where history, journal, verdict, story and logs are."""
        return Path(self.summary.folder)


class RunWatcher(Protocol):
    """Is told how a run goes on, on the thread that plays it."""

    def phase(self, text: str) -> None:
        """Something begins, or is being waited for."""
        ...

    def opened(self, stage: Running) -> None:
        """The stage is up; its edge's history may be followed."""
        ...

    def ended(self) -> None:
        """The stage is about to be taken down; stop following."""
        ...


class Unwatched:
    """Nobody watches."""

    def phase(self, text: str) -> None:
        """Nobody is told."""

    def opened(self, stage: Running) -> None:
        """Nobody is told."""

    def ended(self) -> None:
        """Nobody is told."""


def check(experiment: Path | Document, options: Options | None = None) -> Choice:
    """Read and check an experiment; return what it is to be played on.

    Raises InvalidInput with every mistake, its line and the nearest valid name;
    also when the stage could not be opened as things stand (a port in use, an
    emulator that is not there).
    """
    document = (
        experiment if isinstance(experiment, Document) else load_document(experiment)
    )
    choice = choose(document, (options or Options()).overrides)
    ensure_experiment(document, choice.stage.region)
    ensure_playable(document, choice)
    return choice


def play(
    experiment: Path | Document,
    options: Options | None = None,
    watcher: RunWatcher | None = None,
) -> RunResult:
    """Play one experiment and return what came of it.

    Args:
        experiment: its file, or the document that was read from it.
        options: how to play.
        watcher: told how the run goes on.

    Raises:
        InvalidInput: the experiment or an option is wrong; nothing was started.
        KeyboardInterrupt: interrupted while the stage was opening or closing;
            it is taken down. While the experiment plays, an interruption is a
            verdict.
    """
    chosen = options or Options()
    told: RunWatcher = watcher or Unwatched()
    began = time.monotonic()
    choice = check(experiment, chosen)
    folder = new_run_folder(choice.name, chosen.out)
    try:
        session = open_session(
            choice.stage, folder, keep_up=chosen.keep_up, progress=told.phase
        )
    except InvalidInput:
        raise
    except GamedayError as error:
        return _not_opened(choice, folder, error, began)
    try:
        told.opened(session.running)
        return _play_on(session, choice, told, began)
    finally:
        told.ended()
        session.close()


def _play_on(
    session: Session, choice: Choice, told: RunWatcher, began: float
) -> RunResult:
    from gameday.chaos.control import lend
    from gameday.chaos.toolkit_run import play_in_process

    started = time.monotonic()
    told.phase("playing")
    with lend(session):
        played = play_in_process(
            choice.experiment,
            stage_id=session.state.id,
            stage_key=STAGE_KEY,
            log=session.folder / "logs" / "chaostoolkit.log",
        )
    session.end()
    session.timings["play"] = round(time.monotonic() - started, 3)
    told.ended()
    told.phase("judging, and taking the stage down")
    # The history is complete, so that both may go on at the same time.
    closing = threading.Thread(target=session.close, name="close the stage")
    closing.start()
    try:
        summary = conclude(
            session,
            choice,
            played.journal,
            failure=played.failure,
            interrupted_by=played.interrupted_by,
        )
    finally:
        closing.join()
    total_s = round(time.monotonic() - began, 3)
    return RunResult(
        summary=replace(
            summary,
            duration_s=total_s,
            timings_s={**session.timings, "total": total_s},
        ),
        history=session.history(),
        stage_id=session.state.id if session.keep_up else "",
    )


def _not_opened(
    choice: Choice, folder: Path, error: GamedayError, began: float
) -> RunResult:
    """Return the result of an experiment whose stage did not come up."""
    from gameday.model.history import History

    verdict = (
        Verdict.INCONCLUSIVE if isinstance(error, ContractBroken) else Verdict.ERROR
    )
    judgement = Judgement(verdict=verdict, reasons=(str(error),))
    summary = record_unplayed(choice, folder, judgement)
    duration_s = round(time.monotonic() - began, 3)
    return RunResult(
        summary=replace(summary, duration_s=duration_s), history=History(())
    )
