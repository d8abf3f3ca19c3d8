"""Which functions are there, and what may be invoked?

One DynamoDB item a function. The invocation path reads it by the name that the enactors
maintain: a function whose configuration is out of reach cannot be invoked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gameday.aws.retries import CallPolicy

__all__ = ["FUNCTIONS_TABLE", "FunctionTable"]

FUNCTIONS_TABLE = "gameday-functions"


class FunctionTable:
    """The configurations of functions."""

    def __init__(self, client: Any, policy: CallPolicy) -> None:
        self._client = client
        self._policy = policy

    def deploy(self, function: str) -> None:
        """Write a function's configuration; writing it twice is the same as once."""
        self._policy.write(
            self._client.put_item,
            TableName=FUNCTIONS_TABLE,
            Item={"function": {"S": function}, "state": {"S": "Active"}},
        )

    def is_active(self, function: str) -> bool:
        """Answer whether the function may be invoked.

        Raises the last botocore error when the table cannot be reached.
        """
        reply = self._policy.read(
            self._client.get_item,
            TableName=FUNCTIONS_TABLE,
            Key={"function": {"S": function}},
            ConsistentRead=True,
        )
        state = reply.get("Item", {}).get("state", {}).get("S")
        return bool(state == "Active")
