"""Does a customer with a copy in another region go on, and what does it find there?

It writes the next version of one item again and again, in the region where it is at
home. As most customers were built, that is all. One that takes over goes to the copy in
the other region after a few failures in a row. What replication had not carried over by
then is not there: the newest version in the copy is behind the last one that was
acknowledged at home, and by how much is told. It does not go back by itself, because
two homes at once would be worse.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate
from gameday.region.services.global_tables import KEY, WRITTEN_AT

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.retries import CallPolicy
    from gameday.clock import Clock
    from gameday.region.services.global_tables import TableIn

__all__ = ["ITEM", "TwoRegionCustomer"]

ITEM: Final = "basket"

logger = logging.getLogger(__name__)


class TwoRegionCustomer:
    """Writes one item, at home or in the copy.

    Args:
        table: the global table.
        home: where it is at home.
        copy: the other region; None for a customer that has no way there.
        failures_to_take_over: failures in a row after which it goes there.
        policy: how its calls are made.
        clock: of the customer.
        tell: takes how many versions the copy was behind when it went there.
    """

    def __init__(
        self,
        *,
        table: str,
        home: TableIn,
        copy: TableIn | None,
        failures_to_take_over: int,
        policy: CallPolicy,
        clock: Clock,
        tell: Callable[[int], None],
    ) -> None:
        self._table = table
        self._at = home
        self._copy = copy
        self._failures_to_take_over = failures_to_take_over
        self._policy = policy
        self._clock = clock
        self._tell = tell
        self._failures = 0
        self._version = 0

    @property
    def region(self) -> str:
        """Where it writes."""
        return self._at.region

    def write(self) -> int:
        """Write the next version and return it; raises when it is not acknowledged."""
        if self._copy is not None and self._failures >= self._failures_to_take_over:
            self._take_over(self._copy)
        try:
            self._policy.write(
                self._at.dynamodb.put_item,
                TableName=self._table,
                Item={
                    KEY: {"S": ITEM},
                    "version": {"N": str(self._version + 1)},
                    WRITTEN_AT: {"N": str(self._clock.now_ms())},
                },
            )
        except (BotoCoreError, ClientError, Indeterminate):
            self._failures += 1
            raise
        self._failures = 0
        self._version += 1
        return self._version

    def _take_over(self, copy: TableIn) -> None:
        reply = self._policy.read(
            copy.dynamodb.get_item,
            TableName=self._table,
            Key={KEY: {"S": ITEM}},
            ConsistentRead=True,
        )
        found = int(reply.get("Item", {}).get("version", {}).get("N", 0))
        behind = self._version - found
        logger.warning("goes to %s, %d versions behind", copy.region, behind)
        self._tell(behind)
        self._at, self._copy, self._failures = copy, None, 0
