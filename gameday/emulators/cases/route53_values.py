"""Which names and values does Route 53 take, and how does it write them?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.emulators.cases.sources import CNAME_LOG, DNS_NAMES, RECORD_TYPES
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told
from gameday.model.zone import Action, RecordSet

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground

__all__ = ["CASES"]

GROUP = "Route 53: names and values"
STRING_LENGTH_MAX = 255


def _play_duplicate_values(ground: Ground) -> str:
    return _refused(ground, ground.address("double", "127.0.0.1", "127.0.0.1"))


def _play_bad_address(ground: Ground) -> str:
    return _refused(ground, ground.address("no-address", "127.0.0.256"))


def _play_cname_beside(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.address("busy")))
    return _refused(ground, _cname(ground, "busy"), left=1)


def _play_beside_cname(ground: Ground) -> str:
    ground.change((Action.CREATE, _cname(ground, "lonely")))
    return _refused(ground, ground.address("lonely"), left=1)


def _cname(ground: Ground, name: str) -> RecordSet:
    return RecordSet(
        name=ground.below(name), type="CNAME", ttl_s=1, values=("example.com.",)
    )


def _play_text_round_trip(ground: Ground) -> str:
    value = r'"say \"hello\"" "and a second; string"'
    record_set = replace(ground.text("quoted", ""), values=(value,))
    reply = ground.change((Action.CREATE, record_set))
    if not reply.ok:
        return told(reply)
    found = ground.values("quoted")
    return "" if found == [(value,)] else f"it is listed as {found}"


def _play_text_unquoted(ground: Ground) -> str:
    return _refused(ground, replace(ground.text("bare", ""), values=("bare words",)))


def _play_text_too_long(ground: Ground) -> str:
    return _refused(ground, ground.text("long", "x" * (STRING_LENGTH_MAX + 1)))


def _play_lower_case(ground: Ground) -> str:
    upper = replace(ground.address("cased"), name=f"Cased.{ground.zone}")
    reply = ground.change((Action.CREATE, upper))
    if not reply.ok:
        return told(reply)
    raw = [each["Name"] for each in ground.page()["ResourceRecordSets"]]
    if ground.below("cased") not in raw:
        return f"it is listed as {[n for n in raw if n.lower().startswith('cased')]}"
    return refusal(ground.change((Action.CREATE, ground.address("cased"))))


def _play_wildcard(ground: Ground) -> str:
    star = replace(ground.address("x"), name=f"*.wild.{ground.zone}")
    reply = ground.change((Action.CREATE, star))
    if not reply.ok:
        return told(reply)
    raw = [each["Name"] for each in ground.page()["ResourceRecordSets"]]
    if f"\\052.wild.{ground.zone}" in raw:
        return ""
    return f"it is listed as {[name for name in raw if 'wild' in name]}"


def _play_soa_delete(ground: Ground) -> str:
    found = [each for each in ground.listed() if each.type == "SOA"]
    if len(found) != 1:
        return f"the zone has {len(found)} SOA sets"
    reply = ground.change((Action.DELETE, found[0]))
    if not any(each.type == "SOA" for each in ground.listed()):
        return "the zone has no SOA any more"
    return refusal(reply)


def _refused(ground: Ground, record_set: RecordSet, *, left: int = 0) -> str:
    """Try to create a set that may not be; `left` sets hold its name already."""
    reply = ground.change((Action.CREATE, record_set))
    count = sum(each.name == record_set.name for each in ground.listed())
    return refusal(reply) if count == left else "it was accepted"


CASES: tuple[Case, ...] = (
    Case(
        name="duplicate-values",
        group=GROUP,
        expected="A set that lists one value twice is refused",
        source=RECORD_TYPES,
        relied_on=False,
        play=_play_duplicate_values,
    ),
    Case(
        name="bad-address",
        group=GROUP,
        expected="An A set whose value is no IPv4 address is refused",
        source=RECORD_TYPES,
        relied_on=False,
        play=_play_bad_address,
    ),
    Case(
        name="cname-beside-others",
        group=GROUP,
        expected="A CNAME at a name that has other sets is refused",
        source=CNAME_LOG,
        relied_on=False,
        play=_play_cname_beside,
    ),
    Case(
        name="others-beside-cname",
        group=GROUP,
        expected="Any set at a name that has a CNAME is refused",
        source=CNAME_LOG,
        relied_on=False,
        play=_play_beside_cname,
    ),
    Case(
        name="text-round-trip",
        group=GROUP,
        expected="Quoted strings and escaped quotes are listed as written",
        source=RECORD_TYPES,
        play=_play_text_round_trip,
    ),
    Case(
        name="text-unquoted",
        group=GROUP,
        expected="A TXT value without quotation marks is refused",
        source=RECORD_TYPES,
        relied_on=False,
        play=_play_text_unquoted,
    ),
    Case(
        name="text-too-long",
        group=GROUP,
        expected="A string of more than 255 characters in a TXT value is refused",
        source=RECORD_TYPES,
        relied_on=False,
        play=_play_text_too_long,
    ),
    Case(
        name="lower-case",
        group=GROUP,
        expected="Names are kept in lower case, and case makes no second name",
        source=DNS_NAMES,
        play=_play_lower_case,
    ),
    Case(
        name="wildcard",
        group=GROUP,
        expected="An asterisk in a name is listed as \\052",
        source=DNS_NAMES,
        relied_on=False,
        play=_play_wildcard,
    ),
    Case(
        name="soa-delete",
        group=GROUP,
        expected="DELETE of the zone's SOA is refused",
        source=RECORD_TYPES,
        relied_on=False,
        play=_play_soa_delete,
    ),
)
