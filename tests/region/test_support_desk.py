"""A wrong answer locks people out where a missing one does not."""

from __future__ import annotations

import pytest
from service_stage import EAST, WEST, ServiceStage

from gameday.errors import ServiceUnavailable
from gameday.model.fallback import FallsBackOn
from gameday.region.services.account_metadata import (
    ACCOUNT,
    ACCOUNT_METADATA,
    AccountMetadata,
)
from gameday.region.services.support import CASES_TABLE, SUPPORT, SupportService

CASE = {"account": ACCOUNT, "subject": "no DynamoDB"}


def open_desk(stage: ServiceStage, region: str, falls_back_on: FallsBackOn) -> None:
    stage.create_table(CASES_TABLE, "account", region=region)
    here = stage.client("dynamodb", region)
    service = SupportService(
        metadata=stage.way_to(ACCOUNT_METADATA, caller=f"{SUPPORT}-{region}"),
        falls_back_on=falls_back_on,
        dynamodb=stage.path(SUPPORT).client if region == EAST else lambda: here,
        policy=stage.policy,
    )
    stage.serve(SUPPORT, service.serve, region)


def open_metadata(stage: ServiceStage) -> None:
    stage.known(account=ACCOUNT)
    service = AccountMetadata(stage.directory(ACCOUNT_METADATA))
    stage.serve(ACCOUNT_METADATA, service.serve)


def test_at_home_a_case_needs_the_table_that_keeps_it(stage: ServiceStage):
    open_metadata(stage)
    open_desk(stage, EAST, FallsBackOn.ERRORS)
    home = stage.way_to(SUPPORT)
    assert home.ask(CASE)["access"] == "allowed"
    stage.way.is_cut = True
    with pytest.raises(ServiceUnavailable, match="support did not serve"):
        home.ask(CASE)


@pytest.mark.parametrize(
    ("falls_back_on", "access"),
    [
        (FallsBackOn.ERRORS, "blocked"),
        (FallsBackOn.ERRORS_AND_INVALID_ANSWERS, "bypassed"),
    ],
)
def test_after_the_failover_an_invalid_answer_blocks_or_is_bypassed(
    stage: ServiceStage, falls_back_on: FallsBackOn, access: str
):
    open_metadata(stage)
    open_desk(stage, WEST, falls_back_on)
    away = stage.way_to(SUPPORT, region=WEST)
    assert away.ask(CASE)["access"] == "allowed"

    stage.way.is_cut = True
    decided = away.ask(CASE)
    assert decided == {
        "access": access,
        "asked": ACCOUNT,
        "answer": {"account": "", "status": ""},
    }
    stage.way.is_cut = False
    assert away.ask(CASE)["access"] == "allowed"


def test_no_answer_at_all_is_bypassed_as_it_was_built(stage: ServiceStage):
    open_desk(stage, WEST, FallsBackOn.ERRORS)
    away = stage.way_to(SUPPORT, region=WEST)
    # Nobody serves metadata: the desk waits as long as its customer would.
    away._patience_ms *= 2
    decided = away.ask(CASE)
    assert (decided["access"], decided["answer"]) == ("bypassed", None)
