"""What is left of a run when it is over?

One folder: `history.ndjson` (written by the edge), Chaos Toolkit's
`journal.json`, `verdict.json`, `story.txt` and `logs/`. The verdict is judged
from the journal, the checkers' findings on the history and the counts of the
faults.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.chaos.activities.rule_setting import OWNER
from gameday.chaos.journal import write_json
from gameday.chaos.verdicts import judge
from gameday.checkers import judge_all
from gameday.clock import SystemClock
from gameday.edge.localstack_chaos_rule import OWNER as LOCALSTACK_OWNER
from gameday.model.beside_the_record import beside_the_record
from gameday.model.free_parameters import parameters_of
from gameday.model.outages_seen import alarm_detections
from gameday.model.run_span import marks, run_span, within_run
from gameday.model.safeguards import Safeguards
from gameday.model.story import tell
from gameday.model.story_line import clock
from gameday.model.world import VELOCITY, World
from gameday.region.balancing.settings import built_in_velocity
from gameday.region.entries.record import story_scale
from gameday.region.known_settings import KNOWN_SETTINGS
from gameday.report.run_counts import count
from gameday.report.summary import RunSummary, render_summary, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.chaos.choosing import Choice
    from gameday.chaos.session import Session
    from gameday.model.history import History
    from gameday.model.verdict import Judgement
    from gameday.region.topology import Region

__all__ = [
    "RUNS_FOLDER",
    "VERDICT_FILE",
    "conclude",
    "new_run_folder",
    "record_unplayed",
    "world_of",
]

RUNS_FOLDER = "gameday-runs"
VERDICT_FILE = "verdict.json"

_ANSWER_LAG_LEAST_MS = 5_000
_FOLDER_TRIES_MAX = 1_000


def conclude(
    session: Session,
    choice: Choice,
    journal: Mapping[str, Any],
    *,
    failure: str = "",
    interrupted_by: str = "",
) -> RunSummary:
    """Judge a session that has ended and write its run folder.

    Args:
        session: the session; `end` was called.
        choice: what the experiment claims.
        journal: Chaos Toolkit's journal, as far as it got.
        failure: what failed in the harness, "" for nothing.
        interrupted_by: the signal that ended the run, "" for none.
    """
    history = session.history()
    world = world_of(choice.stage.region)
    fired = fired_counts(history)
    scale = story_scale(choice.stage.region.settings, choice.stage.settings)
    judgement = judge(
        journal or None,
        claim=choice.claim,
        findings=judge_all(history, world),
        fired=None if session.lost_edge else fired,
        drift=session.drift,
        interrupted_by=interrupted_by,
        harness_error=failure or session.broken,
    )
    summary = replace(
        _without_run(choice, judgement, session.folder),
        story=tell(history, world),
        counts=count(history, world),
        beside=beside_the_record(
            within_run(history),
            choice.stage.region.recorded_events(),
            endpoint=world.endpoints[0],
            scale=scale,
        ),
        story_scale=scale,
        fired=fired,
        detections=alarm_detections(within_run(history)),
        ended_ns=run_span(history).end_ns,
        started=session.started,
        emulator_version=session.emulator_version,
        duration_s=sum(session.timings.values()),
        timings_s=dict(session.timings),
    )
    write_json(session.folder / "journal.json", journal)
    write_json(
        session.folder / VERDICT_FILE,
        {
            **render_summary(summary),
            "stage": session.state.id,
            "safety_net": {"undone": session.undone, "failed": session.not_undone},
        },
    )
    _write_story(session.folder, summary)
    return summary


def record_unplayed(choice: Choice, folder: Path, judgement: Judgement) -> RunSummary:
    """Leave the verdict of an experiment whose stage did not come up."""
    folder.mkdir(parents=True, exist_ok=True)
    summary = _without_run(choice, judgement, folder)
    write_json(folder / VERDICT_FILE, render_summary(summary))
    return summary


def new_run_folder(name: str, out: Path | None = None) -> Path:
    """Return a path for a run folder that does not exist yet; nothing is made.

    Args:
        name: what was played.
        out: the folder to put it in; ./gameday-runs when None.
    """
    seconds, milliseconds = divmod(SystemClock().now_ms(), 1000)
    began = datetime.fromtimestamp(seconds, UTC)
    base = f"{name}-{began:%Y%m%dT%H%M%S}.{milliseconds:03d}"
    folder = (out or Path(RUNS_FOLDER)).resolve()
    names = [base, *(f"{base}-{n}" for n in range(2, _FOLDER_TRIES_MAX))]
    return next(folder / each for each in names if not (folder / each).exists())


def world_of(region: Region) -> World:
    """Return what checkers have to know of a region."""
    dns = region.dns
    velocity = built_in_velocity(region.settings)
    return World(
        endpoints=tuple(region.endpoints),
        balancer=region.balancer.name if region.balancer else None,
        velocity=velocity or VELOCITY,
        answer_lag_ms=max(
            _ANSWER_LAG_LEAST_MS, dns.record_ttl_s * 1000 + dns.propagation_ms[1]
        ),
        services=region.service_graph(),
        network_within_ms=_network_within_ms(region),
    )


def _network_within_ms(region: Region) -> int:
    name = "network_patience_ms"
    value = region.settings.get(name, KNOWN_SETTINGS[name].default)
    return round(value) if isinstance(value, int | float) else round(value[1])


def fired_counts(history: History) -> dict[str, int]:
    """Return how often each fault of the experiment ruled on a call, by rule."""
    counts = {
        str(mark.request.get("id")): 0
        for mark in marks(history, "set_rule")
        if (mark.request.get("rule") or {}).get("owner") in (OWNER, LOCALSTACK_OWNER)
    }
    for mark in marks(history, "remove_rule"):
        rule = str(mark.request.get("id"))
        if rule in counts:
            counts[rule] += int(mark.request.get("fired", 0))
    return counts


def _without_run(choice: Choice, judgement: Judgement, folder: Path) -> RunSummary:
    """Return what is known of a run without its history."""
    stage = choice.stage
    safeguards = Safeguards.parse(
        stage.safeguards, over=stage.region.design(stage.design)
    )
    return RunSummary(
        title=choice.title,
        experiment=choice.file,
        region=stage.region.name,
        design=stage.design,
        safeguards=safeguards.render(),
        emulator=stage.emulator,
        seed=stage.seed,
        negative_ttl_s=stage.region.dns.negative_ttl_s,
        judgement=judgement,
        declared=choice.claim.because,
        parameters=parameters_of(
            {
                (actor.run or "").rpartition(":")[2]
                for actor in stage.region.actors.values()
            }
        ),
        folder=str(folder),
        versions=versions(),
    )


def _write_story(folder: Path, summary: RunSummary) -> None:
    lines = [
        f"{clock(line.at_ns):>8}  {line.actor:<14}  {line.text}"
        for line in summary.story
    ]
    judgement = summary.judgement
    head = [summary.title, f"verdict: {judgement.verdict.value}", *judgement.reasons]
    text = "\n".join([*head, "", *lines])
    (folder / "story.txt").write_text(f"{text}\n", encoding="utf-8")
