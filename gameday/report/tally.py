"""How often does a race happen, when the same pair is played many times?

One entry for each experiment: the verdicts, how many runs lost and how many
kept every endpoint, and the medians of what was measured.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from gameday.model.verdict import Validity, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gameday.report.summary import RunSummary

__all__ = ["plain_tally", "tally"]

_LOSS = "empty-endpoint"


def tally(runs: Sequence[RunSummary]) -> list[dict[str, Any]]:
    """Return the counts and medians of each experiment, JSON values only."""
    return [_entry(title, same) for title, same in _by_title(runs)]


def plain_tally(runs: Sequence[RunSummary]) -> list[str]:
    """Return the tally as lines of text."""
    lines: list[str] = []
    for entry in tally(runs):
        played, lost, kept = entry["runs"], entry["lost"], entry["kept"]
        lines.append(f"{entry['title']} (design {entry['design']})")
        lines.append(f"  endpoint lost in {lost} of {played} runs, kept in {kept}")
        verdicts = ", ".join(f"{n} {word}" for word, n in entry["verdicts"].items())
        lines.append(f"  verdicts: {verdicts}")
        told = [
            f"{name} {value:g}{unit}"
            for name, unit in _SHOWN
            if (value := entry["median"][name]) is not None
        ]
        lines.append(f"  medians: {', '.join(told)}")
    return lines


def _entry(title: str, runs: Sequence[RunSummary]) -> dict[str, Any]:
    verdicts = [run.judgement.verdict for run in runs]
    losses = [_loss(run) for run in runs]
    return {
        "title": title,
        "design": runs[0].design,
        "runs": len(runs),
        "lost": losses.count(Validity.INVALID),
        "kept": losses.count(Validity.VALID),
        "verdicts": {
            verdict.value: verdicts.count(verdict)
            for verdict in Verdict
            if verdict in verdicts
        },
        "median": {name: _median(runs, figure) for name, figure in _FIGURES.items()},
    }


def _loss(run: RunSummary) -> Validity:
    for finding in run.judgement.findings:
        if finding.hazard == _LOSS:
            return finding.validity
    return Validity.UNKNOWN


def _lost_after_s(run: RunSummary) -> float | None:
    """Return seconds from the beginning of the evidence to the loss."""
    begins = [line.at_ns for line in run.story]
    for finding in run.judgement.findings:
        if finding.hazard == _LOSS and finding.at_ns is not None and begins:
            return (finding.at_ns - min(begins)) / 1e9
    return None


_FIGURES: dict[str, Callable[[RunSummary], float | None]] = {
    "lost_after_s": _lost_after_s,
    "flips": lambda run: run.counts.flips if run.counts else None,
    "flips_back": lambda run: run.counts.flips_back if run.counts else None,
    "faulted": lambda run: run.counts.faulted if run.counts else None,
    "duration_s": lambda run: run.duration_s,
}
_SHOWN = (
    ("lost_after_s", " s"),
    ("flips", ""),
    ("flips_back", ""),
    ("duration_s", " s"),
)


def _median(
    runs: Sequence[RunSummary], figure: Callable[[RunSummary], float | None]
) -> float | None:
    values = [value for run in runs if (value := figure(run)) is not None]
    return round(float(median(values)), 3) if values else None


def _by_title(runs: Sequence[RunSummary]) -> Iterator[tuple[str, list[RunSummary]]]:
    for title in dict.fromkeys(run.title for run in runs):
        yield title, [run for run in runs if run.title == title]
