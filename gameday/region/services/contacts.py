"""Does a call to a contact centre get through?

Connect: a contact is recorded by the endpoint that the enactors maintain, a flow
invokes a function, and the agent's side is reached through the load balancer. It fails
with any of the three, and comes back when the last of them does.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.requests import RequestQueue
    from gameday.aws.retries import CallPolicy

__all__ = ["CONTACTS_TABLE", "CONTACT_REQUESTS", "ContactService"]

CONTACTS_TABLE = "gameday-contacts"
CONTACT_REQUESTS = "gameday-contact-requests"

logger = logging.getLogger(__name__)


class ContactService:
    """Takes contacts, one after the other.

    Args:
        requests: of customers.
        records: DynamoDB's client, by the managed endpoint.
        policy: how its calls are made.
        invoke: invokes the function of the flow; ServiceUnavailable when it fails.
        reach_agent: connects to the agent's side; ServiceUnavailable when it fails.
    """

    def __init__(
        self,
        *,
        requests: RequestQueue,
        records: Any,
        policy: CallPolicy,
        invoke: Callable[[], object],
        reach_agent: Callable[[], None],
    ) -> None:
        self._requests = requests
        self._records = records
        self._policy = policy
        self._invoke = invoke
        self._reach_agent = reach_agent
        self._is_prepared = False

    def turn(self) -> bool:
        """Take the contact that has waited longest; return whether there was one."""
        if not self._is_prepared:
            self._requests.prepare()
            self._is_prepared = True
        taken = self._requests.take(1)
        for request in taken:
            refusal = self._connect(request.id)
            logger.info("contact %s: %s", request.id, refusal or "through")
            self._requests.answer(request, refusal=refusal)
        return bool(taken)

    def _connect(self, contact: str) -> str:
        """Put one contact through; return why not, "" when it was."""
        try:
            self._policy.write(
                self._records.put_item,
                TableName=CONTACTS_TABLE,
                Item={"contact": {"S": contact}},
            )
            self._invoke()
            self._reach_agent()
        except (
            BotoCoreError,
            ClientError,
            Indeterminate,
            ServiceUnavailable,
        ) as error:
            return str(error)
        return ""
