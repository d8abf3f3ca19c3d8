"""Where do operators leave their levers, and how does a manager find them?

One item of the switch table, reached by the gateway and not by the managed endpoint:
an operator who cannot reach the levers in the outage has none. A host reads it again
and again; what stands there is what holds, also for a host that starts later.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gameday.aws.plan_store import SWITCHES_TABLE
from gameday.model.lever_document import LEVERS_NAME, parse_levers, render_levers
from gameday.model.levers import AS_BUILT

if TYPE_CHECKING:
    from gameday.aws.retries import CallPolicy
    from gameday.model.levers import Levers

__all__ = ["LeverStore"]


class LeverStore:
    """The levers that hold for every droplet workflow manager of a region."""

    def __init__(self, client: Any, policy: CallPolicy) -> None:
        self._client = client
        self._policy = policy

    def read(self) -> Levers:
        """Return the levers that hold; as built when none were ever set.

        Raises ValueError when somebody wrote what means nothing, and the last
        botocore error when the table cannot be reached.
        """
        reply = self._policy.read(
            self._client.get_item,
            TableName=SWITCHES_TABLE,
            Key={"name": {"S": LEVERS_NAME}},
            ConsistentRead=True,
        )
        document = reply.get("Item", {}).get("document", {}).get("S")
        return AS_BUILT if document is None else parse_levers(json.loads(document))

    def write(self, levers: Levers) -> None:
        """Set the levers; setting the same twice is the same as once.

        Raises Indeterminate when they may have been set: set them again.
        """
        self._policy.write(
            self._client.put_item,
            TableName=SWITCHES_TABLE,
            Item={
                "name": {"S": LEVERS_NAME},
                "document": {"S": json.dumps(render_levers(levers))},
            },
        )
