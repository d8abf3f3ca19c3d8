"""What does the edge answer for Route 53 where the emulator has no such operation?

TestDNSAnswer is answered from the newest version of the zone, by the same function
that the DNS servers use; AWS, too, asks a name server, which may be a little behind.
GetHealthCheckStatus is the emulator's where it has one. Where it has none, a health
check that exists is reported healthy: nothing behind an emulator is ever checked.
ListHealthChecks and ListHostedZonesByName are the emulator's; where it does not say
whether there is more, as moto does not, it has listed everything: octoDNS reads that
member and ends without it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from gameday.clock import utc_now
from gameday.edge.emulator_zones import AUTHORIZATION
from gameday.edge.route53_replies import refusal_reply, xml_reply
from gameday.model.dns_answer import Question, answer
from gameday.model.record_syntax import normalise_name
from gameday.model.zone_index import ZoneTable, index_zone
from gameday.model.zone_wire import bare_zone_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from gameday.edge.call import Call
    from gameday.edge.emulator import Emulator
    from gameday.edge.error_reply import Reply
    from gameday.edge.zones import ZoneLog

    Forward = Callable[[], Awaitable[Reply]]

__all__ = ["OPERATIONS", "MissingOperations"]

_LISTINGS = ("ListHealthChecks", "ListHostedZonesByName")
OPERATIONS = frozenset({"TestDNSAnswer", "GetHealthCheckStatus", *_LISTINGS})
"""What is answered here."""

_API = "/2013-04-01"
_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_ITEMS_MAX = 1_000
_NAME_SERVER = "ns-2048.awsdns-64.com"


class MissingOperations:
    """Answers what emulators leave out."""

    def __init__(self, *, zones: ZoneLog, emulator: Emulator) -> None:
        self._zones = zones
        self._emulator = emulator
        self._draw = random.Random(_NAME_SERVER).randrange

    async def answer(self, call: Call, forward: Forward) -> Reply:
        """Return the reply to one of `OPERATIONS`.

        Args:
            call: what is asked.
            forward: sends the request to the emulator as it is.

        Raises:
            NotSent: the emulator cannot be reached.
            ReplyLost: it broke off.
        """
        if call.operation == "TestDNSAnswer":
            return self._test_answer(call.parameters)
        if call.operation in _LISTINGS:
            return _with_its_end(call.operation, await forward())
        return await self._health(str(call.parameters.get("HealthCheckId")), forward)

    def _test_answer(self, parameters: Mapping[str, Any]) -> Reply:
        zone_id = bare_zone_id(str(parameters.get("HostedZoneId", "")))
        zone = self._zones.get(zone_id)
        if zone is None:
            message = f"No hosted zone found with ID: {zone_id}"
            return refusal_reply("NoSuchHostedZone", message, status=404)
        name = str(parameters.get("RecordName", ""))
        question = Question(
            name=normalise_name(name), type=str(parameters.get("RecordType", ""))
        )
        found = answer(ZoneTable().with_zone(index_zone(zone)), question, self._draw)
        data = "".join(
            f"<RecordDataEntry>{escape(value)}</RecordDataEntry>"
            for rrset in found.answers
            for value in rrset.values
        )
        return _document(
            "TestDNSAnswerResponse",
            f"<Nameserver>{_NAME_SERVER}</Nameserver>"
            f"<RecordName>{escape(name)}</RecordName>"
            f"<RecordType>{escape(question.type)}</RecordType>"
            f"<RecordData>{data}</RecordData>"
            f"<ResponseCode>{found.rcode}</ResponseCode><Protocol>UDP</Protocol>",
        )

    async def _health(self, check_id: str, forward: Forward) -> Reply:
        reply = await forward()
        if reply.status == 200 or b"NoSuchHealthCheck" in reply.body:
            return reply
        known = await self._emulator.send(
            "GET",
            f"{_API}/healthcheck/{quote(check_id, safe='')}",
            (("Authorization", AUTHORIZATION),),
        )
        if known.status != 200:
            return reply
        now = utc_now().isoformat(timespec="milliseconds")
        return _document(
            "GetHealthCheckStatusResponse",
            "<HealthCheckObservations><HealthCheckObservation>"
            "<Region>us-east-1</Region><IPAddress>127.0.0.1</IPAddress><StatusReport>"
            "<Status>Success: nothing is checked behind an emulator</Status>"
            f"<CheckedTime>{now.replace('+00:00', 'Z')}</CheckedTime></StatusReport>"
            "</HealthCheckObservation></HealthCheckObservations>",
        )


def _with_its_end(operation: str, reply: Reply) -> Reply:
    """Return a listing that says whether there is more; moto lists everything."""
    end = f"</{operation}Response>".encode()
    if reply.status != 200 or b"<IsTruncated>" in reply.body:
        return reply
    told = f"<IsTruncated>false</IsTruncated><MaxItems>{_ITEMS_MAX}</MaxItems>".encode()
    return replace(reply, body=reply.body.replace(end, told + end))


def _document(root: str, content: str) -> Reply:
    return xml_reply(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="{_NAMESPACE}">{content}</{root}>'.encode()
    )
