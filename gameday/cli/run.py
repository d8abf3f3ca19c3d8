"""`gameday run`: play experiments and judge them."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Never

import click

from gameday.cli.up import ISOLATE_HELP
from gameday.emulators.registry import CHOICES
from gameday.errors import InvalidInput, Reason
from gameday.model.hosted_zone import SOA_TTL_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.chaos.choosing import Choice
    from gameday.cli.live import View
    from gameday.drills.runner import Options, RunResult
    from gameday.report.summary import RunSummary
    from gameday.report.terminal import Terminal

__all__ = ["run"]

FLAGSHIP_PAIR = ("enactor-latency-as-built.yaml", "enactor-latency-fenced.yaml")
REPEAT_MAX = 1000

_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One experiment to play."""

    file: Path
    choice: Choice


@click.command()
@click.argument(
    "experiments",
    nargs=-1,
    metavar="[EXPERIMENT.yaml ...]",
    type=click.Path(path_type=Path),
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where run folders go; ./gameday-runs by default.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed for every run.")
@click.option("--design", help="Design to play instead of the experiments' own.")
@click.option(
    "--emulator",
    metavar=CHOICES,
    help="One that is started, or the loopback URL of one that runs already.",
)
@click.option("--isolate", "isolated", is_flag=True, help=ISOLATE_HELP)
@click.option("--keep-up", is_flag=True, help="Leave the last stage up afterwards.")
@click.option(
    "--repeat",
    type=click.IntRange(1, REPEAT_MAX),
    default=1,
    show_default=True,
    help="Play everything this many times and print a tally.",
)
def run(
    *,
    experiments: tuple[Path, ...],
    as_json: bool,
    out: Path | None,
    seed: int | None,
    design: str | None,
    emulator: str | None,
    isolated: bool,
    keep_up: bool,
    repeat: int,
) -> int:
    """Play experiments, the October 2025 pair by default, and judge them.

    Each run opens a region of its own: an emulator, the edge and every program
    as separate processes. It leaves a folder with the history, Chaos Toolkit's
    journal, the verdict and the story.

    Exit status: 0 passed, 1 deviated, 2 invalid input, 3 inconclusive, 4 the
    harness failed, 130 interrupted; of several runs the highest.
    """
    from gameday.cli.live import View
    from gameday.drills.runner import Options

    if keep_up and repeat > 1:
        raise InvalidInput(
            "--keep-up leaves one stage up; it does not go with --repeat"
        )
    if isolated:
        from gameday.stage.isolation import isolate

        isolate()
    options = Options(design=design, seed=seed, emulator=emulator, out=out)
    items = _checked(experiments or _flagship_pair(), options)
    terminal = None if as_json else _terminal()
    view = View(terminal)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        results = _play_all(items * repeat, options, view, keep_up=keep_up)
    finally:
        view.close()
        signal.signal(signal.SIGTERM, before)
    if terminal is None:
        click.echo(json.dumps(_document(results, repeat), indent=2))
    else:
        _show(terminal, results, repeat)
    return _exit_status(results)


def _compression(summary: RunSummary) -> str:
    if summary.negative_ttl_s is None:
        return "unknown"
    return (
        f"empty answers are remembered for {summary.negative_ttl_s} s here, "
        f"for {SOA_TTL_S} s by default in Route 53"
    )


def _interrupt(_: int, __: object) -> Never:
    # While an experiment plays, its control answers SIGTERM; this is for the rest.
    raise KeyboardInterrupt


def _terminal() -> Terminal:
    from gameday.report.terminal import open_terminal

    return open_terminal()


def _flagship_pair() -> tuple[Path, ...]:
    from gameday.bundled import experiments_folder

    return tuple(experiments_folder() / name for name in FLAGSHIP_PAIR)


def _checked(files: Sequence[Path], options: Options) -> list[_Item]:
    """Check every experiment before the first one starts."""
    from gameday.drills.runner import check

    items: list[_Item] = []
    reasons: list[Reason] = []
    for file in files:
        try:
            items.append(_Item(file=file, choice=check(file, options)))
        except InvalidInput as error:
            reasons += error.reasons
    if reasons:
        raise InvalidInput(*dict.fromkeys(reasons))
    return items


def _play_all(
    items: Sequence[_Item], options: Options, view: View, *, keep_up: bool
) -> list[RunResult]:
    """Play the experiments in turn; an interrupted one is the last."""
    from gameday.drills.runner import play

    results: list[RunResult] = []
    for place, item in enumerate(items, start=1):
        count = f"[{place}/{len(items)}] " if len(items) > 1 else ""
        view.heading(f"{count}{item.choice.title} (design {item.choice.stage.design})")
        last = place == len(items)
        result = play(item.file, replace(options, keep_up=keep_up and last), view)
        results.append(result)
        if result.judgement.verdict.exit_code == _INTERRUPTED:
            break
    return results


def _show(terminal: Terminal, results: Sequence[RunResult], repeat: int) -> None:
    from gameday.report.detection import detection_lines
    from gameday.report.parameters import parameter_lines
    from gameday.report.tally import plain_tally

    summaries = [result.summary for result in results]
    if repeat == 1:
        for summary in summaries:
            terminal.heading(summary.title)
            if summary.story:
                terminal.story(summary.story)
            terminal.record(summary.beside, scale=summary.story_scale)
            terminal.verdict(
                summary.judgement,
                title=summary.title,
                declared=summary.declared,
                facts={
                    "design": summary.design,
                    "seed": str(summary.seed),
                    "time": _compression(summary),
                    "took": f"{summary.duration_s:.1f} s",
                    "folder": summary.folder,
                },
            )
            for line in detection_lines(summary.detections, end_ns=summary.ended_ns):
                terminal.note(line)
        terminal.comparison(summaries)
    else:
        for line in plain_tally(summaries):
            terminal.note(line)
    for line in parameter_lines(summaries):
        terminal.note(line)
    kept = results[-1].stage_id
    if kept:
        terminal.note(f"stage {kept} is up; `gameday down {kept}` takes it down")


def _document(results: Sequence[RunResult], repeat: int) -> dict[str, object]:
    from gameday.report.summary import render_summary
    from gameday.report.tally import tally

    summaries = [result.summary for result in results]
    document: dict[str, object] = {
        "exit_code": _exit_status(results),
        "runs": [render_summary(summary) for summary in summaries],
    }
    if repeat > 1:
        document["tally"] = tally(summaries)
    if results[-1].stage_id:
        document["stage"] = results[-1].stage_id
    return document


def _exit_status(results: Sequence[RunResult]) -> int:
    return max(result.judgement.verdict.exit_code for result in results)
