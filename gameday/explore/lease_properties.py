"""What must hold of the leases on droplets, whatever the interleaving?

Pure functions of a moment. What a moment calls the time is the time of an actor that
has not slept: sleeps of a program under search are shorter than any lease, so that only
the search lets one run out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gameday.aws.leases import LEASES_TABLE
from gameday.explore.properties import Property

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.explore.properties import Moment

__all__ = ["had_lease", "lease_kept"]

_DYNAMODB = ("dynamodb",)


def lease_kept(ahead_ms: Mapping[str, int]) -> Property:
    """A lease is written over by its holder, by others once it ran out, one by one.

    Args:
        ahead_ms: by how much the clock of each holder is ahead.
    """

    def check(moment: Moment) -> str | None:
        before, after = _leases(moment.items_before), _leases(moment.items)
        for droplet, held in before.items():
            now = after.get(droplet)
            if now == held:
                continue
            if now is None:
                return f"the lease on {droplet} of {held['holder']} was deleted"
            if now["version"] != held["version"] + 1:
                return (
                    f"the lease on {droplet} went from version {held['version']} to "
                    f"{now['version']}"
                )
            runs_out_ms = held["expires_at_ms"] - ahead_ms[held["holder"]]
            if now["holder"] != held["holder"] and runs_out_ms > moment.now_ms:
                return f"{now['holder']} took {droplet} from {held['holder']}"
        return None

    return Property(name="lease-kept", check=check, services=_DYNAMODB)


def had_lease(holder: str) -> Property:
    """The holder has a lease at some time: what else is claimed is not empty."""

    def check(moment: Moment) -> bool:
        return any(f'"{holder}"' in item for item in moment.items(LEASES_TABLE))

    return Property(name=f"{holder}-had-it", check=check, services=_DYNAMODB)


def _leases(items: Callable[[str], tuple[str, ...]]) -> dict[str, dict[str, Any]]:
    found = {}
    for text in items(LEASES_TABLE):
        item = json.loads(text)
        found[item["droplet"]["S"]] = {
            "holder": item["holder"]["S"],
            "version": int(item["version"]["N"]),
            "expires_at_ms": int(item["expires_at_ms"]["N"]),
        }
    return found
