"""How fast would the edge be if the emulator cost nothing?

    python null_responder.py

prints its port and answers every AWS request on loopback at once, with a
constant, until its standard input ends. It knows one hosted zone and one table,
so that the edge can name what is asked of it; it judges nothing and keeps nothing.
"""

from __future__ import annotations

import asyncio
import sys

ZONE_ID = "Z0NULL"
ZONE_NAME = "null.gameday.test."
TABLE = "things"

_XML = b'<?xml version="1.0"?>'
_NAMESPACE = b'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
_ZONE = (
    _XML + b"<GetHostedZoneResponse " + _NAMESPACE + b"><HostedZone>"
    b"<Id>/hostedzone/" + ZONE_ID.encode() + b"</Id><Name>" + ZONE_NAME.encode() + b""
    b"</Name><CallerReference>null</CallerReference></HostedZone>"
    b"</GetHostedZoneResponse>"
)
_RECORD_SETS = (
    _XML + b"<ListResourceRecordSetsResponse " + _NAMESPACE + b">"
    b"<ResourceRecordSets/><IsTruncated>false</IsTruncated>"
    b"<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
)
_ZONES = (
    _XML + b"<ListHostedZonesResponse " + _NAMESPACE + b"><HostedZones/>"
    b"<IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>"
    b"</ListHostedZonesResponse>"
)
_CHANGED = (
    _XML + b"<ChangeResourceRecordSetsResponse " + _NAMESPACE + b"><ChangeInfo>"
    b"<Id>/change/C0NULL</Id><Status>INSYNC</Status>"
    b"<SubmittedAt>2025-10-20T00:00:00Z</SubmittedAt></ChangeInfo>"
    b"</ChangeResourceRecordSetsResponse>"
)
_DESCRIBED = (
    b'{"Table":{"TableName":"' + TABLE.encode() + b'",'
    b'"KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]}}'
)
_ITEM = b'{"Item":{"k":{"S":"1"},"version":{"N":"1"}}}'


def _reply(kind: bytes, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: "
        + kind
        + b"\r\nx-amzn-RequestId: 00000000-0000-4000-8000-000000000000"
        + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )


_JSON_KIND = b"application/x-amz-json-1.0"
_DYNAMODB = {
    b"DescribeTable": _reply(_JSON_KIND, _DESCRIBED),
    b"GetItem": _reply(_JSON_KIND, _ITEM),
}
_DYNAMODB_ELSE = _reply(_JSON_KIND, b"{}")
_ROUTE53_ZONE = _reply(b"text/xml", _ZONE)
_ROUTE53_ZONES = _reply(b"text/xml", _ZONES)
_ROUTE53_LIST = _reply(b"text/xml", _RECORD_SETS)
_ROUTE53_CHANGE = _reply(b"text/xml", _CHANGED)


class Responder(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = content_length(head)
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            assert self._transport is not None
            self._transport.write(_answer(head))


def content_length(head: bytes) -> int:
    """Return the length that a head announces, 0 when it announces none."""
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _answer(head: bytes) -> bytes:
    if head.startswith(b"POST / "):
        target = head.lower().find(b"\r\nx-amz-target:")
        operation = head[target + 2 :].partition(b"\r\n")[0].rpartition(b".")[2]
        return _DYNAMODB.get(operation, _DYNAMODB_ELSE)
    if head.startswith(b"POST "):
        return _ROUTE53_CHANGE
    path = head.split(b" ", 2)[1].partition(b"?")[0].rstrip(b"/")
    if path.endswith(b"/rrset"):
        return _ROUTE53_LIST
    return _ROUTE53_ZONES if path.endswith(b"/hostedzone") else _ROUTE53_ZONE


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Responder, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
