"""How does a rule document say how often and when the rule strikes?

    "nth"?, "count"?, "probability"?, "seed"?, "after_ms"?, "until_ms"?

The same for rules of every kind; what they mean is in `rule_limits`.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from gameday.edge.document_fields import Fields

__all__ = ["LimitValues", "parse_limits"]


class LimitValues(TypedDict):
    """The limits of one rule, as its class takes them."""

    nth: int | None
    count: int | None
    probability: float
    seed: int
    after_ms: float
    until_ms: float | None


def parse_limits(fields: Fields, *, rule_id: str) -> LimitValues:
    """Return the limits in a rule document; problems are noted in `fields`."""
    limits = LimitValues(
        nth=fields.integer("nth", None, low=1),
        count=fields.integer("count", None, low=1),
        probability=fields.number("probability", 1.0, low=0, high=1),
        # A rule without a seed gets one that the same rule would get again.
        seed=fields.integer("seed", zlib.crc32(rule_id.encode())),
        after_ms=fields.number("after_ms", 0.0, low=0),
        until_ms=fields.number("until_ms", None, low=0),
    )
    until_ms = limits["until_ms"]
    if not fields.problems and until_ms is not None and until_ms <= limits["after_ms"]:
        message = f"should be later than after_ms, {limits['after_ms']:g}"
        fields.wrong("until_ms", message)
    return limits
