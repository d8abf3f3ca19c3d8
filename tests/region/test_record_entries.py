"""What a region file tells of the day it is taken from, and what is wrong with it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.model.public_record import RecordedEvent, Sign
from gameday.model.service_graph import Evidence
from gameday.region.entries.record import story_scale
from gameday.region.topology import Region, load_region, parse_region

HEAD = """\
name: small
aws_region: us-east-1
availability_zones: [az1]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [orders.gameday.test]
actors:
  canary: {command: [sleep, "1"], access_key: AKIACANARY0000000001}
services:
  orders: {what: orders}
record:
"""


def region(record: str) -> Region:
    text = HEAD + textwrap.indent(textwrap.dedent(record), "  ")
    text = text.replace("SAYS", "what: it, source: PES, evidence: stated")
    return parse_region(parse_document(text, file="region.yaml"), folder=Path.cwd())


def test_events_are_told_in_the_order_of_their_minutes():
    events = region("""\
        back: {minute: 91.5, sign: service-works, of: orders, after: lost, SAYS}
        lost: {minute: 0, sign: endpoint-empty, SAYS}
        """).recorded_events()

    assert [event.name for event in events] == ["lost", "back"]
    assert events[1] == RecordedEvent(
        name="back",
        minute=91.5,
        what="it",
        sign=Sign.SERVICE_WORKS,
        of="orders",
        after="lost",
        source="PES",
        evidence=Evidence.STATED,
    )


def test_the_last_scale_that_is_given_wins():
    assert story_scale({}, {}) == 60
    assert story_scale({"story_scale": 60}, {"story_scale": 300}) == 300
    assert story_scale({"story_scale": 30}, {"droplets": 9}) == 30


# (the record, the line, where, what is wrong)
MISTAKES = [
    (
        "fails: {minute: 3, sign: service-fails, of: order, SAYS}",
        11,
        "fails.of",
        "unknown service 'order'; did you mean 'orders'?",
    ),
    (
        "fails: {minute: 3, sign: service-fails, SAYS}",
        11,
        "fails.of",
        "the sign service-fails needs an `of`",
    ),
    (
        "lost: {minute: 0, sign: endpoint-empty, of: orders, SAYS}",
        11,
        "lost.of",
        "the sign endpoint-empty is of nothing",
    ),
    (
        "lost: {minute: 0, sign: endpoint-empty, after: los, SAYS}",
        11,
        "lost.after",
        "unknown event 'los'; did you mean 'lost'?",
    ),
    (
        """\
        lost: {minute: 5, sign: endpoint-empty, SAYS}
        back: {minute: 5, sign: endpoint-restored, after: lost, SAYS}
        """,
        12,
        "back.after",
        "lost is not before back; name an earlier event",
    ),
]


@pytest.mark.parametrize(("record", "line", "where", "message"), MISTAKES)
def test_a_mistake_has_its_line_and_the_nearest_name(
    record: str, line: int, where: str, message: str
):
    with pytest.raises(InvalidInput) as refusal:
        region(record)

    told = [str(reason) for reason in refusal.value.reasons]
    assert told == [f"region.yaml:{line}: record.{where}: {message}"]


def test_the_record_of_october_2025_is_that_of_the_notes():
    day = load_region(fixtures_folder() / "regions" / "day.yaml")
    minutes = {event.name: event.minute for event in day.recorded_events()}

    assert minutes["dns-lost"] == 0
    assert minutes["dns-restored"] == 157
    assert minutes["hosts-restarted"] == 266
    assert minutes["leases-held"] == 340
    assert minutes["failover-off"] == 588
    assert minutes["failover-on"] == 861
    assert minutes["containers-back"] == 872


def test_every_service_of_the_record_is_one_that_the_day_has():
    day = load_region(fixtures_folder() / "regions" / "day.yaml")
    told = {
        event.of
        for event in day.recorded_events()
        if event.sign in {Sign.SERVICE_FAILS, Sign.SERVICE_WORKS}
    }

    assert told < {service.name for service in day.service_graph().services}
