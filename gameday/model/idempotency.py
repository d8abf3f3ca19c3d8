"""Has this write been carried out already under the same token?

DynamoDB promises that a TransactWriteItems with the same ClientRequestToken
takes effect once within ten minutes: the replay gets the first reply, and the
same token with another request is refused. Only what took effect is remembered;
a transaction that failed may be tried again under its token.

Time comes in as an argument. At most `TOKENS_MAX` tokens are kept, the newest.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MISMATCH_MESSAGE", "TOKENS_MAX", "WINDOW_MS", "Seen", "TokenWindow"]

WINDOW_MS = 10 * 60 * 1000
TOKENS_MAX = 100_000

MISMATCH_MESSAGE = (
    "The request uses the same client token as a previous, but non-identical "
    "request. Do not reuse a client token with different requests, unless the "
    "requests are identical"
)
"""What DynamoDB says of a `Seen.MISMATCH`."""


class Seen(Enum):
    """What the window knows of a token."""

    NEW = "new"
    """Carry the request out, then `remember` its reply."""
    REPLAY = "replay"
    """It took effect before: answer `reply_to` and carry nothing out."""
    MISMATCH = "mismatch"
    """The token stands for another request: refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    digest: bytes
    reply: bytes
    expires_ms: int


class TokenWindow:
    """The tokens of the last ten minutes, with the replies given for them."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def look_up(self, token: str, digest: bytes, *, now_ms: int) -> Seen:
        """Say whether a request was seen under this token.

        Args:
            token: the client's token, with whatever it is scoped by.
            digest: stands for everything in the request but the token.
            now_ms: milliseconds from any origin that never goes back.
        """
        self._forget_expired(now_ms)
        entry = self._entries.get(token)
        if entry is None:
            return Seen.NEW
        return Seen.REPLAY if entry.digest == digest else Seen.MISMATCH

    def reply_to(self, token: str) -> bytes:
        """Return the reply that was remembered; the token must be a REPLAY."""
        return self._entries[token].reply

    def remember(self, token: str, digest: bytes, reply: bytes, *, now_ms: int) -> None:
        """Keep the reply to a request that took effect."""
        self._entries[token] = _Entry(
            digest=digest, reply=reply, expires_ms=now_ms + WINDOW_MS
        )
        if len(self._entries) > TOKENS_MAX:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget every token."""
        self._entries.clear()

    def held(self) -> dict[str, object]:
        """Return everything that is remembered, by token, oldest first."""
        return dict(self._entries)

    def hold(self, entries: Mapping[str, object]) -> None:
        """Remember exactly what `held` returned at some time."""
        self._entries = OrderedDict(
            (token, entry)
            for token, entry in entries.items()
            if isinstance(entry, _Entry)
        )

    def _forget_expired(self, now_ms: int) -> None:
        # Insertion order is expiry order: every entry lives equally long.
        while self._entries:
            oldest = next(iter(self._entries))
            if self._entries[oldest].expires_ms > now_ms:
                return
            del self._entries[oldest]
