"""Which promises are tried before every run?

Those on which nothing may be built if they do not hold, and which are quick to
try. The whole suite is `emulators.cases.suite`; a case stands in both with the
same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.cases.dynamodb_conditions import FALSE_CONDITION
from gameday.emulators.cases.dynamodb_transactions import REPLAYED_TOKEN, TOKEN_MISMATCH
from gameday.emulators.cases.route53_batches import (
    CREATE_EXISTING,
    FAILED_BATCH,
    STALE_SWAP,
    SWAP,
    SWAP_BACK,
)
from gameday.emulators.cases.route53_routing import MISSING_TARGET, WEIGHTED_DELETE

if TYPE_CHECKING:
    from gameday.emulators.contract_case import Case

__all__ = ["CASES"]

CASES: tuple[Case, ...] = (
    SWAP,
    SWAP_BACK,
    STALE_SWAP,
    CREATE_EXISTING,
    FAILED_BATCH,
    WEIGHTED_DELETE,
    MISSING_TARGET,
    FALSE_CONDITION,
    REPLAYED_TOKEN,
    TOKEN_MISMATCH,
)
"""The short form, in the order in which it is tried."""
