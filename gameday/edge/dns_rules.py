"""What happens to this DNS question: is it answered truly, or as a rule says?

`decide` is a pure function, as its counterpart for AWS calls in `rules` is: the
rules with their counters, one question and the time go in; a ruling and the
rules with their new counters come out. The law is the same: rules are asked in
the order in which they were set, the first ruling wins, and a rule *sees* what
its match and its window fit and *fires* when it rules.

A rule stands at the resolvers or at the DNS edges, and the difference is what
is remembered. What a rule does at a resolver reaches its clients and is not put
into its cache: it is over when the rule is. What a rule does at a DNS edge a
resolver takes for the truth and remembers, negative answers as well, so it
outlives the rule by as much as the TTL says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gameday.edge.rule_limits import any_fits, chance, in_window, strikes
from gameday.model.record_syntax import is_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.edge.dns_zone_hold import ZoneHold

__all__ = [
    "ArmedDnsRule",
    "AskedDns",
    "DnsFault",
    "DnsMatch",
    "DnsRule",
    "DnsRuling",
    "Drop",
    "Forge",
    "Slow",
    "Stale",
    "Truncate",
    "decide",
]

Place = Literal["resolver", "edge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """Answer with this code and no records.

    Attributes:
        rcode: NXDOMAIN and NOERROR come with the zone's SOA, which says how long
            to remember them; SERVFAIL and REFUSED come with nothing.
    """

    rcode: Literal["NXDOMAIN", "NOERROR", "SERVFAIL", "REFUSED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Wait, then answer truly.

    Attributes:
        delay_ms: the middle of it, milliseconds.
        jitter_ms: how far it may stray either way; the sum is never below 0.
    """

    delay_ms: float
    jitter_ms: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Never answer, over UDP or TCP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate:
    """Answer over UDP with the TC bit and no records; TCP is answered truly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Answer from an older version of a zone.

    Attributes:
        zone: the zone's name without its final dot; "" for every zone.
        version: this version; None without one.
        age_ms: whichever version was the newest so long ago, milliseconds; None
            without one. Without either: the version of when the rule was set.
    """

    zone: str = ""
    version: int | None = None
    age_ms: float | None = None


DnsFault = Forge | Slow | Drop | Truncate | Stale


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDns:
    """One question as rules see it.

    Attributes:
        at: who was asked.
        name: the name as the zones write it, with its final dot.
        type: the record type's mnemonic.
        az: the AZ whose resolver was asked or, at a DNS edge, asks; "" when the
            asker is no resolver of ours.
        edge: address of the DNS edge that was asked, "" at a resolver.
        client: the asker's IP address.
        tcp: whether it came over TCP.
    """

    at: Place
    name: str
    type: str
    az: str = ""
    edge: str = ""
    client: str = ""
    tcp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsMatch:
    """Which questions a rule is about. Every condition given must hold.

    Each field holds names or globs, of which one must fit; an empty field fits
    everything. `zones` are apexes: the name must lie in one of them.
    """

    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    azs: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()

    def fits(self, asked: AskedDns) -> bool:
        """Whether a question is one of those that the rule is about."""
        return (
            any_fits(self.names, asked.name)
            and (not self.types or asked.type in self.types)
            and (not self.azs or asked.az in self.azs)
            and (not self.edges or asked.edge in self.edges)
            and any_fits(self.clients, asked.client)
            and (
                not self.zones
                or any(is_within(asked.name, apex) for apex in self.zones)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRule:
    """A DNS fault, the questions it is about, and when it strikes.

    Attributes:
        id: unique among the rules that are set, those for AWS calls included.
        at: who is at fault, the resolvers or the DNS edges.
        match: which questions it sees.
        kind: the fault's name in rule documents and in the history.
        fault: what becomes of the answer.
        nth: only the nth question it sees, from 1.
        count: it fires at most so often.
        probability: the share of the questions it sees that it rules on.
        seed: decides `probability` and jitter.
        after_ms: it sees questions from so long after it was set, milliseconds.
        until_ms: and before so long after it was set, milliseconds.
    """

    id: str
    at: Place
    match: DnsMatch
    kind: str
    fault: DnsFault
    nth: int | None = None
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    after_ms: float = 0
    until_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedDnsRule:
    """A rule that is set, and its counters.

    Attributes:
        rule: the rule.
        set_at_ms: when it was set.
        hold: the zone versions that a `Stale` answers from.
        seen: questions it has seen.
        fired: questions it has ruled on.
    """

    rule: DnsRule
    set_at_ms: float
    hold: ZoneHold | None = None
    seen: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRuling:
    """What one rule decided about one question.

    Attributes:
        rule_id: the rule.
        kind: the fault's name.
        fault: what it does.
        hold: the zone versions to answer from, for a `Stale`.
        delay_ms: how long this answer waits, drawn, for a `Slow`.
    """

    rule_id: str
    kind: str
    fault: DnsFault
    hold: ZoneHold | None = None
    delay_ms: float = 0


def decide(
    armed: Mapping[str, ArmedDnsRule], asked: AskedDns, *, now_ms: float
) -> tuple[DnsRuling | None, tuple[ArmedDnsRule, ...]]:
    """Return the first ruling, None for a true answer, and the rules that changed.

    Args:
        armed: every rule that is set, by id, in the order in which it was set.
        asked: the question.
        now_ms: milliseconds on the clock of `ArmedDnsRule.set_at_ms`.
    """
    changed = []
    for one in armed.values():
        if not _sees(one, asked, now_ms):
            continue
        seen = replace(one, seen=one.seen + 1)
        fires = strikes(one.rule, seen=seen.seen, fired=one.fired)
        changed.append(replace(seen, fired=one.fired + 1) if fires else seen)
        if fires:
            return _ruling(changed[-1]), tuple(changed)
    return None, tuple(changed)


def _sees(one: ArmedDnsRule, asked: AskedDns, now_ms: float) -> bool:
    rule = one.rule
    return (
        rule.at == asked.at
        and in_window(rule, now_ms - one.set_at_ms)
        and not (asked.tcp and isinstance(rule.fault, Truncate))
        and rule.match.fits(asked)
    )


def _ruling(one: ArmedDnsRule) -> DnsRuling:
    fault = one.rule.fault
    delay_ms = 0.0
    if isinstance(fault, Slow):
        dice = chance(one.rule, "delay", one.seen)
        jitter_ms = dice.uniform(-fault.jitter_ms, fault.jitter_ms)
        delay_ms = max(0.0, fault.delay_ms + jitter_ms)
    return DnsRuling(
        rule_id=one.rule.id,
        kind=one.rule.kind,
        fault=fault,
        hold=one.hold,
        delay_ms=delay_ms,
    )
