"""What is left of a run when everything else is thrown away?

`verdict.json`: the verdict with its reasons, what was run with which safeguards
and seed, what the checkers found, the story, and the figures. Enough to compare
two runs, and to run one again.
"""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from gameday import __version__
from gameday.report.beside import render_beside
from gameday.report.detection import detection_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.beside_the_record import EventBeside
    from gameday.model.free_parameters import Parameter
    from gameday.model.outages_seen import AlarmDetection
    from gameday.model.story_line import StoryLine
    from gameday.model.verdict import Finding, Judgement
    from gameday.report.run_counts import RunCounts

__all__ = ["SCHEMA", "RunSummary", "render_summary", "versions"]

SCHEMA = "gameday/verdict/v1"
"""Changes when a reader of version 1 would misread it; new keys may come."""

_DISTRIBUTIONS = ("boto3", "botocore", "chaostoolkit-lib", "moto")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run of one experiment.

    Attributes:
        title: the experiment's title.
        experiment: its file, or "" when it was no file.
        region: the region's name.
        design: the design that the safeguards start from.
        safeguards: every switch with its value.
        emulator: what stood for AWS.
        emulator_version: as it reports it, "" when it does not.
        seed: the run's seed.
        negative_ttl_s: how long resolvers remembered that there was no answer;
            time is compressed, a default Route 53 zone says 900 s.
        declared: hazards that were declared to show.
        judgement: the verdict, its reasons and all findings.
        story: what happened, in order.
        counts: figures, None when there is no history.
        beside: the public record beside the run, empty when the region has none.
        story_scale: seconds of the record that passed in a second of the run.
        fired: how often each fault rule ruled, by rule.
        detections: what each monitor's alarm did; empty for a region without any.
        ended_ns: when the run ended, on the history's scale.
        parameters: the numbers of the region that the public record does not all fix.
        started: when, ISO 8601 in UTC.
        duration_s: from start to verdict.
        timings_s: named parts of it.
        folder: where history, journal and verdict are.
        versions: distribution name to version.
    """

    title: str
    experiment: str
    region: str
    design: str
    safeguards: Mapping[str, str]
    emulator: str
    seed: int
    judgement: Judgement
    emulator_version: str = ""
    negative_ttl_s: int | None = None
    declared: tuple[str, ...] = ()
    story: tuple[StoryLine, ...] = ()
    counts: RunCounts | None = None
    beside: tuple[EventBeside, ...] = ()
    story_scale: float = 1.0
    fired: Mapping[str, int] = field(default_factory=dict)
    detections: tuple[AlarmDetection, ...] = ()
    ended_ns: int = 0
    parameters: tuple[Parameter, ...] = ()
    started: str = ""
    duration_s: float = 0.0
    timings_s: Mapping[str, float] = field(default_factory=dict)
    folder: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


def render_summary(summary: RunSummary) -> dict[str, Any]:
    """Return the content of `verdict.json`, JSON values only."""
    verdict = summary.judgement.verdict
    return {
        "schema": SCHEMA,
        "verdict": verdict.value,
        "exit_code": verdict.exit_code,
        "reasons": list(summary.judgement.reasons),
        "declared": list(summary.declared),
        "title": summary.title,
        "experiment": summary.experiment,
        "region": summary.region,
        "design": summary.design,
        "safeguards": dict(summary.safeguards),
        "emulator": summary.emulator,
        "emulator_version": summary.emulator_version,
        "seed": summary.seed,
        "negative_ttl_s": summary.negative_ttl_s,
        "findings": [_finding(each) for each in summary.judgement.findings],
        "story": [_line(each) for each in summary.story],
        "counts": asdict(summary.counts) if summary.counts else None,
        "record": render_beside(summary.beside),
        "fired": dict(sorted(summary.fired.items())),
        "detections": detection_document(summary.detections, end_ns=summary.ended_ns),
        "parameters": [asdict(each) for each in summary.parameters],
        "started": summary.started,
        "duration_s": round(summary.duration_s, 3),
        "timings_s": dict(summary.timings_s),
        "folder": summary.folder,
        "versions": dict(sorted(summary.versions.items())),
    }


def versions() -> dict[str, str]:
    """Return the versions of gameday and of what it ran on."""
    found = {"gameday": __version__, "python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "hazard": finding.hazard,
        "validity": finding.validity.value,
        "summary": finding.summary,
        "at_s": _seconds(finding.at_ns),
        "ops": list(finding.ops),
    }


def _line(line: StoryLine) -> dict[str, Any]:
    return {
        "at_s": _seconds(line.at_ns),
        "actor": line.actor,
        "kind": line.kind.value,
        "text": line.text,
    }


def _seconds(at_ns: int | None) -> float | None:
    return None if at_ns is None else round(at_ns / 1e9, 3)
