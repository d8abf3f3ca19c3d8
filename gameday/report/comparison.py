"""What is the same and what differs between the runs of a pair?

Rows of words: the verdict, each hazard, and the figures. A row on which all
runs agree and that says nothing (no faults, nothing lapsed) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.report.appearance import VERDICT_STYLES, answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gameday.report.run_counts import RunCounts
    from gameday.report.summary import RunSummary

__all__ = ["Row", "comparison_rows"]

_FIGURES: tuple[tuple[str, Callable[[RunCounts], str]], ...] = (
    ("flips of a root", lambda c: str(c.flips)),
    ("  back to an older plan", lambda c: str(c.flips_back)),
    ("  refused by Route 53", lambda c: str(c.refused_flips)),
    ("DNS answers", lambda c: str(c.answers)),
    ("  empty", lambda c: str(c.empty_answers)),
    ("leases lapsed", lambda c: f"{c.leases_lapsed} of {c.leases}"),
    ("AWS calls", lambda c: str(c.calls)),
    ("  met by a fault", lambda c: str(c.faulted)),
    ("  reply lost", lambda c: str(c.lost_replies)),
)
_SILENT = frozenset({"0", "0 of 0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the comparison.

    Attributes:
        name: what is compared.
        cells: (text, style) for each run.
    """

    name: str
    cells: tuple[tuple[str, str], ...]


def comparison_rows(runs: Sequence[RunSummary]) -> Iterator[Row]:
    """Yield what there is to compare, the verdict first."""
    yield Row(name="verdict", cells=tuple(_verdict(run) for run in runs))
    for hazard in _hazards(runs):
        yield Row(name=hazard, cells=tuple(_hazard(run, hazard) for run in runs))
    for name, figure in _FIGURES:
        texts = [figure(run.counts) if run.counts else "?" for run in runs]
        if not _SILENT.issuperset(texts):
            yield Row(name=name, cells=tuple((text, "") for text in texts))
    if any(run.duration_s for run in runs):
        times = tuple((f"{run.duration_s:.1f} s", "") for run in runs)
        yield Row(name="took", cells=times)


def _verdict(run: RunSummary) -> tuple[str, str]:
    verdict = run.judgement.verdict
    how = " (deviated as declared)" if run.declared and not verdict.exit_code else ""
    return f"{verdict.value}{how}", f"bold {VERDICT_STYLES[verdict]}"


def _hazards(runs: Sequence[RunSummary]) -> list[str]:
    """Return the hazards that showed or were declared in any run, as found."""
    told = [
        finding.hazard
        for run in runs
        for finding in run.judgement.findings
        if finding.at_ns is not None or finding.hazard in run.declared
    ]
    return list(dict.fromkeys(told))


def _hazard(run: RunSummary, hazard: str) -> tuple[str, str]:
    for finding in run.judgement.findings:
        if finding.hazard == hazard:
            words, style = answer_of(finding, run.declared)
            when = f", {finding.at_ns / 1e9:.1f} s" if finding.at_ns is not None else ""
            return f"{words}{when}", style
    return "not checked", "bright_black"
