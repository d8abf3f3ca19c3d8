from __future__ import annotations

from typing import Any

import pytest
from zone_cases import EMPTY, ZONE, a, text, weighted, zone_with

from gameday.model.record_set import RecordKey
from gameday.model.zone import Zone, list_record_sets


def listed(zone: Zone, **options: Any) -> list[tuple[str, str, str]]:
    page = list_record_sets(zone, **options)
    return [
        (each.name.removesuffix(ZONE), each.type, each.set_identifier)
        for each in page.record_sets
    ]


def test_sets_come_by_reversed_name_then_type_then_identifier():
    zone = zone_with(
        a("b"),
        text("a", '"t"'),
        a("x.a"),
        weighted("a", "two"),
        weighted("a", "one"),
        a("a-b"),
    )

    assert listed(zone) == [
        ("", "NS", ""),
        ("", "SOA", ""),
        # "-" sorts before the dot that ends the label, as Route 53 documents.
        ("a-b.", "A", ""),
        ("a.", "A", "one"),
        ("a.", "A", "two"),
        ("a.", "TXT", ""),
        ("x.a.", "A", ""),
        ("b.", "A", ""),
    ]


def test_a_page_ends_between_two_identifiers_of_one_name():
    zone = zone_with(*(weighted("w", f"lb-{n}") for n in range(5)))

    page = list_record_sets(zone, start_name=f"w.{ZONE}", max_items=2)

    assert page.next_key == RecordKey(name=f"w.{ZONE}", type="A", set_identifier="lb-2")
    assert listed(
        zone,
        start_name=f"w.{ZONE}",
        start_type="A",
        start_identifier="lb-2",
        max_items=2,
    ) == [("w.", "A", "lb-2"), ("w.", "A", "lb-3")]


def test_a_start_need_not_exist():
    zone = zone_with(a("a"), a("c"))

    assert listed(zone, start_name="B.Example.com") == [("c.", "A", "")]
    assert listed(zone, start_name="z.example.com") == []
    assert listed(zone, start_name=ZONE, start_type="PTR")[0] == ("", "SOA", "")


def test_a_page_has_at_most_three_hundred_sets():
    zone = zone_with(*(a(f"h{n:04}") for n in range(400)))

    page = list_record_sets(zone, max_items=1_000)

    assert (len(page.record_sets), page.max_items, page.is_truncated) == (
        300,
        300,
        True,
    )


@pytest.mark.parametrize(
    "options",
    [
        {"start_type": "A"},
        {"start_name": ZONE, "start_identifier": "one"},
        {"max_items": 0},
    ],
)
def test_an_impossible_start_is_refused(options):
    with pytest.raises(ValueError, match=r"not valid|at least 1"):
        list_record_sets(EMPTY, **options)
