"""X5: no query calls another region."""

from __future__ import annotations

import pytest

from gameday.model.query_path import (
    GroupLookup,
    QueryUser,
    foreign_regions,
    is_answered,
    regions_called,
)


@pytest.mark.parametrize(
    ("user", "lookup", "foreign", "answered"),
    [
        (QueryUser.IAM, GroupLookup.PINNED, ("us-east-1",), False),
        (QueryUser.IAM, GroupLookup.LOCAL, (), True),
        (QueryUser.CLUSTER, GroupLookup.PINNED, (), True),
    ],
)
def test_a_pinned_lookup_takes_other_regions_down_with_it(
    *, user: QueryUser, lookup: GroupLookup, foreign: tuple[str, ...], answered: bool
):
    called = regions_called(user, serving="eu-central-1", lookup=lookup)

    assert foreign_regions(called, serving="eu-central-1") == foreign
    assert is_answered(called, dark=frozenset({"us-east-1"})) is answered
