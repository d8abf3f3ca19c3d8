"""The regions of STS, IAM, Redshift, Support and global tables, as their files say."""

from __future__ import annotations

import pytest

from gameday.region.finding import find_region
from gameday.region.services.identity_asks import IDENTITY_ASKS

REGIONS = ("identity", "support", "two-regions")


@pytest.mark.parametrize("name", REGIONS)
def test_every_service_that_has_a_canary_can_be_asked(name: str):
    region = find_region(name)
    watched = [
        service
        for service, entry in region.services.items()
        if entry.canary == "service-canary"
    ]
    assert watched
    assert set(watched) <= set(IDENTITY_ASKS)


@pytest.mark.parametrize("name", REGIONS)
def test_every_need_says_who_says_so(name: str):
    for service in find_region(name).service_graph().services:
        for need in service.needs:
            assert need.source, f"{service.name} needs {need.on}"


def test_queries_come_back_after_what_the_cluster_lives_on():
    order = find_region("identity").service_graph().recovery_order()
    chain = [
        "dynamodb-public",
        "dwfm",
        "ec2-launch",
        "redshift-credentials",
        "redshift-queries",
        "redshift-iam-queries",
    ]
    assert [name for name in order if name in chain] == chain


def test_users_of_the_cluster_in_another_region_need_nothing_of_this_one():
    needs = find_region("two-regions").service_graph().needs()
    assert needs["redshift-queries-west"] == ()
    assert needs["redshift-iam-queries-west"] == (
        "iam-sign-in",
        "redshift-queries-west",
    )
