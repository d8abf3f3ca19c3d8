"""Listings that are kept, and when they are not."""

from __future__ import annotations

import pytest
from dns_lab import APEX, record, zone

from gameday.edge import listings, route53_replies
from gameday.edge.listings import Listings
from gameday.model.record_order import RecordPage

BEFORE = zone(record(f"one.{APEX}", "A", "127.0.10.1"))
AFTER = zone(record(f"one.{APEX}", "A", "127.0.10.2"))


@pytest.fixture
def rendered(monkeypatch):
    """The pages that were written out, in order."""
    made = []

    def count(page: RecordPage) -> bytes:
        made.append(page)
        return real(page)

    real = route53_replies.render_record_sets
    monkeypatch.setattr(route53_replies, "render_record_sets", count)
    return made


def test_a_page_is_written_once_for_as_long_as_the_zone_stands(rendered):
    kept = Listings()
    replies = [kept.reply(BEFORE, {}) for _ in range(3)]
    assert len(rendered) == 1
    assert len({reply.body for reply in replies}) == 1
    assert len({dict(reply.headers)["x-amzn-RequestId"] for reply in replies}) == 3


def test_each_page_is_kept_by_what_was_asked(rendered):
    kept = Listings()
    for _ in range(2):
        first = kept.reply(BEFORE, {"MaxItems": 1})
        rest = kept.reply(BEFORE, {"StartRecordName": f"one.{APEX}"})
        assert first.body != rest.body
    assert len(rendered) == 2


def test_a_changed_zone_is_listed_as_it_is_now():
    kept = Listings()
    assert b"127.0.10.1" in kept.reply(BEFORE, {}).body
    assert b"127.0.10.2" in kept.reply(AFTER, {}).body
    assert b"127.0.10.1" in kept.reply(BEFORE, {}).body


def test_a_refusal_is_not_kept():
    kept = Listings()
    wrong = {"StartRecordType": "A"}
    assert [kept.reply(BEFORE, wrong).status for _ in range(2)] == [400, 400]
    assert kept.reply(BEFORE, {}).status == 200


def test_what_is_kept_has_a_limit(monkeypatch):
    monkeypatch.setattr(listings, "ZONES_KEPT_MAX", 2)
    monkeypatch.setattr(listings, "PAGES_KEPT_MAX", 2)
    kept = Listings()
    for number in range(5):
        of = zone(zone_id=f"Z{number}")
        for items in range(1, 6):
            assert kept.reply(of, {"MaxItems": items}).status == 200
    assert len(kept._pages) <= 2
    assert all(len(pages) <= 2 for _, pages in kept._pages.values())
