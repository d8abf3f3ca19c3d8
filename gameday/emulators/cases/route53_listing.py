"""In which order does Route 53 list a zone, and when is a change everywhere?

The region's clean-up reads whole zones page by page; a page that repeats or
leaves out a set deletes the wrong tree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gameday.emulators.cases.sources import CHANGE_BATCH, GET_CHANGE, LISTING
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told
from gameday.model.zone import Action

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground
    from gameday.emulators.plain_calls import PlainReply

__all__ = ["CASES"]

GROUP = "Route 53: listing and changes"

PAGE_SIZE = 300
PAGES_MAX = 12
BATCH_SIZE = 100
SYNC_MAX_MS = 5_000
SYNC_LOOK_MS = 20

_CHANGE_ID = re.compile(rb"<Id>(?:/change/)?([^<]+)</Id>")
_STATUS = re.compile(rb"<Status>([^<]+)</Status>")
_NEXT = {
    "name": "NextRecordName",
    "type": "NextRecordType",
    "identifier": "NextRecordIdentifier",
}


def _play_order(ground: Ground) -> str:
    with ground.another_zone() as other:
        names = ("b", "z.a", "a", "b.a")
        other.change(*((Action.CREATE, other.address(name)) for name in names))
        other.change((Action.CREATE, other.text("a", "1")))
        found = _names(other.page(), other.zone)
    expected = ["NS", "SOA", "a A", "a TXT", "b.a A", "z.a A", "b A"]
    return "" if found == expected else f"the order is {', '.join(found)}"


def _play_dot_order(ground: Ground) -> str:
    """The final dot takes part in the comparison, and "-" is less than it."""
    with ground.another_zone() as other:
        names = ("a", "b.a", "a-b")
        other.change(*((Action.CREATE, other.address(name)) for name in names))
        found = _names(other.page(), other.zone)[2:]
    expected = ["a-b A", "a A", "b.a A"]
    return "" if found == expected else f"the order is {', '.join(found)}"


def _play_start(ground: Ground) -> str:
    with ground.another_zone() as other:
        names = ("a", "c", "e")
        other.change(*((Action.CREATE, other.address(name)) for name in names))
        other.change((Action.CREATE, other.text("c", "1")))
        there = _names(other.page(name=other.below("c"), type="TXT"), other.zone)
        between = _names(other.page(name=other.below("d")), other.zone)
    if there != ["c TXT", "e A"]:
        return f"from c TXT on there are {there}"
    return "" if between == ["e A"] else f"from d on there are {between}"


def _play_paging(ground: Ground) -> str:
    with ground.another_zone() as other:
        made = [other.weighted("tree", f"lb-{place}") for place in range(5)]
        other.change(*((Action.CREATE, each) for each in made))
        found: list[str] = []
        query = {"maxitems": "2"}
        for _ in range(PAGES_MAX):
            page = other.page(**query)
            found += [
                each.get("SetIdentifier", "") for each in page["ResourceRecordSets"]
            ]
            if not page.get("IsTruncated"):
                break
            query = {"maxitems": "2", **_following(page)}
        else:
            return f"there is no last page within {PAGES_MAX}: {found}"
    expected = ["", "", *(each.set_identifier for each in made)]
    return "" if found == expected else f"the pages joined are {found}"


def _following(page: dict[str, Any]) -> dict[str, str]:
    return {query: str(page[name]) for query, name in _NEXT.items() if page.get(name)}


def _play_page_size(ground: Ground) -> str:
    with ground.another_zone() as other:
        made = [other.address(f"host-{place:03}") for place in range(PAGE_SIZE)]
        for start in range(0, PAGE_SIZE, BATCH_SIZE):
            lines = made[start : start + BATCH_SIZE]
            reply = other.change(*((Action.CREATE, each) for each in lines))
            if not reply.ok:
                return told(reply)
        page = other.page()
    count = len(page["ResourceRecordSets"])
    if count != PAGE_SIZE or not page.get("IsTruncated"):
        return f"the first page has {count} sets, IsTruncated {page['IsTruncated']}"
    return ""


def _play_change_ids(ground: Ground) -> str:
    found = [
        _id_of(ground.change((Action.UPSERT, ground.text("counted", str(value)))))
        for value in range(3)
    ]
    return "" if len(set(found)) == len(found) and "" not in found else f"ids {found}"


def _play_pending(ground: Ground) -> str:
    reply = ground.change((Action.UPSERT, ground.text("spread", "1")))
    first = _status_of(reply)
    if first != "PENDING":
        return f"a new change is {first}"
    path = f"/change/{_id_of(reply)}"
    asked = ground.calls.route53("GET", path)
    for _ in range(SYNC_MAX_MS // SYNC_LOOK_MS):
        if _status_of(asked) != "PENDING":
            break
        ground.clock.sleep_ms(SYNC_LOOK_MS)
        asked = ground.calls.route53("GET", path)
    return "" if _status_of(asked) == "INSYNC" else told(asked)


def _play_unknown_change(ground: Ground) -> str:
    reply = ground.calls.route53("GET", "/change/C0000000NEVERMADE0")
    return refusal(reply, code="NoSuchChange")


def _names(page: dict[str, Any], zone: str) -> list[str]:
    return [
        f"{each['Name'].removesuffix(zone).removesuffix('.')} {each['Type']}".strip()
        for each in page["ResourceRecordSets"]
    ]


def _id_of(reply: PlainReply) -> str:
    found = _CHANGE_ID.search(reply.body)
    return found.group(1).decode() if found else ""


def _status_of(reply: PlainReply) -> str:
    found = _STATUS.search(reply.body)
    return found.group(1).decode() if found else f"nowhere: {told(reply)}"


CASES: tuple[Case, ...] = (
    Case(
        name="list-order",
        group=GROUP,
        expected="Sets are listed by name with reversed labels, then by type",
        source=LISTING,
        play=_play_order,
    ),
    Case(
        name="list-order-dot",
        group=GROUP,
        expected="The final dot counts: a hyphen sorts before the end of a label",
        source=LISTING,
        relied_on=False,
        play=_play_dot_order,
    ),
    Case(
        name="list-start",
        group=GROUP,
        expected="A listing begins at the given name and type, or after them",
        source=LISTING,
        play=_play_start,
    ),
    Case(
        name="list-paging",
        group=GROUP,
        expected="Pages that end within a weighted name join to the whole",
        source=LISTING,
        play=_play_paging,
    ),
    Case(
        name="list-page-size",
        group=GROUP,
        expected="A page holds at most 300 sets",
        source=LISTING,
        play=_play_page_size,
    ),
    Case(
        name="change-ids",
        group=GROUP,
        expected="Every change has an id of its own",
        source=CHANGE_BATCH,
        play=_play_change_ids,
    ),
    Case(
        name="change-pending",
        group=GROUP,
        expected="A change is PENDING first and INSYNC in the end",
        source=GET_CHANGE,
        play=_play_pending,
    ),
    Case(
        name="unknown-change",
        group=GROUP,
        expected="GetChange of an id that never was is NoSuchChange",
        source=GET_CHANGE,
        relied_on=False,
        play=_play_unknown_change,
    ),
)
