"""Defects of the lease manager and of its table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mutant_registry import Patch, mutant

from gameday.aws.leases import LEASES_TABLE, LeaseTable
from gameday.errors import Indeterminate, LeaseHeld
from gameday.model.lease import Lease
from gameday.region import lease_manager

PART, KEPT = "lease manager", "lease-kept"


def _putting(patch: Patch, **condition: Any) -> None:
    def write(self: LeaseTable, lease: Lease) -> None:
        self._policy.write(
            self._client.put_item,
            TableName=LEASES_TABLE,
            Item={
                "droplet": {"S": lease.droplet},
                "holder": {"S": lease.holder},
                "version": {"N": str(lease.version)},
                "expires_at_ms": {"N": str(lease.expires_at_ms)},
            },
            **condition,
        )

    patch.setattr(LeaseTable, "write", write)


@mutant(PART, KEPT, scene="leases")
def lease_put_without_condition(patch: Patch) -> None:
    """A lease is written whatever was written since it was read."""
    _putting(patch)


def _judging(patch: Patch, is_held: Any) -> None:
    def raise_if_held_elsewhere(lease: Lease | None, **given: Any) -> None:
        if lease is None or lease.holder == given["holder"]:
            return
        if is_held(lease, **given):
            raise LeaseHeld(droplet=lease.droplet, holder=lease.holder)

    patch.setattr(lease_manager, "raise_if_held_elsewhere", raise_if_held_elsewhere)


@mutant(PART, KEPT, scene="wrong clock")
def expiry_by_another_hosts_clock(patch: Patch) -> None:
    """The expiry that another host recorded is compared with one's own clock."""
    _judging(patch, lambda lease, *, now_ms, **_: lease.expires_at_ms > now_ms)


@mutant(PART, KEPT, scene="leases")
def lease_stolen_at_sight(patch: Patch) -> None:
    """A lease of another holder is stolen without waiting."""
    _judging(patch, lambda _lease, **_: False)


@mutant(PART, KEPT, scene="leases")
def lease_stolen_before_its_time(patch: Patch) -> None:
    """A lease may be stolen once it was seen twice, however soon."""
    _judging(
        patch,
        lambda lease, *, seen, **_: seen is None or seen.version != lease.version,
    )


@mutant(PART, KEPT, scene="leases")
def version_used_again(patch: Patch) -> None:
    """A renewal keeps the version of the lease that it renews."""
    right = lease_manager.next_lease

    def next_lease(droplet: str, lease: Lease | None, **given: Any) -> Lease:
        wanted = right(droplet, lease, **given)
        return replace(wanted, version=lease.version) if lease else wanted

    patch.setattr(lease_manager, "next_lease", next_lease)
    _putting(patch)


@mutant(PART, scene="leases")
def renewed_again_after_an_unknown_outcome(patch: Patch) -> None:
    """A renewal whose reply was lost is written again without looking.

    The condition refuses it, because the first one was written; the lease counts as
    lost, and is read before the next attempt.
    """
    right = LeaseTable.write

    def write(self: LeaseTable, lease: Lease) -> None:
        read = self.read
        try:
            self.read = lambda _droplet: None  # type: ignore[method-assign]
            right(self, lease)
        except Indeterminate:
            right(self, lease)
        finally:
            self.read = read  # type: ignore[method-assign]

    patch.setattr(LeaseTable, "write", write)
