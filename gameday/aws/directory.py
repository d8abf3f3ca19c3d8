"""Where do services keep what they must know of principals, accounts and clusters?

One table of DynamoDB, read by whoever serves a request, in the way its program is told
to reach DynamoDB. That one look-up is why services that seem to have nothing to do with
each other are gone together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.retries import CallPolicy

__all__ = ["DIRECTORY_TABLE", "Directory"]

DIRECTORY_TABLE = "gameday-directory"
_KEY = "name"


class Directory:
    """The entries that a service looks up.

    Args:
        client: returns the DynamoDB client that is to be used now.
        policy: how its calls are made.
    """

    def __init__(self, client: Callable[[], Any], policy: CallPolicy) -> None:
        self._client = client
        self._policy = policy

    def find(self, name: str) -> dict[str, str] | None:
        """Return what is known of a name, None when nothing is.

        Raises the botocore error when the table cannot be reached.
        """
        reply = self._policy.read(
            self._client().get_item,
            TableName=DIRECTORY_TABLE,
            Key={_KEY: {"S": name}},
            ConsistentRead=True,
        )
        item = reply.get("Item")
        if item is None:
            return None
        return {key: str(value["S"]) for key, value in item.items() if key != _KEY}

    def put(self, name: str, **attributes: str) -> None:
        """Enter a name; entering the same twice is the same as once."""
        self._policy.write(
            self._client().put_item,
            TableName=DIRECTORY_TABLE,
            Item={
                _KEY: {"S": name},
                **{key: {"S": value} for key, value in attributes.items()},
            },
        )
