"""When is a failed AWS call tried again, and when must the caller look first?

One policy for every program of the region, by tenacity; botocore's own
retries are off. A read may be tried again after any passing error. A write may
be tried again only when it certainly did not take effect. When the reply to a
write is lost, the outcome is *indeterminate* and trying again blindly is the
classic lock bug: the second attempt is refused because the first one worked.
Such a write raises Indeterminate, and the caller reads before it acts.

tenacity's waits use the module `random` and its sleep the wall clock, so both
are passed in: the wait is our `Backoff` over a seeded stream, the sleep is the
clock's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from gameday.errors import Indeterminate
from gameday.model.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from gameday.clock import Clock

__all__ = ["CallPolicy", "error_code", "is_passing"]

T = TypeVar("T")

_REFUSED_UNTRIED = frozenset(
    {
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
"""Codes with which AWS says that it did nothing and that one may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPolicy:
    """How the calls of one program are made.

    Attributes:
        clock: waits between attempts.
        random: the seeded stream that the jitter is drawn from.
        backoff: the wait after each failed attempt.
        attempts_max: attempts in all, the first included.
    """

    clock: Clock
    random: Random
    backoff: Backoff = field(default=Backoff(first_ms=50, last_ms=800))
    attempts_max: int = 4

    def read(self, call: Callable[..., T], **arguments: Any) -> T:
        """Call and return the reply; passing errors are tried again.

        Raises the last botocore error when the attempts are used up.
        """
        reply: T = self._retrying(is_passing)(call, **arguments)
        return reply

    def write(self, call: Callable[..., T], **arguments: Any) -> T:
        """Call and return the reply; only untaken writes are tried again.

        Raises Indeterminate when the write may have taken effect, else the
        last botocore error.
        """
        try:
            reply: T = self._retrying(_certainly_untaken)(call, **arguments)
        except (ClientError, BotoCoreError) as error:
            if is_passing(error) and not _certainly_untaken(error):
                raise Indeterminate(f"no usable reply to a write: {error}") from error
            raise
        return reply

    def _retrying(self, may_retry: Callable[[BaseException], bool]) -> Any:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_retry),
            stop=tenacity.stop_after_attempt(self.attempts_max),
            wait=lambda state: (
                self.backoff.wait_ms(state.attempt_number, draw=self.random.random())
                / 1000
            ),
            sleep=lambda seconds: self.clock.sleep_ms(float(seconds) * 1000),
            reraise=True,
        )


def is_passing(error: BaseException) -> bool:
    """Answer whether the error may go away by itself.

    Throttling, a server's 5xx, and everything that goes wrong below HTTP
    (refused, reset, timed out, a name that does not resolve) may.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in _REFUSED_UNTRIED or status >= 500
    return isinstance(error, BotoCoreError)


def error_code(error: BaseException) -> str:
    """Return the AWS error code of a ClientError, "" for anything else."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def _certainly_untaken(error: BaseException) -> bool:
    # No connection, or AWS's word that it refused before doing anything.
    return (
        isinstance(error, EndpointConnectionError | ConnectTimeoutError)
        or error_code(error) in _REFUSED_UNTRIED
    )
