"""Did a service come back before something that it needs?

Then either it does not need it, or what was measured is wrong: a recovery that does
not follow the dependencies was not caused by them. What the services need is the
region's own account of them; when they were back is what their canaries saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import seconds
from gameday.model.recoveries import Comeback, comebacks, too_early
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "recovery-out-of-order"


def check(history: History, world: World) -> Finding:
    """Return invalid when a service surely was back before its need."""
    found = comebacks(history, world.services)
    related = [
        (service, need)
        for service, needs in world.services.needs().items()
        for need in needs
        if service in found and need in found
    ]
    if not related:
        return Finding(
            hazard=HAZARD,
            validity=Validity.UNKNOWN,
            summary="no two services that need each other were seen to fail",
        )
    wrong = too_early(world.services, found)
    if wrong:
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary="; ".join(_sentence(service, need) for service, need in wrong),
            at_ns=wrong[0][0].back_ns,
        )
    longest = [
        max(each, key=lambda x: x.down_ns - x.failed_ns) for each in found.values()
    ]
    back = sorted(
        (each.back_ns, each.service) for each in longest if each.back_ns is not None
    )
    order = ", ".join(name for _, name in back) or "nothing"
    return Finding(
        hazard=HAZARD,
        validity=Validity.VALID,
        summary=(
            f"{len(related)} needs were kept; back from the longest outage in this "
            f"order: {order}"
        ),
    )


def _sentence(service: Comeback, need: Comeback) -> str:
    until = (
        "did not come back"
        if need.back_ns is None
        else f"was back at {seconds(need.back_ns)}"
    )
    return (
        f"{service.service} was back at {seconds(service.back_ns or 0)}, "
        f"{need.service}, which it needs, {until}"
    )
