"""X3: no replacement begins while launches fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gameday.model.replacement import (
    Host,
    Launch,
    ReplacementGate,
    Step,
    after_launch,
    after_refresh,
    begin_replacement,
    launches_succeed,
    next_step,
)

GATED, UNGATED = ReplacementGate.LAUNCHES_SUCCEED, ReplacementGate.NONE


@pytest.mark.parametrize(
    ("host", "gate", "launches_work", "modifying", "step"),
    [
        (Host(credentials_until_ms=200), GATED, False, 0, Step.NOTHING),
        (Host(credentials_until_ms=100), UNGATED, False, 0, Step.REPLACE),
        (Host(credentials_until_ms=100), UNGATED, False, 99, Step.REPLACE),
        (Host(credentials_until_ms=100), GATED, False, 0, Step.REFRESH),
        (Host(credentials_until_ms=100), GATED, True, 1, Step.REPLACE),
        (Host(credentials_until_ms=100), GATED, True, 2, Step.REFRESH),
        (Host(credentials_until_ms=0, is_modifying=True), GATED, False, 1, Step.LAUNCH),
    ],
)
def test_expired_credentials_are_refreshed_or_their_host_replaced(
    *,
    host: Host,
    gate: ReplacementGate,
    launches_work: bool,
    modifying: int,
    step: Step,
):
    found = next_step(
        host,
        gate=gate,
        launches_work=launches_work,
        modifying=modifying,
        modifying_max=2,
        now_ms=100,
    )

    assert found is step


# (launches as (when, succeeded), whether launches succeed at 100 in a window of 50)
EVIDENCE = [
    ([], False),
    ([(90, True)], True),
    ([(90, True), (95, False)], False),
    ([(95, True), (90, False)], True),
    ([(10, True)], False),
    ([(50, True)], True),
]


@pytest.mark.parametrize(("launches", "succeed"), EVIDENCE)
def test_the_newest_launch_is_the_evidence_and_none_is_no_evidence(
    *, launches: list[tuple[int, bool]], succeed: bool
):
    assert launches_succeed(tried(launches), window_ms=50, now_ms=100) is succeed


def tried(launches: list[tuple[int, bool]]) -> list[Launch]:
    return [Launch(at_ms=at_ms, succeeded=succeeded) for at_ms, succeeded in launches]


def _any_success(launches: list[Launch], **_: int) -> bool:
    return any(each.succeeded for each in launches)


def _no_news_is_good_news(launches: list[Launch], **when: int) -> bool:
    return not launches or launches_succeed(launches, **when)


def _for_ever(launches: list[Launch], **when: int) -> bool:
    return launches_succeed(launches, **{**when, "window_ms": 10**9})


def _last_told(launches: list[Launch], **_: int) -> bool:
    return bool(launches) and launches[-1].succeeded


@pytest.mark.parametrize(
    "mutant", [_any_success, _no_news_is_good_news, _for_ever, _last_told]
)
def test_a_mutant_of_the_evidence_is_caught(mutant: Callable[..., bool]):
    assert any(
        mutant(tried(launches), window_ms=50, now_ms=100) != succeed
        for launches, succeed in EVIDENCE
    )


def clusters_lost(gate: ReplacementGate) -> list[int]:
    """Play 20 hosts through an outage; return how many are unavailable each minute.

    Credentials live 30 minutes and cannot be refreshed from 10 to 60; launches fail
    from 10 to 200. A canary tries one launch a minute.
    """
    hosts = [Host(credentials_until_ms=n) for n in range(11, 31)]
    lost = []
    for minute in range(240):
        launches_work = not 10 <= minute < 200
        refreshes_work = not 10 <= minute < 60
        canary = Launch(at_ms=minute, succeeded=launches_work)
        for place, host in enumerate(hosts):
            step = next_step(
                host,
                gate=gate,
                launches_work=launches_succeed([canary], window_ms=5, now_ms=minute),
                modifying=sum(each.is_modifying for each in hosts),
                modifying_max=5,
                now_ms=minute,
            )
            renewed = {"until_ms": minute + 30}
            match step:
                case Step.REPLACE:
                    hosts[place] = begin_replacement(host)
                case Step.LAUNCH:
                    hosts[place] = after_launch(host, launched=launches_work, **renewed)
                case Step.REFRESH:
                    hosts[place] = after_refresh(
                        host, refreshed=refreshes_work, **renewed
                    )
                case Step.NOTHING if refreshes_work:
                    hosts[place] = after_refresh(host, refreshed=True, **renewed)
        lost.append(sum(not host.is_available(minute) for host in hosts))
    return lost


def test_as_built_every_cluster_waits_for_launches_and_gated_none_does():
    as_built, gated = clusters_lost(UNGATED), clusters_lost(GATED)

    assert as_built[45] == gated[45] == 20
    assert (as_built[199], as_built[201]) == (20, 0)
    assert gated[60:] == [0] * 180
