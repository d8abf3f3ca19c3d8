"""How large may an item of the embedded moto be?

moto refuses what is larger than 405,000 bytes, "to be safe"; DynamoDB takes 409,600.
The limit stands in the middle of one method of moto's, so the method is replaced.
"""

from __future__ import annotations

import functools
from typing import Any

from gameday.model.table_request_rules import ITEM_BYTES_MAX

__all__ = ["allow_the_largest_item"]


@functools.cache
def allow_the_largest_item() -> None:
    """Let moto take what DynamoDB takes; loads moto's DynamoDB."""
    from moto.dynamodb.exceptions import ItemSizeTooLarge
    from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict

    def size_bytes(part: Any) -> int:
        if type(part) is DynamoType:
            size: int = part.size()
            return size
        return len(str(part).encode())

    def set_attribute(self: Any, name: str, value: Any) -> None:
        others = (part for pair in self.items() if pair[0] != name for part in pair)
        if sum(map(size_bytes, (name, value, *others))) > ITEM_BYTES_MAX:
            raise ItemSizeTooLarge
        dict.__setitem__(self, name, value)

    LimitedSizeDict.__setitem__ = set_attribute
