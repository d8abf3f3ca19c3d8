"""What does a run prove about what its experiment claims?

Chaos Toolkit exits 0 in cases that prove nothing. This judges the same journal
together with the checkers' findings and the counts of the faults, and gives one
verdict with every reason, the decisive one first.

How it decides, the first that applies:

1. *error*: the harness failed, or there is no journal.
2. *interrupted*: somebody ended the run.
3. *inconclusive*: the run is void. The baseline was not met, an activity failed
   or a fault never fired, a probe raised, the emulator drifted, it was dry.
   What broke in a void run is told and not counted: nobody knows why it broke.
4. *deviated*: the hypothesis broke during or after the method, or a hazard that
   was to be kept showed. A declared deviation passes if, and only if, the
   declared hazards are what showed.
5. *inconclusive*: a rollback failed, or a checker that the claim relies on could
   not tell.
6. *passed*.

A deviation outranks a failed rollback, because it was seen before the rollbacks
began; the failed rollback stays among the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.chaos.journal_evidence import (
    JournalEvidence,
    JournalUnreadable,
    read_journal,
)
from gameday.model.story_line import counted
from gameday.model.verdict import Finding, Judgement, Validity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Claim", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an experiment says will happen.

    Attributes:
        because: hazards that are declared to show; empty when the experiment is
            to pass.
        checks: hazards that the experiment looks at.
        hold: hazards that must not show; None for all of `checks`, or for none
            of them when a deviation is declared.
        must_fire: whether a fault that never fired voids the run.
    """

    because: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    hold: tuple[str, ...] | None = None
    must_fire: bool = True

    @property
    def held(self) -> tuple[str, ...]:
        """Return the hazards that must not show."""
        if self.hold is not None:
            return self.hold
        return () if self.because else self.checks

    @property
    def hazards(self) -> tuple[str, ...]:
        """Return every hazard that has to be judged, each once."""
        return tuple(dict.fromkeys((*self.because, *self.held, *self.checks)))


def judge(
    journal: Mapping[str, Any] | None,
    *,
    claim: Claim,
    findings: Sequence[Finding],
    fired: Mapping[str, int] | None,
    drift: Iterable[str] = (),
    interrupted_by: str = "",
    harness_error: str = "",
) -> Judgement:
    """Return the verdict of one run.

    Args:
        journal: Chaos Toolkit's journal, None when there is none.
        claim: what the experiment says will happen.
        findings: what the checkers say of the history.
        fired: how often each fault rule ruled on a call, by rule; None when
            nobody knows.
        drift: what of the emulator's state could not be reconciled with AWS's
            contract.
        interrupted_by: the signal that the caller saw, "" for none. Up to
            chaoslib 1.44 the journal does not tell.
        harness_error: what failed in the harness itself, "" for nothing.
    """
    shown = tuple(findings)
    if harness_error:
        return _judgement(Verdict.ERROR, [harness_error], shown)
    try:
        evidence = read_journal(journal)
    except JournalUnreadable as error:
        return _without_journal(str(error), interrupted_by, shown)
    by_whom = interrupted_by or evidence.interrupted
    if by_whom:
        reasons = [f"the run was interrupted by {by_whom}", *evidence.rollback_failures]
        return _judgement(Verdict.INTERRUPTED, reasons, shown)
    voids = [*evidence.voids, *_fault_voids(claim, fired), *_drift_voids(drift)]
    if not evidence.has_hypothesis and not claim.hazards:
        voids.append(
            "the experiment claims nothing: it has no hypothesis and names no hazard"
        )
    if voids:
        also = [
            f"not counted, because the run is void: {d}" for d in evidence.deviations
        ]
        reasons = [*voids, *also, *evidence.rollback_failures]
        return _judgement(Verdict.INCONCLUSIVE, reasons, shown)
    if claim.because:
        return _judge_declared(claim, evidence, shown)
    return _judge_plain(claim, evidence, shown, fired or {})


def _without_journal(
    why: str, interrupted_by: str, findings: tuple[Finding, ...]
) -> Judgement:
    if interrupted_by:
        reasons = [f"the run was interrupted by {interrupted_by}", why]
        return _judgement(Verdict.INTERRUPTED, reasons, findings)
    return _judgement(Verdict.ERROR, [why], findings)


def _judge_plain(
    claim: Claim,
    evidence: JournalEvidence,
    findings: tuple[Finding, ...],
    fired: Mapping[str, int],
) -> Judgement:
    broken = [*evidence.deviations, *_shown_hazards(claim.held, findings)]
    doubts = [*evidence.rollback_failures, *_untold(claim.held, findings)]
    others = _other_hazards(claim, findings)
    if broken:
        return _judgement(Verdict.DEVIATED, [*broken, *doubts, *others], findings)
    if doubts:
        return _judgement(Verdict.INCONCLUSIVE, [*doubts, *others], findings)
    return _judgement(
        Verdict.PASSED, [_all_held(claim, evidence, fired), *others], findings
    )


def _judge_declared(
    claim: Claim, evidence: JournalEvidence, findings: tuple[Finding, ...]
) -> Judgement:
    by_name = {finding.hazard: finding for finding in findings}
    showed = [h for h in claim.because if _validity(by_name, h) is Validity.INVALID]
    absent = [h for h in claim.because if _validity(by_name, h) is Validity.VALID]
    doubts = [
        *_untold((*claim.because, *claim.held), findings),
        *evidence.rollback_failures,
    ]
    others = _other_hazards(claim, findings)
    kept_broken = _shown_hazards(claim.held, findings)
    if kept_broken:
        reasons = [*kept_broken, *_declared(showed, by_name), *doubts]
        return _judgement(Verdict.DEVIATED, reasons, findings)
    if absent:
        reasons = _undeclared_ending(absent, showed, by_name, evidence, others)
        return _judgement(Verdict.DEVIATED, [*reasons, *doubts], findings)
    if doubts:
        reasons = [*doubts, *_declared(showed, by_name), *evidence.deviations]
        return _judgement(Verdict.INCONCLUSIVE, reasons, findings)
    reasons = [*_declared(showed, by_name), *evidence.deviations, *others]
    return _judgement(Verdict.PASSED, reasons, findings)


def _undeclared_ending(
    absent: Sequence[str],
    showed: Sequence[str],
    by_name: Mapping[str, Finding],
    evidence: JournalEvidence,
    others: Sequence[str],
) -> list[str]:
    """Return why a run did not deviate as declared, and how it did if it did."""
    held = " and ".join(absent)
    summaries = [f"{hazard}: {by_name[hazard].summary}" for hazard in absent]
    otherwise = [*evidence.deviations, *_declared(showed, by_name), *others]
    if not otherwise:
        return [f"declared to deviate because of {held}, but it held", *summaries]
    return [
        f"declared to deviate because of {held}, but deviated for another reason",
        *otherwise,
        *summaries,
    ]


def _fault_voids(claim: Claim, fired: Mapping[str, int] | None) -> list[str]:
    if not claim.must_fire:
        return []
    if fired is None:
        return ["nobody counted whether the faults fired: the edge did not answer"]
    return [
        f"fault {rule!r} never fired: no call was met by it"
        for rule, count in sorted(fired.items())
        if count == 0
    ]


def _drift_voids(drift: Iterable[str]) -> list[str]:
    return [f"the emulator drifted from AWS's contract: {what}" for what in drift]


def _shown_hazards(hazards: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    return [
        f"{finding.hazard}: {finding.summary}"
        for finding in findings
        if finding.hazard in hazards and finding.validity is Validity.INVALID
    ]


def _untold(hazards: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """Return a sentence for each hazard that nobody could judge."""
    by_name = {finding.hazard: finding for finding in findings}
    sentences = []
    for hazard in dict.fromkeys(hazards):
        finding = by_name.get(hazard)
        if finding is None:
            sentences.append(f"{hazard} was not checked")
        elif finding.validity is Validity.UNKNOWN:
            sentences.append(f"{hazard} could not be judged: {finding.summary}")
    return sentences


def _other_hazards(claim: Claim, findings: Iterable[Finding]) -> list[str]:
    """Return what showed and is neither declared nor to be kept."""
    return [
        f"seen, and not held against the run: {finding.hazard}: {finding.summary}"
        for finding in findings
        if finding.validity is Validity.INVALID
        and finding.hazard not in (*claim.because, *claim.held)
    ]


def _declared(showed: Iterable[str], by_name: Mapping[str, Finding]) -> list[str]:
    return [f"deviated as declared, {h}: {by_name[h].summary}" for h in showed]


def _all_held(claim: Claim, evidence: JournalEvidence, fired: Mapping[str, int]) -> str:
    parts = []
    if evidence.has_hypothesis:
        samples = f" ({evidence.samples_during} samples)"
        during = f", during{samples}" if evidence.samples_during else ""
        parts.append(f"the hypothesis held before{during} and after the method")
    if claim.held:
        one = len(claim.held) == 1
        which = claim.held[0] if one else f"none of its {len(claim.held)} hazards"
        parts.append(f"{which} did not show" if one else f"{which} showed")
    if fired:
        times = sum(fired.values())
        parts.append(f"{counted(len(fired), 'fault')} fired {times} times in all")
    return "; ".join(parts)


def _validity(by_name: Mapping[str, Finding], hazard: str) -> Validity:
    finding = by_name.get(hazard)
    return finding.validity if finding is not None else Validity.UNKNOWN


def _judgement(
    verdict: Verdict, reasons: Iterable[str], findings: tuple[Finding, ...]
) -> Judgement:
    return Judgement(
        verdict=verdict, reasons=tuple(dict.fromkeys(reasons)), findings=findings
    )
