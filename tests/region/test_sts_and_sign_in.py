"""STS and IAM fail with the look-up they need, and are back with it or past it."""

from __future__ import annotations

import pytest
from service_stage import LEVER_POLL_MS, ServiceStage

from gameday.aws.requests import RequestQueue
from gameday.errors import ServiceUnavailable
from gameday.model.levers import AS_BUILT, Levers
from gameday.region.services.iam import (
    ANALYST,
    IAM,
    LIST_GROUPS,
    SIGN_IN,
    IdentityService,
    enrol,
)
from gameday.region.services.request_desk import request_queue
from gameday.region.services.sts import NODE_ROLE, STS, TokenService

ASSUME = {"role": NODE_ROLE, "session": "test"}
SIGNS_IN = {"operation": SIGN_IN, "user": ANALYST}


def open_sts(stage: ServiceStage) -> None:
    stage.known(role=NODE_ROLE)
    service = TokenService(
        directory=stage.directory(STS), sts=stage.client("sts"), policy=stage.policy
    )
    stage.serve(STS, service.serve)


def open_iam(stage: ServiceStage) -> None:
    stage.known(user=ANALYST)
    iam = stage.client("iam")
    for _ in range(2):
        enrol(iam, stage.policy)
    service = IdentityService(
        directory=stage.directory(IAM), iam=iam, policy=stage.policy
    )
    stage.serve(IAM, service.serve)


def test_credentials_are_issued_while_dynamodb_is_there(stage: ServiceStage):
    open_sts(stage)
    way = stage.way_to(STS)
    assert way.ask(ASSUME)["access_key"].startswith("ASIA")
    stage.way.is_cut = True
    with pytest.raises(ServiceUnavailable, match="Could not connect"):
        way.ask(ASSUME)
    stage.way.is_cut = False
    assert way.ask(ASSUME)["access_key"].startswith("ASIA")


def test_a_role_that_nobody_knows_gets_none(stage: ServiceStage):
    open_sts(stage)
    with pytest.raises(ServiceUnavailable, match="AccessDenied: no role thief"):
        stage.way_to(STS).ask({"role": "thief", "session": "test"})


def test_users_sign_in_and_their_groups_are_told(stage: ServiceStage):
    open_iam(stage)
    way = stage.way_to(IAM)
    assert way.ask(SIGNS_IN) == {"signed_in": ANALYST}
    groups = way.ask({"operation": LIST_GROUPS, "user": ANALYST})
    assert groups == {"groups": ["analysts"]}
    with pytest.raises(ServiceUnavailable, match="no operation 'sign-out'"):
        way.ask({"operation": "sign-out", "user": ANALYST})


def test_operators_bring_one_program_back_by_the_internal_path(stage: ServiceStage):
    open_sts(stage)
    open_iam(stage)
    sts, iam = stage.way_to(STS), stage.way_to(IAM)
    stage.way.is_cut = True
    stage.levers.write(Levers(internal_path_for=(STS,)))
    stage.clock.sleep_ms(LEVER_POLL_MS)

    assert sts.ask(ASSUME)
    with pytest.raises(ServiceUnavailable):
        iam.ask(SIGNS_IN)

    stage.levers.write(AS_BUILT)
    stage.clock.sleep_ms(LEVER_POLL_MS)
    with pytest.raises(ServiceUnavailable):
        sts.ask(ASSUME)


def test_nobody_works_for_a_customer_who_is_gone(stage: ServiceStage):
    served: list[object] = []
    way = stage.way_to("slow")
    with pytest.raises(ServiceUnavailable, match="no reply within 1000 ms"):
        way.ask({"n": 1})

    desk = stage.serve("slow", lambda body: served.append(body["n"]) or {})
    assert not desk.turn()
    assert way.ask({"n": 2}) == {}
    assert served == [2]


def test_a_late_answer_is_not_taken_for_the_next_one(stage: ServiceStage):
    way = stage.way_to("late")
    requests = RequestQueue(
        stage.client("sqs"), stage.policy, name=request_queue("late")
    )
    with pytest.raises(ServiceUnavailable, match="no reply"):
        way.ask({"n": 1})
    (late,) = requests.take()
    requests.answer(late, {"n": 1})

    stage.serve("late", lambda body: {"n": body["n"]})
    assert way.ask({"n": 2}) == {"n": 2}
