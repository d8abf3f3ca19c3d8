"""Which rules are set right now, and how often has each been seen and fired?

The book holds what `rules.decide` needs and takes what it returns; setting and
removing a rule leaves a mark in the history, with the rule's seed, so that a run
can be repeated from its history alone. It also holds the network's latency, which
every call meets on its way to the rules, so that it adds up with any of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gameday.clock import utc_now
from gameday.edge.fault_kinds import RejectSkew
from gameday.edge.rule_document import parse_rule
from gameday.edge.rules import ArmedRule, Rule, Ruling, decide
from gameday.edge.signature_age import skew_ms
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gameday.edge.call import Call
    from gameday.edge.fault_kinds import Fault
    from gameday.edge.recorder import Recorder
    from gameday.edge.rule_document import Vocabulary

__all__ = ["RULES_MAX", "RuleBook"]

RULES_MAX = 1_000


class RuleBook:
    """The rules in the order in which they were set."""

    def __init__(self, *, vocabulary: Vocabulary, recorder: Recorder) -> None:
        self._vocabulary = vocabulary
        self._recorder = recorder
        self._armed: tuple[ArmedRule, ...] = ()
        self._documents: dict[str, Any] = {}
        self._numbered = 0
        self._latency_ms = 0
        self._dates_matter = False
        self._watchers: list[Callable[[Iterable[Fault]], None]] = []

    def __len__(self) -> int:
        return len(self._armed)

    def check(self, document: Any) -> Rule:
        """Return the rule of a document; raises InvalidInput with every problem.

        It may read service models, so it is for a thread of its own.
        """
        self._numbered += 1
        return parse_rule(document, self._vocabulary, rule_id=f"r{self._numbered}")

    def set(self, rule: Rule, document: Any) -> str:
        """Set a checked rule behind all others; returns its id.

        Raises:
            InvalidInput: the id is taken, or there are too many rules.
        """
        if rule.id in self._documents:
            raise InvalidInput(
                f"id: rule {rule.id!r} is set already; remove it first or choose "
                "another id"
            )
        if len(self._armed) >= RULES_MAX:
            raise InvalidInput(f"there are {RULES_MAX} rules already; remove some")
        shown = {**document, "id": rule.id, "seed": rule.seed}
        set_at_ms = self._recorder.now_ns() / 1_000_000
        self._armed = (*self._armed, ArmedRule(rule=rule, set_at_ms=set_at_ms))
        self._documents[rule.id] = shown
        self._tell()
        self._recorder.mark("set_rule", {"id": rule.id, "rule": shown})
        return rule.id

    def remove(self, rule_id: str) -> dict[str, Any]:
        """Remove a rule and return its last counts.

        Raises:
            InvalidInput: there is no such rule.
        """
        for one in self._armed:
            if one.rule.id == rule_id:
                self._armed = tuple(each for each in self._armed if each is not one)
                del self._documents[rule_id]
                self._tell()
                counts = {"id": rule_id, "seen": one.seen, "fired": one.fired}
                self._recorder.mark("remove_rule", counts)
                return counts
        raise InvalidInput(unknown_name("rule", rule_id, self._documents))

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the rules, in order."""
        return tuple(one.rule.id for one in self._armed)

    def documents(self) -> list[dict[str, Any]]:
        """Return every rule with its counts, in order."""
        return [
            {
                "id": one.rule.id,
                "rule": self._documents[one.rule.id],
                "seen": one.seen,
                "fired": one.fired,
            }
            for one in self._armed
        ]

    def watch(self, callback: Callable[[Iterable[Fault]], None]) -> None:
        """Call `callback` with the faults that are set, whenever they change."""
        self._watchers.append(callback)

    @property
    def latency_ms(self) -> int:
        """What every call waits before it is ruled on, milliseconds."""
        return self._latency_ms

    def set_latency(self, latency_ms: int) -> None:
        """Let every call wait that long, besides what its ruling does to it."""
        self._latency_ms = latency_ms
        self._recorder.mark("network_effects", {"latency_ms": latency_ms})

    def decide(self, call: Call, headers: Mapping[str, str]) -> Ruling | None:
        """Return the ruling on a call and count it.

        Args:
            call: the call.
            headers: of its request; its signature's date is read from them.
        """
        if not self._armed:
            return None
        skew = skew_ms(headers, utc_now()) if self._dates_matter else None
        now_ms = self._recorder.now_ns() / 1_000_000
        ruling, self._armed = decide(self._armed, call, now_ms=now_ms, skew_ms=skew)
        return ruling

    def take_back(self, ruling: Ruling) -> None:
        """Count a ruling that could not be carried out as one that never was."""
        self._armed = tuple(
            replace(one, fired=one.fired - 1) if one.rule.id == ruling.rule_id else one
            for one in self._armed
        )

    def _tell(self) -> None:
        faults = tuple(one.rule.fault for one in self._armed)
        self._dates_matter = any(isinstance(each, RejectSkew) for each in faults)
        for watcher in self._watchers:
            watcher(faults)
