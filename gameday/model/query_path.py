"""Which regions does a query in one region call?

The groups of an IAM user who queries a data warehouse are looked up first. That lookup
was pinned to us-east-1, so in October 2025 such queries failed in every region of the
world, while users that the cluster knows itself went on (AWS's post-event summary,
Redshift). No call on the path of a region's queries may leave the region.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "PINNED_REGION",
    "GroupLookup",
    "QueryUser",
    "foreign_regions",
    "is_answered",
    "regions_called",
]

PINNED_REGION = "us-east-1"


class GroupLookup(StrEnum):
    """Where the groups of an IAM user are looked up."""

    PINNED = "pinned"
    """As built: in us-east-1."""
    LOCAL = "local"
    """In the cluster's own region, whose copy may be older."""


class QueryUser(StrEnum):
    """Who asks."""

    IAM = "iam"
    CLUSTER = "cluster"
    """Somebody whom the cluster itself knows."""


def regions_called(
    user: QueryUser, *, serving: str, lookup: GroupLookup
) -> tuple[str, ...]:
    """Return the regions that a query calls, in order; `serving` is the cluster's."""
    if user is QueryUser.CLUSTER:
        return (serving,)
    groups_in = PINNED_REGION if lookup is GroupLookup.PINNED else serving
    return (groups_in, serving)


def foreign_regions(called: tuple[str, ...], *, serving: str) -> tuple[str, ...]:
    """Return the regions on a query's path that are not the cluster's own, sorted."""
    return tuple(sorted(set(called) - {serving}))


def is_answered(called: tuple[str, ...], *, dark: frozenset[str]) -> bool:
    """Answer whether a query gets an answer while the regions in `dark` give none."""
    return dark.isdisjoint(called)
