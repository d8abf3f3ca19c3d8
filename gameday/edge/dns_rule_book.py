"""Which rules for DNS questions are set right now, and what do they decide?

The book holds what `dns_rules.decide` needs and takes what it returns. It leaves
the same marks in the history as the book of rules for AWS calls, with the same
counts, so whoever asks whether a fault fired need not know of which kind it is.

`armed_at_resolvers` and `armed_at_edges` are plain attributes: they are read for
every question, and with no rule set that is all that faults may cost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gameday.edge.dns_rule_document import parse_dns_rule
from gameday.edge.dns_rules import ArmedDnsRule, Stale, decide
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameday.edge.dns_rule_document import DnsVocabulary
    from gameday.edge.dns_rules import AskedDns, DnsRuling
    from gameday.edge.dns_zone_hold import ZoneHold

__all__ = ["DNS_RULES_MAX", "DnsRuleBook"]

DNS_RULES_MAX = 1_000


class DnsRuleBook:
    """The rules in the order in which they were set."""

    def __init__(
        self,
        *,
        vocabulary: Callable[[], DnsVocabulary],
        hold: Callable[[Stale], ZoneHold],
        mark: Callable[[str, dict[str, Any]], object],
        now_ns: Callable[[], int],
    ) -> None:
        """Make it empty.

        Args:
            vocabulary: returns the names that rules may use now.
            hold: picks the zone versions that a stale answer comes from.
            mark: notes in the history what was done.
            now_ns: the clock of the history, nanoseconds.
        """
        self._vocabulary = vocabulary
        self._hold = hold
        self._mark = mark
        self._now_ns = now_ns
        self._armed: dict[str, ArmedDnsRule] = {}
        self._documents: dict[str, dict[str, Any]] = {}
        self._numbered = 0
        self.armed_at_resolvers = False
        self.armed_at_edges = False

    def set(self, document: Any, *, taken: Iterable[str] = ()) -> dict[str, Any]:
        """Set the rule of a document behind all others.

        Args:
            document: the rule as JSON.
            taken: ids of other books' rules.

        Returns:
            its id and, for a stale answer, the zone versions that are "held".

        Raises:
            InvalidInput: with every problem; the id is taken; too many rules.
        """
        self._numbered += 1
        rule = parse_dns_rule(
            document, self._vocabulary(), rule_id=f"d{self._numbered}"
        )
        if rule.id in self._armed or rule.id in taken:
            raise InvalidInput(
                f"id: rule {rule.id!r} is set already; remove it first or choose "
                "another id"
            )
        if len(self._armed) >= DNS_RULES_MAX:
            raise InvalidInput(f"there are {DNS_RULES_MAX} rules already; remove some")
        held: ZoneHold | None = None
        told: dict[str, Any] = {"id": rule.id}
        if isinstance(rule.fault, Stale):
            held = self._hold(rule.fault)
            # A question outside the held zones is answered as ever.
            zones = tuple(f"{name}." for name in held.versions)
            rule = replace(rule, match=replace(rule.match, zones=zones))
            told["held"] = held.versions
        self._armed[rule.id] = ArmedDnsRule(
            rule=rule, set_at_ms=self._now_ns() / 1_000_000, hold=held
        )
        shown = {**document, "id": rule.id, "at": rule.at, "seed": rule.seed}
        self._documents[rule.id] = shown
        self._mark("set_rule", {**told, "rule": shown})
        self._note_where()
        return told

    def remove(self, rule_id: str) -> dict[str, Any]:
        """Remove a rule and return its last counts.

        Raises:
            InvalidInput: there is no such rule.
        """
        if rule_id not in self._armed:
            raise InvalidInput(unknown_name("rule", rule_id, self._armed))
        one = self._armed.pop(rule_id)
        del self._documents[rule_id]
        self._note_where()
        counts = {"id": rule_id, "seen": one.seen, "fired": one.fired}
        self._mark("remove_rule", counts)
        return counts

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the rules, in order."""
        return tuple(self._armed)

    def documents(self) -> list[dict[str, Any]]:
        """Return every rule with its counts, in order."""
        return [
            {
                "id": rule_id,
                "rule": self._documents[rule_id],
                "seen": one.seen,
                "fired": one.fired,
            }
            for rule_id, one in self._armed.items()
        ]

    def decide(self, asked: AskedDns) -> DnsRuling | None:
        """Return the ruling on a question and count it."""
        now_ms = self._now_ns() / 1_000_000
        ruling, changed = decide(self._armed, asked, now_ms=now_ms)
        for one in changed:
            self._armed[one.rule.id] = one
        return ruling

    def _note_where(self) -> None:
        places = {one.rule.at for one in self._armed.values()}
        self.armed_at_resolvers = "resolver" in places
        self.armed_at_edges = "edge" in places
