"""How does one call emulated AWS without loading boto3?

For the self-test at the start of every run: boto3 and its service models take
longer to load than the whole test takes. Requests are signed as AWS asks
(Signature Version 4), so an emulator that checks signatures, or a proxy that
tells callers apart by access key, treats them like any other.

One connection, one attempt a call. A reply that never comes raises
EmulatorUnavailable; whether the call took effect is then unknown.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode, urlsplit

from gameday.errors import EmulatorUnavailable, NotLoopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.clock import Clock

__all__ = ["PlainCalls", "PlainReply", "is_loopback"]

TIMEOUT_S = 10.0
SECRET_KEY = "gameday"  # noqa: S105 - the one secret of every game-day identity


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReply:
    """What came back."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the call was accepted."""
        return 200 <= self.status < 300

    @property
    def parsed(self) -> dict[str, Any]:
        """The body as JSON; empty when it is not an object."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def says(self, code: str) -> bool:
        """Whether this is a refusal that names the AWS error `code`."""
        return not self.ok and code.encode() in self.body


class PlainCalls:
    """Signed calls to one endpoint on loopback, over one connection."""

    def __init__(
        self, url: str, *, access_key: str, clock: Clock, region: str = "us-east-1"
    ) -> None:
        parts = urlsplit(url)
        if not is_loopback(parts.hostname or ""):
            raise NotLoopback(url)
        self._url = url
        self._host = parts.netloc
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
        self._access_key = access_key
        self._clock = clock
        self._region = region

    def another(self) -> PlainCalls:
        """Return the same caller over a connection of its own, for a thread."""
        return PlainCalls(
            self._url,
            access_key=self._access_key,
            clock=self._clock,
            region=self._region,
        )

    def __enter__(self) -> Self:
        """Return itself; leaving closes the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def route53(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: Mapping[str, str] | None = None,
    ) -> PlainReply:
        """Call Route 53; `path` comes after the API version."""
        whole = f"/2013-04-01{path}"
        return self._call("route53", method, whole, body, {}, query=query or {})

    def dynamodb(self, operation: str, request: dict[str, Any]) -> PlainReply:
        """Call one DynamoDB operation."""
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        body = json.dumps(request).encode()
        return self._call("dynamodb", "POST", "/", body, headers)

    def _call(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes,
        extra: dict[str, str],
        *,
        query: Mapping[str, str] = MappingProxyType({}),
    ) -> PlainReply:
        text = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")
        headers = self._signed(service, method, path, body, extra, query=text)
        target = f"{path}?{text}" if text else path
        try:
            self._connection.request(method, target, body or None, headers)
            reply = self._connection.getresponse()
            return PlainReply(status=reply.status, body=reply.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise EmulatorUnavailable(
                f"{self._url} does not answer {service} calls: {error!r}"
            ) from error

    def _signed(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes,
        extra: dict[str, str],
        *,
        query: str = "",
    ) -> dict[str, str]:
        moment = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        stamp = moment.strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self._host, "x-amz-date": stamp, **extra}
        signed = sorted(headers)
        request = "\n".join(
            (
                method,
                quote(path),
                query,
                *(f"{name}:{headers[name]}" for name in signed),
                "",
                ";".join(signed),
                hashlib.sha256(body).hexdigest(),
            )
        )
        scope = (stamp[:8], self._region, service, "aws4_request")
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(("AWS4-HMAC-SHA256", stamp, "/".join(scope), digest))
        key = f"AWS4{SECRET_KEY}".encode()
        for part in scope:
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._access_key}/{'/'.join(scope)}, "
            f"SignedHeaders={';'.join(signed)}, Signature={signature}"
        )
        return headers


def is_loopback(host: str) -> bool:
    """Answer whether a host is this machine and nobody else can be asked by it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
