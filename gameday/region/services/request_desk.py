"""Who takes a service's requests, and what does a customer hear when it fails?

One request a turn, oldest first. Whatever keeps a request from being served is told to
the customer at once and is no reason to end: the next one may find everything well.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, LaunchRefused, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.request_queues import RequestQueue

__all__ = ["RequestDesk"]

logger = logging.getLogger(__name__)


class RequestDesk:
    """Serves the requests of one service.

    Args:
        requests: of that service.
        serve: returns the answer to a question.
    """

    def __init__(
        self,
        *,
        requests: RequestQueue,
        serve: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        self._requests = requests
        self._serve = serve

    def turn(self) -> bool:
        """Serve one request; return whether there was one."""
        request = self._requests.take()
        if request is None:
            return False
        try:
            answer = self._serve(request.body)
        except (
            BotoCoreError,
            ClientError,
            Indeterminate,
            LaunchRefused,
            ServiceUnavailable,
        ) as error:
            logger.info("request %s is not served: %s", request.id, error)
            self._requests.fail(request, str(error))
        else:
            self._requests.answer(request, answer)
        return True
