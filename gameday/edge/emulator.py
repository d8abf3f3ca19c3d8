"""How does a request get to the emulator, and did it get there?

The answer to the second question has three values. A `Reply` says that the
emulator answered. `NotSent` says that the request certainly did not arrive.
`ReplyLost` says that it may have: the connection broke, or no reply came in
time. Nothing is ever sent twice, because a lost reply and a lost request look
the same from here.

Connections are kept alive for less long than any emulator keeps them, so that a
connection which the emulator is just closing is not used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from gameday.edge.error_reply import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Emulator", "NotSent", "ReplyLost"]

CONNECT_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 120.0
KEEPALIVE_S = 2.0
"""MiniStack keeps an idle connection for 5 s, moto for none."""

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_AUTOMATIC = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")
"""Headers that aiohttp would add to a request that does not have them."""


class NotSent(Exception):
    """The emulator cannot be reached; the request did not arrive."""


class ReplyLost(Exception):
    """No reply came; the request may have taken effect."""


class Emulator:
    """The emulator behind the edge."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._origin = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Make the session; nothing is connected yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_AUTOMATIC,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=REPLY_TIMEOUT_S
            ),
        )
        # aiohttp sends PUT and DELETE again when a connection breaks, and has no
        # public way to be told not to; either may have been applied already.
        self._session._retry_connection = False  # noqa: SLF001

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes = b"",
    ) -> Reply:
        """Send one request once and return the whole reply.

        Args:
            method: HTTP method.
            target: path and query, encoded as they shall be sent.
            headers: name and value pairs; hop-by-hop ones are left out.
            body: the body, as it is.

        Raises:
            NotSent: the request did not arrive.
            ReplyLost: it may have arrived.
        """
        if self._session is None:
            raise NotSent("the edge is stopping")
        try:
            async with self._session.request(
                method,
                URL(self._origin + target, encoded=True),
                headers=_end_to_end(headers),
                data=body or None,
                allow_redirects=False,
            ) as response:
                return Reply(
                    status=response.status,
                    headers=tuple(
                        (name, value)
                        for name, value in response.headers.items()
                        if name.lower() not in _HOP_BY_HOP
                        or (method == "HEAD" and name.lower() == "content-length")
                    ),
                    body=await response.read(),
                )
        except (aiohttp.ClientConnectorError, ValueError) as error:
            # ValueError: aiohttp refuses the target or a header before it connects.
            raise NotSent(f"{self.url} does not answer: {error}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise NotSent(f"{self.url} does not accept connections") from error
        except (aiohttp.ClientError, OSError) as error:
            detail = str(error) or type(error).__name__
            raise ReplyLost(f"{self.url} broke off: {detail}") from error


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = tuple(headers)
    named = {
        token.strip().lower()
        for name, value in pairs
        if name.lower() == "connection"
        for token in value.split(",")
    }
    left_out = _HOP_BY_HOP | named
    return [(name, value) for name, value in pairs if name.lower() not in left_out]
