"""What can happen to a call on its way?

One value a kind of fault, with what it needs to be told. A fault says nothing
about which calls it strikes (`rules.Match`) and does nothing (`dispatch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Delay",
    "DropRequest",
    "DropResponse",
    "Duplicate",
    "Error",
    "Fault",
    "Hold",
    "RejectSkew",
    "StaleRead",
    "Throttle",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Wait before the request goes on, or before its response does.

    Attributes:
        delay_ms: the middle of it, milliseconds.
        jitter_ms: half the width of "uniform", the standard deviation of
            "normal", the mean of the tail that "exponential" adds.
        distribution: how the jitter is drawn; the sum is never below 0.
        on: which of the two waits.
    """

    delay_ms: float
    jitter_ms: float = 0
    distribution: Literal["uniform", "normal", "exponential"] = "uniform"
    on: Literal["request", "response"] = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """Answer with an AWS error; the request is not forwarded."""

    code: str
    message: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Let `burst` calls and then `rate_per_s` through; answer the others."""

    rate_per_s: float
    burst: int
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropRequest:
    """Lose the request: nothing is forwarded and no reply comes."""

    how: Literal["reset", "hang"] = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropResponse:
    """Lose the reply: the request takes effect and the caller never knows."""

    how: Literal["reset", "hang"] = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep the request until it is released.

    Attributes:
        on_disconnect: what happens when the client goes away meanwhile: the
            request stays and is delivered late, or it is dropped at once.
        timeout_ms: after so long it is released by itself, milliseconds.
    """

    on_disconnect: Literal["deliver", "drop"]
    timeout_ms: float = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Deliver the request several times, one delivery after the other's reply.

    Attributes:
        copies: how many deliveries there are, the caller's own among them.
        reply: whose reply the caller gets. After the first, the other
            deliveries are made although the caller has its answer: the
            retransmission that arrives late.
        gap_ms: from the end of one delivery to the next, milliseconds.
    """

    copies: int = 2
    reply: Literal["first", "last"] = "last"
    gap_ms: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRead:
    """Answer a read by what was true some time ago.

    Attributes:
        staleness_ms: how long ago, milliseconds.
        consistent_too: whether strongly consistent reads are struck as well,
            which AWS never does.
    """

    staleness_ms: float
    consistent_too: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectSkew:
    """Refuse a request whose signature is dated too far from the edge's clock.

    Attributes:
        skew_ms_max: how far it may be, either way, milliseconds.
    """

    skew_ms_max: float = 300_000


Fault = (
    Delay
    | Error
    | Throttle
    | DropRequest
    | DropResponse
    | Hold
    | Duplicate
    | StaleRead
    | RejectSkew
)
