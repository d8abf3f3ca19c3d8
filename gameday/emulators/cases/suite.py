"""Which promises make up the whole contract suite, in which order?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.cases import (
    concurrency_dynamodb,
    concurrency_route53,
    dynamodb_conditions,
    dynamodb_limits,
    dynamodb_transactions,
    route53_batches,
    route53_deletes,
    route53_limits,
    route53_listing,
    route53_routing,
    route53_values,
)

if TYPE_CHECKING:
    from gameday.emulators.contract_case import Case

__all__ = ["SUITE"]

SUITE: tuple[Case, ...] = (
    *route53_batches.CASES,
    *route53_deletes.CASES,
    *route53_routing.CASES,
    *route53_values.CASES,
    *route53_listing.CASES,
    *route53_limits.CASES,
    *concurrency_route53.CASES,
    *dynamodb_conditions.CASES,
    *dynamodb_transactions.CASES,
    *dynamodb_limits.CASES,
    *concurrency_dynamodb.CASES,
)
"""Every case; those of one group stand together."""
