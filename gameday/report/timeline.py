"""Which of the ops that stream in matter to somebody who is watching?

Thousands of calls pass the edge in a minute. A `Timeline` is fed each op as it
is recorded and answers with the few lines worth showing, most often none:
plans, flips of the main endpoint, refusals, lost locks, faults, empty answers,
the alarm, the leases, and what the experiment does. It also keeps the figures
of a status line.

It sees each op once and in order and looks at nothing else, so it works on a
run that is going on; the story afterwards (`model/story.py`) knows more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.plan import generation_of
from gameday.model.story_line import StoryKind, StoryLine, short_message
from gameday.model.table_writes import lease_writes, plans_published
from gameday.model.zone import Action, parse_change_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.zone import Change
    from gameday.report.condition_lines import ConditionLines

__all__ = ["Figures", "Timeline"]

LEASE_STEPS = (0.95, 0.75, 0.5, 0.25, 0.05)
"""Shares of kept leases whose crossing is worth a line."""

_ALARM_KINDS = {"ALARM": StoryKind.DETECTION, "OK": StoryKind.RECOVERY}

_TIMES_SHOWN = frozenset({1, 3, 10, 30, 100, 300, 1000})
"""Of something that happens again and again, the times that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The status line.

    Attributes:
        newest: the newest plan that was published.
        live: the plan that the main endpoint's root points at.
        answering: zones whose resolver last gave the main endpoint an address.
        silent: zones whose resolver last gave it none.
        leases: share of leases that have not expired, None before the first.
        fired: calls that faults have decided.
        activity: the activity that goes on.
    """

    newest: int = 0
    live: int = 0
    answering: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    leases: float | None = None
    fired: int = 0
    activity: str = ""


@dataclass(slots=True)
class Timeline:
    """What is known so far of a run, for one main endpoint.

    Attributes:
        endpoint: the main endpoint.
        figures: the status line as of the last op.
        conditions: tells how the services are; None where nobody says.
    """

    endpoint: str
    figures: Figures = field(default_factory=Figures)
    conditions: ConditionLines | None = None
    _counts: dict[tuple[str, ...], int] = field(default_factory=dict)
    _expiries_ms: dict[str, int] = field(default_factory=dict)
    _epoch_ms: int | None = None
    _step: int = 0
    _started_ns: int = 0

    def feed(self, op: Op) -> list[StoryLine]:
        """Take in one op and return the lines to show for it."""
        if op.kind is OpKind.MARK:
            return list(self._mark(op))
        lines: list[StoryLine] = []
        if op.faulted:
            lines += self._fault(op)
        if op.kind is OpKind.DNS:
            lines += self._answer(op)
        elif op.operation == "ChangeResourceRecordSets":
            lines += self._batch(op)
        elif op.service == "dynamodb":
            lines += self._tables(op)
        elif op.operation == "SetAlarmState":
            lines += self._alarm(op)
        elif self.conditions is not None:
            lines += self.conditions.feed(op)
        return lines

    def _mark(self, op: Op) -> Iterator[StoryLine]:
        request = op.request
        match op.operation:
            case "run_started":
                self._epoch_ms = int(request.get("epoch_ms", 0)) or None
                self._started_ns = op.start_ns
            case "activity_started":
                self.figures = replace(self.figures, activity=str(request.get("name")))
                yield self._line(op, "experiment", str(request.get("name")))
            case "activity_ended":
                self.figures = replace(self.figures, activity="")
                if request.get("status") == "failed":
                    why = str(request.get("exception", "")).rpartition("Failed: ")[2]
                    text = f"{request.get('name')} failed: {why}"
                    yield self._line(op, "experiment", text, StoryKind.LOSS)
            case "hypothesis":
                yield self._hypothesis(op)
            case "remove_rule":
                yield from self._rule_removed(op)
            case "actor_ended":
                how = str(request.get("how", "ended"))
                actor = str(request.get("actor", ""))
                yield self._line(op, actor, how, StoryKind.LOSS)

    def _hypothesis(self, op: Op) -> StoryLine:
        if op.request.get("met"):
            text, kind = "the hypothesis holds", StoryKind.RECOVERY
        else:
            failed = ", ".join(map(str, op.request.get("failed") or ()))
            text, kind = f"the hypothesis is broken: {failed}", StoryKind.LOSS
        return self._line(op, "experiment", text, kind)

    def _rule_removed(self, op: Op) -> Iterator[StoryLine]:
        rule = str(op.request.get("id") or op.request.get("rule") or "")
        fired = self._counts.get(("rule", rule), 0)
        if rule:
            times = "once" if fired == 1 else f"{fired} times"
            text = f"fault {rule!r} is removed; it fired {times}"
            yield self._line(op, "experiment", text, StoryKind.FAULT)

    def _fault(self, op: Op) -> Iterator[StoryLine]:
        self.figures = replace(self.figures, fired=self.figures.fired + 1)
        times = self._count("rule", op.rule)
        if times in _TIMES_SHOWN:
            again = "" if times == 1 else f", {times} times so far"
            what = f"DNS {op.operation}" if op.kind is OpKind.DNS else op.operation
            text = f"{what} meets fault {op.rule!r} ({op.ruling}){again}"
            yield self._line(op, op.actor, text, StoryKind.FAULT)

    def _answer(self, op: Op) -> Iterator[StoryLine]:
        name = str(op.request.get("name", "")).rstrip(".").lower()
        if name != self.endpoint or op.operation != "A":
            return
        if not op.via.startswith("resolver-"):
            return
        az = op.via.removeprefix("resolver-")
        figures = self.figures
        if op.response.get("answers"):
            came_back = az in figures.silent
            self.figures = replace(
                figures,
                answering=figures.answering | {az},
                silent=figures.silent - {az},
            )
            if came_back:
                text = f"answers for {self._short} again"
                yield self._line(op, op.via, text, StoryKind.RECOVERY)
        elif az in figures.answering:
            self.figures = replace(
                figures,
                answering=figures.answering - {az},
                silent=figures.silent | {az},
            )
            text = f"answers {op.error or 'NOERROR'} with no address for {self._short}"
            yield self._line(op, op.via, text, StoryKind.EMPTY)

    def _batch(self, op: Op) -> Iterator[StoryLine]:
        if str(op.request.get("Zone", "")).rstrip(".").lower() != self.endpoint:
            return
        try:
            changes = parse_change_batch(op.request)
        except ValueError:
            return
        wanted = self._wanted_root(changes)
        if op.outcome is Outcome.OK:
            self._counts.pop(("lock", op.actor), None)
        if op.outcome is Outcome.FAIL:
            yield from self._refused(op, changes, wanted)
        elif wanted and wanted != self.figures.live:
            yield self._flip(op, wanted)
        elif not wanted:
            yield from self._deletions(op, changes)

    def _flip(self, op: Op, wanted: int) -> StoryLine:
        before = self.figures.live
        self.figures = replace(self.figures, live=wanted)
        if wanted < before:
            text = f"flips {self._short} BACK from plan {before} to plan {wanted}"
            return self._line(op, op.actor, text, StoryKind.STALE)
        text = f"flips {self._short} to plan {wanted}"
        return self._line(op, op.actor, text, StoryKind.FLIP)

    def _refused(
        self, op: Op, changes: tuple[Change, ...], wanted: int
    ) -> Iterator[StoryLine]:
        if wanted:
            yield from self._refused_flip(op, wanted)
        elif self._takes_lock(changes) and not op.faulted:
            times = self._count("lock", op.actor)
            if times in _TIMES_SHOWN and times > 1:
                text = f"loses the lock of {self._short}, {times} times running"
                yield self._line(op, op.actor, text, StoryKind.LOCK)

    def _refused_flip(self, op: Op, wanted: int) -> Iterator[StoryLine]:
        times = self._count("refused", op.actor)
        if times not in _TIMES_SHOWN:
            return
        text = f"cannot flip {self._short} to plan {wanted}"
        if times > 1:
            text += f", refused {times} times so far"
        elif op.faulted:
            text += f": {op.error}"
        else:
            error = op.response.get("Error") or {}
            text += f": {short_message(str(error.get('Message') or op.error))}"
        wedged = "not found" in str(op.response)
        kind = StoryKind.WEDGE if wedged else StoryKind.REFUSED
        yield self._line(op, op.actor, text, kind)

    def _deletions(self, op: Op, changes: tuple[Change, ...]) -> Iterator[StoryLine]:
        # Clean-up deletes a tree after every plan; only a live one is news.
        gone = {
            generation_of(change.record_set.name, self.endpoint)
            for change in changes
            if change.action is Action.DELETE
        }
        if self.figures.live and self.figures.live in gone:
            text = f"deletes plan {self.figures.live}, LIVE at {self._short}"
            yield self._line(op, op.actor, text, StoryKind.LOSS)

    def _tables(self, op: Op) -> Iterator[StoryLine]:
        one = History((op,))
        for seen in plans_published(one):
            newest = max(self.figures.newest, int(seen.generation))
            self.figures = replace(self.figures, newest=newest)
            text = f"publishes plan {seen.generation}"
            yield self._line(op, op.actor, text, StoryKind.PLAN)
        for write in lease_writes(one):
            if write.op.outcome is Outcome.OK:
                self._expiries_ms[write.droplet] = write.expires_at_ms
        yield from self._leases(op)

    def _leases(self, op: Op) -> Iterator[StoryLine]:
        if not self._expiries_ms or self._epoch_ms is None:
            return
        now_ms = self._epoch_ms + (op.end_ns - self._started_ns) // 1_000_000
        kept = sum(expiry > now_ms for expiry in self._expiries_ms.values())
        share = kept / len(self._expiries_ms)
        self.figures = replace(self.figures, leases=share)
        step = sum(share < bound for bound in LEASE_STEPS)
        if step == self._step:
            return
        kind = StoryKind.LEASES if step > self._step else StoryKind.RECOVERY
        self._step = step
        text = f"holds {share:.0%} of the droplets' leases"
        yield self._line(op, "lease manager", text, kind)

    def _alarm(self, op: Op) -> Iterator[StoryLine]:
        state = str(op.request.get("StateValue", ""))
        name = str(op.request.get("AlarmName", "")).removeprefix("endpoint-")
        if op.outcome is Outcome.FAIL:
            return
        what = f"of {self._short}" if name == self.endpoint else name
        kind = _ALARM_KINDS.get(state, StoryKind.NOTE)
        if name == self.endpoint or state == "ALARM" or self._counts.get(("on", name)):
            yield self._line(op, op.actor, f"sets the alarm {what} {state}", kind)
        self._counts["on", name] = state == "ALARM"

    def _wanted_root(self, changes: tuple[Change, ...]) -> int:
        """Return the plan that a batch would make live, 0 for none.

        A batch that deletes the root and creates the same one only asserts it.
        """
        deleted = wanted = 0
        for change in changes:
            record = change.record_set
            if record.name != f"{self.endpoint}." or record.alias is None:
                continue
            generation = int(generation_of(record.alias.name, self.endpoint) or 0)
            if change.action is Action.DELETE:
                deleted = generation
            else:
                wanted = generation
        return 0 if wanted == deleted else wanted

    def _takes_lock(self, changes: tuple[Change, ...]) -> bool:
        return len(changes) <= 2 and any(
            change.action is Action.CREATE
            and change.record_set.name == f"lock.{self.endpoint}."
            for change in changes
        )

    def _count(self, *key: str) -> int:
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key]

    @property
    def _short(self) -> str:
        return self.endpoint.partition(".")[0]

    @staticmethod
    def _line(
        op: Op, actor: str, text: str, kind: StoryKind = StoryKind.NOTE
    ) -> StoryLine:
        return StoryLine(at_ns=op.end_ns, actor=actor, text=text, kind=kind)
