"""Who takes a service's requests, and what does a customer hear when it fails?

One request a turn, oldest first. Whatever keeps a request from being served is told to
the customer at once and is no reason to end: the next one may find everything well.
Nobody works for customers who are gone: what nobody waits for is thrown away.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gameday.aws.service_client import NOT_SERVED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.requests import Request, RequestQueue
    from gameday.clock import Clock

__all__ = ["RequestDesk", "request_queue"]

_LOOKED_AT_MAX = 20
"""Requests that one turn looks at in search of one that somebody still waits for."""

logger = logging.getLogger(__name__)


def request_queue(service: str) -> str:
    """Return the name of the queue on which a desk takes a service's requests."""
    return f"gameday-{service}-requests"


class RequestDesk:
    """Serves the requests of one service.

    Args:
        requests: of that service.
        serve: returns the answer to a question.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        requests: RequestQueue,
        serve: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        clock: Clock,
    ) -> None:
        self._requests = requests
        self._serve = serve
        self._clock = clock

    def turn(self) -> bool:
        """Serve one request; return whether there was one."""
        request = self._next()
        if request is None:
            return False
        try:
            answer = self._serve(request.body)
        except NOT_SERVED as error:
            logger.info("request %s is not served: %s", request.id, error)
            self._requests.answer(request, refusal=str(error))
        else:
            self._requests.answer(request, answer)
        return True

    def _next(self) -> Request | None:
        """Return the oldest request that somebody waits for, None without one."""
        for _ in range(_LOOKED_AT_MAX):
            taken = self._requests.take(1)
            if not taken:
                return None
            if taken[0].is_awaited(now_ms=self._clock.now_ms()):
                return taken[0]
        return None
