"""What does a Chaos Toolkit journal prove?

The journal says `completed` in cases that prove nothing: the baseline was
already bad, an action failed so that no fault was applied, the steady state
broke only in between, a rollback failed. `read_journal` puts every such case
into words; `verdicts.py` decides what follows. Works on the journals of
chaoslib 1.44 and 1.45, as values and as read back from a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["JournalEvidence", "JournalUnreadable", "read_journal"]

OUTPUT_LENGTH_MAX = 120
WHY_LENGTH_MAX = 300

_Run = Mapping[str, Any]


class JournalUnreadable(ValueError):
    """The journal is missing, cut short, or no journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEvidence:
    """What a journal says, as sentences; an empty tuple says nothing is wrong.

    Attributes:
        interrupted: who ended the run early, "" when nobody did.
        has_hypothesis: whether the experiment has a steady-state hypothesis.
        voids: why nothing can be concluded: aborted, dry, no baseline,
            something of the method failed or was not played, a probe raised.
        deviations: how the steady state broke once the method had begun.
        rollback_failures: which rollbacks failed or were not played.
        samples_during: how often the hypothesis was asked during the method.
    """

    interrupted: str
    has_hypothesis: bool
    voids: tuple[str, ...]
    deviations: tuple[str, ...]
    rollback_failures: tuple[str, ...]
    samples_during: int


def read_journal(journal: Mapping[str, Any] | None) -> JournalEvidence:
    """Return what the journal proves; raises JournalUnreadable when it is none."""
    if not journal:
        raise JournalUnreadable("Chaos Toolkit left no journal")
    states = journal.get("steady_states")
    experiment = journal.get("experiment")
    status = journal.get("status")
    if not isinstance(states, Mapping) or not isinstance(experiment, Mapping):
        raise JournalUnreadable(
            "the journal is incomplete: it lacks the experiment or its steady states"
        )
    if not isinstance(status, str):
        raise JournalUnreadable("the journal is incomplete: the run never ended")
    has_hypothesis = bool(
        (experiment.get("steady-state-hypothesis") or {}).get("probes")
    )
    during = tuple(_mappings(states.get("during")))
    return JournalEvidence(
        interrupted=_interruption(journal, status),
        has_hypothesis=has_hypothesis,
        voids=tuple(_voids(journal, experiment, states, has_hypothesis)),
        deviations=tuple(_deviations(journal, states, during)),
        rollback_failures=tuple(_rollback_failures(journal, experiment)),
        samples_during=len(during),
    )


def _interruption(journal: Mapping[str, Any], status: str) -> str:
    told = journal.get("interruption")
    if isinstance(told, Mapping):
        parts = [str(told.get(key, "")) for key in ("kind", "name", "reason")]
        return ", ".join(part for part in parts if part) or "a signal"
    return "a signal or a control" if status == "interrupted" else ""


def _voids(
    journal: Mapping[str, Any],
    experiment: Mapping[str, Any],
    states: Mapping[str, Any],
    has_hypothesis: bool,
) -> Iterator[str]:
    if journal.get("status") == "aborted":
        yield "the run was aborted by Chaos Toolkit before its end"
    dry = experiment.get("dry") or journal.get("dry")
    if dry:
        word = getattr(dry, "value", dry)
        yield f"this was a dry run ({word}): nothing was really done"
    if has_hypothesis:
        yield from _baseline(states)
    yield from _method_failures(journal, experiment)
    for phase, state in _later_states(states):
        yield from _raised(phase, state)
    if has_hypothesis and _met(states, "before") and not states.get("after"):
        yield "the hypothesis was not checked after the method"


def _baseline(states: Mapping[str, Any]) -> Iterator[str]:
    before = states.get("before")
    if not isinstance(before, Mapping):
        yield "the baseline was never taken: the hypothesis was not checked before"
        return
    raised = list(_raised("before the method", before))
    yield from raised
    if not before.get("steady_state_met") and not raised:
        yield f"the baseline was not met: {_outside(before)}; no fault was injected"


def _method_failures(
    journal: Mapping[str, Any], experiment: Mapping[str, Any]
) -> Iterator[str]:
    runs = tuple(_mappings(journal.get("run")))
    for run in runs:
        status = run.get("status")
        if status == "failed":
            yield f"{_activity(run)} of the method failed: {_why(run)}"
        elif status != "succeeded":
            yield f"{_activity(run)} of the method never finished"
    declared = len(list(experiment.get("method") or ()))
    ended_early = journal.get("status") in {"interrupted", "aborted"}
    if len(runs) < declared and _met(journal["steady_states"], "before"):
        if not ended_early and _during_broke(journal):
            return
        yield f"only {len(runs)} of {declared} activities of the method were played"


def _during_broke(journal: Mapping[str, Any]) -> bool:
    """Whether a failing sample ended the method early, as fail-fast asks."""
    during = _mappings(journal["steady_states"].get("during"))
    return any(state.get("steady_state_met") is False for state in during)


def _deviations(
    journal: Mapping[str, Any],
    states: Mapping[str, Any],
    during: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    bad = [s for s in during if s.get("steady_state_met") is False]
    after = states.get("after")
    broke_after = isinstance(after, Mapping) and after.get("steady_state_met") is False
    if broke_after and isinstance(after, Mapping):
        yield f"the hypothesis did not hold after the method: {_outside(after)}"
    if bad:
        recovered = "" if broke_after else ", and recovered by the end"
        yield (
            f"the hypothesis broke during the method in {len(bad)} of {len(during)} "
            f"samples: {_outside(bad[0])}{recovered}"
        )
    for run in _mappings(journal.get("run")):
        if run.get("tolerance_met") is False and run.get("status") == "succeeded":
            yield f"{_activity(run)} of the method returned {_output(run)}"
    if journal.get("deviated") and not bad and not broke_after:
        yield "Chaos Toolkit reports that the experiment deviated"


def _rollback_failures(
    journal: Mapping[str, Any], experiment: Mapping[str, Any]
) -> Iterator[str]:
    played = tuple(_mappings(journal.get("rollbacks")))
    for run in played:
        status = run.get("status")
        if status == "failed":
            yield f"rollback {_name(run)!r} failed: {_why(run)}"
        elif status != "succeeded":
            yield f"rollback {_name(run)!r} never finished"
    declared = len(list(experiment.get("rollbacks") or ()))
    if len(played) < declared:
        what = "no rollback was" if not played else f"only {len(played)} were"
        yield f"{what} played of {declared} declared"


def _later_states(
    states: Mapping[str, Any],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for state in _mappings(states.get("during")):
        yield "during the method", state
    after = states.get("after")
    if isinstance(after, Mapping):
        yield "after the method", after


def _raised(phase: str, state: Mapping[str, Any]) -> Iterator[str]:
    for run in _mappings(state.get("probes")):
        if run.get("status") == "failed":
            yield f"probe {_name(run)!r} raised {phase}: {_why(run)}"


def _outside(state: Mapping[str, Any]) -> str:
    """Return which probe of a state was outside its tolerance."""
    for run in _mappings(state.get("probes")):
        if run.get("status") == "failed":
            return f"probe {_name(run)!r} raised"
        if run.get("tolerance_met") is False:
            tolerance = (run.get("activity") or {}).get("tolerance")
            wanted = (
                f" (tolerance {_shown(tolerance)})" if tolerance is not None else ""
            )
            return f"{_name(run)!r} gave {_output(run)}{wanted}"
    return "no probe says why"


def _met(states: Mapping[str, Any], phase: str) -> bool:
    state = states.get(phase)
    return isinstance(state, Mapping) and state.get("steady_state_met") is True


def _mappings(value: Any) -> Iterator[_Run]:
    for item in value or ():
        if isinstance(item, Mapping):
            yield item


def _activity(run: _Run) -> str:
    kind = (run.get("activity") or {}).get("type", "activity")
    return f"{kind} {_name(run)!r}"


def _name(run: _Run) -> str:
    return str((run.get("activity") or {}).get("name", "(unnamed)"))


def _output(run: _Run) -> str:
    return _shown(run.get("output"))


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    if len(text) > OUTPUT_LENGTH_MAX:
        return f"{text[:OUTPUT_LENGTH_MAX]}..."
    return text


def _why(run: _Run) -> str:
    told = run.get("exception") or ()
    text = told if isinstance(told, str) else "".join(str(part) for part in told)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "no exception was recorded"
    return lines[-1].removeprefix("chaoslib.exceptions.ActivityFailed: ")[
        :WHY_LENGTH_MAX
    ]
