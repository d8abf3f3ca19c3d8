"""How much does Route 53 take at once, and what else does it do?

Limits of one batch, its request rate, health checks, and answers to a query
asked through the API.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.emulators.cases.sources import ROUTE53_LIMITS, ROUTE53_THROTTLING
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told
from gameday.model.zone import Action

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground

__all__ = ["CASES"]

GROUP = "Route 53: limits and the rest"

RECORDS_MAX = 1_000
UPSERTS_MAX = 500
CHARACTERS_MAX = 32_000
STRING_LENGTH = 250
BURST_MAX = 50
BURST_TRIED = 80

_HEALTH_CHECK = (
    '<CreateHealthCheckRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
    "<CallerReference>{mark}</CallerReference><HealthCheckConfig>"
    "<IPAddress>192.0.2.1</IPAddress><Port>80</Port><Type>TCP</Type>"
    "<RequestInterval>30</RequestInterval><FailureThreshold>3</FailureThreshold>"
    "</HealthCheckConfig></CreateHealthCheckRequest>"
)
_HEALTH_CHECK_ID = re.compile(rb"<Id>([^<]+)</Id>")


def _play_records(ground: Ground) -> str:
    return _too_much(ground, Action.CREATE, RECORDS_MAX + 1)


def _play_upserts(ground: Ground) -> str:
    return _too_much(ground, Action.UPSERT, UPSERTS_MAX + 1)


def _too_much(ground: Ground, action: Action, count: int) -> str:
    with ground.another_zone() as other:
        made = (other.address(f"host-{place:04}") for place in range(count))
        reply = other.change(*((action, each) for each in made))
    return refusal(reply) if not reply.ok else f"{count} {action}s were accepted"


def _play_characters(ground: Ground) -> str:
    with ground.another_zone() as other:
        each = f'"{"x" * STRING_LENGTH}"'
        count = CHARACTERS_MAX // len(each) + 1
        made = (
            replace(other.text(f"text-{place:03}", ""), values=(each,))
            for place in range(count)
        )
        reply = other.change(*((Action.CREATE, one) for one in made))
    if reply.ok:
        return f"{count * len(each)} characters were accepted"
    return refusal(reply)


def _play_throttling(ground: Ground) -> str:
    path = f"/hostedzone/{ground.zone_id}"
    for _ in range(BURST_TRIED):
        reply = ground.calls.route53("GET", path)
        if not reply.ok:
            return refusal(reply, code="Throttling")
    return f"{BURST_TRIED} calls in a row were all accepted"


def _play_health_check(ground: Ground) -> str:
    body = _HEALTH_CHECK.format(mark=uuid.uuid4().hex).encode()
    made = ground.calls.route53("POST", "/healthcheck", body)
    found = _HEALTH_CHECK_ID.search(made.body)
    if not made.ok or found is None:
        return told(made)
    path = f"/healthcheck/{found.group(1).decode()}"
    status = ground.calls.route53("GET", f"{path}/status")
    ground.calls.route53("DELETE", path)
    return "" if status.ok and b"StatusReport" in status.body else told(status)


def _play_listing_ends(ground: Ground) -> str:
    for path in ("/healthcheck", "/hostedzonesbyname"):
        listed = ground.calls.route53("GET", path)
        if not listed.ok or b"<IsTruncated>" not in listed.body:
            return told(listed)
    return ""


def _play_test_answer(ground: Ground) -> str:
    ground.change((Action.CREATE, ground.address("asked", "127.0.10.1")))
    reply = ground.calls.route53(
        "GET",
        "/testdnsanswer",
        query={
            "hostedzoneid": ground.zone_id,
            "recordname": ground.below("asked"),
            "recordtype": "A",
        },
    )
    if reply.ok and b"127.0.10.1" in reply.body and b"NOERROR" in reply.body:
        return ""
    return told(reply)


CASES: tuple[Case, ...] = (
    Case(
        name="records-in-a-batch",
        group=GROUP,
        expected="A batch of more than 1,000 records is refused",
        source=ROUTE53_LIMITS,
        relied_on=False,
        play=_play_records,
    ),
    Case(
        name="upserts-in-a-batch",
        group=GROUP,
        expected="An UPSERT counts twice: more than 500 are refused",
        source=ROUTE53_LIMITS,
        relied_on=False,
        play=_play_upserts,
    ),
    Case(
        name="characters-in-a-batch",
        group=GROUP,
        expected="A batch of more than 32,000 characters of values is refused",
        source=ROUTE53_LIMITS,
        relied_on=False,
        play=_play_characters,
    ),
    Case(
        name="request-rate",
        group=GROUP,
        expected=f"Beyond a burst of {BURST_MAX} calls there is Throttling",
        source=ROUTE53_THROTTLING,
        relied_on=False,
        play=_play_throttling,
    ),
    Case(
        name="health-check-status",
        group=GROUP,
        expected="A health check can be made and its status asked for",
        source="Route 53 API, GetHealthCheckStatus",
        relied_on=False,
        play=_play_health_check,
    ),
    Case(
        name="listing-ends",
        group=GROUP,
        expected="Listings of health checks and zones say whether there is more",
        source="Route 53 API, ListHealthChecks and ListHostedZonesByName",
        relied_on=False,
        play=_play_listing_ends,
    ),
    Case(
        name="test-dns-answer",
        group=GROUP,
        expected="TestDNSAnswer returns what DNS answers",
        source="Route 53 API, TestDNSAnswer",
        relied_on=False,
        play=_play_test_answer,
    ),
)
