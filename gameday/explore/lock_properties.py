"""What must hold of the locks of a region, whatever the interleaving?

S4 and L2 of the incident, and what they take for granted: a lock changes hands only
when it is given back or has run out. Pure functions. What a moment calls the time is
the time of an actor that has not slept: sleeps of a region under search are shorter
than any lock, so that only the search lets one run out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.explore.properties import HistoryProperty, Made, Moment, Property
from gameday.model.enactment import observe, parse_lock
from gameday.model.zone import Action, parse_change_batch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.enactment import Lock
    from gameday.model.zone import Change, Zone

__all__ = [
    "lock_kept",
    "lock_released",
    "lock_respected",
    "plan_reread_after_losses",
]

_ZONES = ("route53",)


def lock_respected(endpoint: str, holders: Mapping[str, frozenset[str]]) -> Property:
    """S4: every committed batch came from whoever held the lock.

    Taking a lock and giving it back is `lock_kept`'s.

    Args:
        endpoint: the endpoint.
        holders: the names under which each actor takes locks.
    """
    lock_name = f"lock.{endpoint}."

    def check(moment: Moment) -> str | None:
        made = moment.made
        if made is None or made.operation != "ChangeResourceRecordSets":
            return None
        before, after = moment.zone_before(endpoint), moment.zone(endpoint)
        if before is None or after is None or before.record_sets == after.record_sets:
            return None
        changes = parse_change_batch(made.parameters)
        if all(change.record_set.name == lock_name for change in changes):
            return None
        held = _lock(before, endpoint)
        if held is None:
            return f"{made.actor} changed {endpoint} while nobody held its lock"
        if _name(held) not in holders.get(made.actor, {made.actor}):
            return f"{made.actor} changed {endpoint} while {_name(held)} held its lock"
        return None

    return Property(name="lock-respected", check=check, services=_ZONES)


def lock_kept(endpoint: str, holders: Mapping[str, frozenset[str]]) -> Property:
    """A lock is renewed and given back by its holder, and by others once it ran out.

    Args:
        endpoint: the endpoint.
        holders: the names under which each actor takes locks.
    """

    def check(moment: Moment) -> str | None:
        made = moment.made
        before, after = moment.zone_before(endpoint), moment.zone(endpoint)
        if made is None or before is None or after is None:
            return None
        held, now = _lock(before, endpoint), _lock(after, endpoint)
        if held is None or held == now or held.alive_until_ms <= moment.now_ms:
            return None
        if _name(held) not in holders.get(made.actor, {made.actor}):
            return f"{made.actor} took the lock of {endpoint} from {held.holder}"
        if now is not None and now.holder != held.holder:
            return f"{made.actor} took the lock of {held.holder} for {now.holder}"
        return None

    return Property(name="lock-kept", check=check, services=_ZONES)


def lock_released(endpoint: str) -> Property:
    """For the end: nobody keeps a lock who has nothing left to do.

    Not for searches with crashes: what crashes leaves its lock to run out.
    """

    def check(moment: Moment) -> str | None:
        zone = moment.zone(endpoint)
        held = _lock(zone, endpoint) if zone else None
        if held is None:
            return None
        return f"nothing moves any more, and {held.holder} still has the lock"

    return Property(name="lock-released", check=check, services=_ZONES)


def plan_reread_after_losses(endpoint: str, losses_max: int) -> HistoryProperty:
    """L2: who loses a lock so often in a row reads the newest plan again.

    Its clean-up takes locks under another name; it enacts nothing, and may wait.
    """

    def follow(losses: int, made: Made) -> int:
        if made.operation == "Query":
            return 0
        changes = _taking(made, endpoint)
        if not changes:
            return losses
        if made.status < 400:
            return 0
        # A take-over follows upon a lock that was not free, which is counted.
        return min(losses + (len(changes) == 1), losses_max + 1)

    def check(losses: int) -> str | None:
        if losses > losses_max:
            return f"lost the lock {losses} times and still works from its old plan"
        return None

    return HistoryProperty(
        name="plan-reread-after-losses", check=check, follow=follow, begin=0
    )


def _lock(zone: Zone, endpoint: str) -> Lock | None:
    return observe(endpoint, zone.record_sets.values()).lock


def _name(lock: Lock) -> str:
    """Return whose lock it is, without which life of the process."""
    return lock.holder.partition("/")[0]


def _taking(made: Made, endpoint: str) -> tuple[Change, ...]:
    """Return the changes of a batch that takes the lock for its actor, () for others.

    One of them takes a lock that is free; two take over one that has run out.
    """
    if made.operation != "ChangeResourceRecordSets":
        return ()
    changes = parse_change_batch(made.parameters)
    last = changes[-1]
    if last.action is Action.DELETE or any(
        change.record_set.name != f"lock.{endpoint}." for change in changes
    ):
        return ()
    return changes if _name(parse_lock(last.record_set)) == made.actor else ()
