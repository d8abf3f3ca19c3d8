"""What does a Route 53 name server answer to one question?

A pure function of the zones as one name server has them, the question, and a
draw for weighted sets. What must hold, in the order in which it matters here:

* A name that exists never gives NXDOMAIN. An alias whose target is gone exists,
  so it gives NOERROR, no answers and the SOA in authority, with AA set: the
  empty endpoint of October 2025.
* An alias is followed inside the server: its target's values and TTL appear
  under the alias's own name. A CNAME is shown, then followed through the zones
  that are known here.
* A negative answer carries the SOA of the zone of the last name reached, which
  is what tells a resolver how long to remember it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gameday.model.record_set import RecordSet, Routing
from gameday.model.record_syntax import normalise_name
from gameday.model.zone_index import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.model.zone_index import SetsByType, ZoneIndex, ZoneTable

    Draw = Callable[[int], int]
    """Returns an integer from 0 up to, not including, its argument."""

__all__ = [
    "CHAIN_LENGTH_MAX",
    "MULTIVALUE_ANSWERS_MAX",
    "DnsAnswer",
    "Question",
    "Rcode",
    "Rrset",
    "answer",
]

CHAIN_LENGTH_MAX = 8
"""Aliases, or CNAMEs, followed for one question; a longer chain is SERVFAIL."""

MULTIVALUE_ANSWERS_MAX = 8
"""Sets that Route 53 puts into one answer under multivalue routing."""

_TTL_S_DEFAULT = 300


class Rcode(StrEnum):
    """The response codes that an answer itself can have."""

    NOERROR = "NOERROR"
    NXDOMAIN = "NXDOMAIN"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A name as the zones write it, and a record type; "ANY" asks for all."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rrset:
    """Records of one name and type, values as Route 53 writes them."""

    name: str
    type: str
    ttl_s: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """What to send back.

    Attributes:
        rcode: the response code.
        authoritative: the AA bit; false for referrals and refusals.
        answers: the answer section.
        authority: the SOA of a negative answer, or the NS of a referral.
        drawn: whether chance took part, so that it must not be reused.
    """

    rcode: Rcode = Rcode.NOERROR
    authoritative: bool = True
    answers: tuple[Rrset, ...] = ()
    authority: tuple[Rrset, ...] = ()
    drawn: bool = False


def answer(table: ZoneTable, question: Question, draw: Draw) -> DnsAnswer:
    """Return what a name server with the zones of `table` answers.

    Args:
        table: the zones it has.
        question: what is asked.
        draw: chance, for weighted sets and for the order of several addresses.
    """
    try:
        return _Search(table=table, type=question.type, draw=draw).run(question.name)
    except _ChainTooLong:
        return DnsAnswer(rcode=Rcode.SERVFAIL, authoritative=False)


class _ChainTooLong(Exception):
    """Aliases or CNAMEs go round in a circle, or nearly so."""


@dataclass(slots=True, kw_only=True)
class _Search:
    table: ZoneTable
    type: str
    draw: Draw
    drawn: bool = False

    def run(self, name: str) -> DnsAnswer:
        zone = self.table.enclosing(name)
        if zone is None:
            return DnsAnswer(rcode=Rcode.REFUSED, authoritative=False)
        chain: list[Rrset] = []
        for _ in range(CHAIN_LENGTH_MAX):
            cut = zone.cut_above(name)
            if cut is not None:
                return self._referral(zone, cut, chain)
            sets = zone.at(name)
            if sets is None:
                return self._negative(Rcode.NXDOMAIN, chain, zone)
            if "CNAME" not in sets or self.type in ("CNAME", "ANY"):
                return self._found(name, zone, sets, chain)
            cname = self._rrset(name, "CNAME", sets["CNAME"])
            if cname is None:
                return self._negative(Rcode.NOERROR, chain, zone)
            chain.append(cname)
            name = normalise_name(cname.values[0])
            following = self.table.enclosing(name)
            if following is None:
                return self._positive(chain)
            zone = following
        raise _ChainTooLong

    def _found(
        self, name: str, zone: ZoneIndex, sets: SetsByType, chain: list[Rrset]
    ) -> DnsAnswer:
        kinds = sorted(sets) if self.type == "ANY" else [self.type]
        candidates = [
            self._rrset(name, kind, sets[kind]) for kind in kinds if kind in sets
        ]
        found = [rrset for rrset in candidates if rrset is not None]
        if not found:
            return self._negative(Rcode.NOERROR, chain, zone)
        return self._positive(chain + found)

    def _positive(self, answers: list[Rrset]) -> DnsAnswer:
        return DnsAnswer(answers=tuple(answers), drawn=self.drawn)

    def _negative(self, rcode: Rcode, chain: list[Rrset], zone: ZoneIndex) -> DnsAnswer:
        soa = Rrset(
            name=zone.name,
            type="SOA",
            ttl_s=_ttl_s(zone.soa),
            values=zone.soa.values,
        )
        return DnsAnswer(
            rcode=rcode, answers=tuple(chain), authority=(soa,), drawn=self.drawn
        )

    def _referral(self, zone: ZoneIndex, cut: str, chain: list[Rrset]) -> DnsAnswer:
        ns = self._rrset(cut, "NS", zone.sets[cut]["NS"])
        return DnsAnswer(
            authoritative=bool(chain),
            answers=tuple(chain),
            authority=() if ns is None else (ns,),
            drawn=self.drawn,
        )

    def _rrset(self, name: str, kind: str, sets: tuple[RecordSet, ...]) -> Rrset | None:
        """Follow aliases from `sets`; None when they end at nothing."""
        for _ in range(CHAIN_LENGTH_MAX):
            chosen = self._choose(sets)
            if chosen.alias is None:
                values = self._ordered(kind, chosen.values)
                if not values:
                    return None
                return Rrset(name=name, type=kind, ttl_s=_ttl_s(chosen), values=values)
            zone = self.table.by_id.get(bare_zone_id(chosen.alias.zone_id))
            found = zone.at(normalise_name(chosen.alias.name)) if zone else None
            if not found or kind not in found:
                return None
            sets = found[kind]
        raise _ChainTooLong

    def _choose(self, sets: tuple[RecordSet, ...]) -> RecordSet:
        """Pick from the sets of one name and type as Route 53 does.

        Nothing here knows the health of a target or where a client is: a
        failover pair gives its primary, and the sets of a policy that goes by
        place are as likely as each other.
        """
        if len(sets) == 1:
            return sets[0]
        match sets[0].policy:
            case Routing.WEIGHTED:
                return self._weighted(sets)
            case Routing.FAILOVER:
                primary = ("Failover", "PRIMARY")
                return next((s for s in sets if primary in s.routing), sets[0])
            case Routing.MULTIVALUE:
                values = tuple(value for member in sets for value in member.values)
                values = self._turned(values)[:MULTIVALUE_ANSWERS_MAX]
                return replace(sets[0], values=values)
            case _:
                self.drawn = True
                return sets[self.draw(len(sets))]

    def _weighted(self, sets: tuple[RecordSet, ...]) -> RecordSet:
        """Pick by weight; weight 0 is never picked unless all are 0."""
        self.drawn = True
        weights = [record_set.weight or 0 for record_set in sets]
        total = sum(weights)
        if total == 0:
            return sets[self.draw(len(sets))]
        point = self.draw(total)
        for record_set, weight in zip(sets, weights, strict=True):
            if point < weight:
                return record_set
            point -= weight
        raise AssertionError(f"draw({total}) returned more than the sum of weights")

    def _ordered(self, kind: str, values: tuple[str, ...]) -> tuple[str, ...]:
        """Spread the clients of several addresses, as Route 53 does."""
        return self._turned(values) if kind in ("A", "AAAA") else values

    def _turned(self, values: tuple[str, ...]) -> tuple[str, ...]:
        if len(values) < 2:
            return values
        self.drawn = True
        step = self.draw(len(values))
        return values[step:] + values[:step]


def _ttl_s(record_set: RecordSet) -> int:
    # Only an alias has no TTL in Route 53; emulators also lose it elsewhere.
    return _TTL_S_DEFAULT if record_set.ttl_s is None else record_set.ttl_s
