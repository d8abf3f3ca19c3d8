"""Was a customer who has a copy in another region left without service?

The customer of two regions tells after every write whether it was acknowledged. A few
failures in a row are what it takes to notice that a region is gone; more than that is a
customer who did not go to the other one, or found it no better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameday.checkers.merging import seconds
from gameday.model.canaries_seen import canary_looks
from gameday.model.service_health import CanarySays
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["CUSTOMER", "HAZARD", "check"]

HAZARD: Final = "unserved-customer"
CUSTOMER: Final = "two-regions"


def check(history: History, world: World) -> Finding:
    """Return invalid when it was not served for longer than is allowed."""
    longest_ns, since_ns = 0, 0
    failing_ns: int | None = None
    looks = [look for look in canary_looks(history) if look.service == CUSTOMER]
    if not looks:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no customer of two regions was seen",
        )
    for look in looks:
        if look.says is CanarySays.WORKS:
            failing_ns = None
            continue
        failing_ns = look.at_ns if failing_ns is None else failing_ns
        if look.at_ns - failing_ns > longest_ns:
            longest_ns, since_ns = look.at_ns - failing_ns, failing_ns
    if longest_ns <= world.customer_unserved_max_ms * 1_000_000:
        return Finding(
            hazard=HAZARD,
            validity=Validity.VALID,
            summary=f"it was without service for {seconds(longest_ns)} at most",
        )
    return Finding(
        hazard=HAZARD,
        validity=Validity.INVALID,
        summary=(
            f"the customer of two regions was without service for "
            f"{seconds(longest_ns)} from {seconds(since_ns)} on"
        ),
        at_ns=since_ns,
    )
