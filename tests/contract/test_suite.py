"""The contract suite, case by case, on every emulator that the tests can start.

Behind the edge every case holds on every emulator. What cannot be mended is listed
in `GAPS` with its reason and must go on failing, so that nobody forgets the list.
Stock moto, bare, shows that the cases can tell: an emulator that lets stale writers
win does not pass for an honest one.

Each emulator is examined once, with few rounds: `gameday doctor` plays more, and
`gameday doctor --thorough` many. LocalStack must have been installed; it is chosen
with `-m localstack`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulator_processes import running, stock_moto

from gameday.drills.doctor import examine
from gameday.emulators import localstack_places
from gameday.emulators.cases import (
    concurrency_dynamodb,
    concurrency_route53,
    dynamodb_transactions,
)
from gameday.emulators.cases.suite import SUITE
from gameday.emulators.contract import play_suite
from gameday.emulators.contract_case import Effort
from gameday.emulators.examination import CaseResult

FEW = Effort(
    name="few", rounds=3, increments=3, failing_transactions=12, plain_writes=40
)

GAPS = {
    "request-rate": "Route 53's token buckets are not on by default: a rule of kind "
    "throttle sets them, and here every design would have to live with them",
    "write-throughput": "no emulator counts capacity units; the rule of kind error "
    "with ProvisionedThroughputExceededException stands for it",
    "transaction-conflict": "the guard lets transactions wait for each other, so the "
    "loser is told ConditionalCheckFailed, AWS's other answer",
}

LOCALSTACKS_GAPS = GAPS | {"test-dns-answer": "moto has no such operation"}
"""Of LocalStack in host mode, bare; its Route 53 is an older moto's."""

MOTOS_GAPS = LOCALSTACKS_GAPS | {
    "listing-ends": "moto leaves IsTruncated out, which AWS always sends",
}
"""Of the embedded moto, bare."""

NOT_STOCK = {
    "swap-back",
    "stale-swap",
    "create-existing",
    "create-after-delete",
    "create-twice",
    "delete-wrong-value",
    "delete-superseded",
    "delete-twice",
    "delete-any-order",
    "failed-batch",
    "failed-batch-create",
    "weighted-create-existing",
    "weighted-wrong-weight",
    "weighted-delete",
    "simple-beside-weighted",
    "missing-target",
    "alias-wrong-target",
    "lower-case",
    "list-paging",
    "change-ids",
    "change-pending",
    "unknown-change",
    "stale-swaps-in-turn",
    "contended-swap",
    "contended-create",
    "replayed-token",
    "token-mismatch",
    "unused-value",
    "long-number",
    "batch-write-lines",
    "characters-in-a-batch",
}
"""What stock moto does otherwise whenever it is asked; races come on top."""

Results = dict[str, CaseResult]


def results_of(emulator: str) -> Results:
    found = examine(emulator, effort=FEW)
    assert found.is_trustworthy, found.edge_gaps
    return {each.case.name: each for each in found.results}


@pytest.fixture(scope="module")
def on_moto() -> Results:
    return results_of("moto")


@pytest.fixture(scope="module")
def on_ministack() -> Results:
    return results_of("ministack")


@pytest.fixture(scope="module")
def on_localstack() -> Results:
    return results_of("localstack")


@pytest.fixture(scope="module")
def stock_moto_url() -> Iterator[str]:
    with running(*stock_moto()) as url:
        yield url


@pytest.fixture(scope="module")
def on_stock_moto(stock_moto_url: str) -> dict[str, str]:
    """Stock moto alone: what it does otherwise, by case."""
    seen = play_suite(stock_moto_url, SUITE, effort=FEW)
    return dict(zip((case.name for case in SUITE), seen, strict=True))


@pytest.fixture(scope="module")
def stock_moto_with_help(stock_moto_url: str) -> Results:
    """What an emulator needs most help with, on stock moto."""
    cases = (
        *concurrency_route53.CASES,
        *dynamodb_transactions.CASES,
        *concurrency_dynamodb.CASES,
    )
    found = examine(stock_moto_url, effort=FEW, cases=cases)
    return {each.case.name: each for each in found.results}


def every_case(gaps: dict[str, str] = GAPS) -> list[object]:
    return [
        pytest.param(
            case.name,
            id=case.name,
            marks=pytest.mark.xfail(reason=gaps[case.name])
            if case.name in gaps
            else (),
        )
        for case in SUITE
    ]


@pytest.mark.parametrize("case", every_case(MOTOS_GAPS))
def test_the_embedded_moto_bare(on_moto: Results, case: str):
    assert on_moto[case].bare == ""


@pytest.mark.parametrize("case", every_case())
def test_the_embedded_moto_behind_the_edge(on_moto: Results, case: str):
    assert on_moto[case].edge == ""


@pytest.mark.parametrize("case", every_case())
def test_ministack_behind_the_edge(on_ministack: Results, case: str):
    assert on_ministack[case].edge == ""


@pytest.mark.localstack
@pytest.mark.parametrize("case", every_case(LOCALSTACKS_GAPS))
def test_localstack_in_host_mode_bare(on_localstack: Results, case: str):
    if localstack_places.running() or localstack_places.has_image():
        pytest.skip("Route 53 is put right by the plug-in of host mode alone")
    assert on_localstack[case].bare == ""


@pytest.mark.localstack
@pytest.mark.parametrize("case", every_case())
def test_localstack_behind_the_edge(on_localstack: Results, case: str):
    assert on_localstack[case].edge == ""


def test_the_cases_find_out_what_stock_moto_does(on_stock_moto: dict[str, str]):
    found = {name for name, seen in on_stock_moto.items() if seen}

    assert found >= NOT_STOCK


def test_the_cases_are_fair_to_what_stock_moto_does_right(
    on_stock_moto: dict[str, str],
):
    right = {"swap", "weighted-pair", "alias", "target-deleted", "text-round-trip"}

    assert {name: on_stock_moto[name] for name in right} == dict.fromkeys(right, "")


def test_the_edge_makes_up_for_what_stock_moto_breaks(stock_moto_with_help: Results):
    left = {
        name: each.edge
        for name, each in stock_moto_with_help.items()
        if each.edge and name not in GAPS
    }

    assert left == {}
    assert stock_moto_with_help["contended-swap"].bare
    assert stock_moto_with_help["replayed-token"].bare


def test_the_edge_makes_up_for_what_ministack_lacks(on_ministack: Results):
    lacking = {name for name, each in on_ministack.items() if each.bare}

    assert {"failed-batch", "missing-target", "records-in-a-batch"} <= lacking
    # The swaps of locks and flips are right there without any help.
    assert lacking.isdisjoint({"stale-swap", "contended-swap", "contended-update"})


def test_no_gap_is_one_that_a_verdict_relies_on():
    assert [case.name for case in SUITE if case.relied_on and case.name in GAPS] == []


def test_every_case_has_a_name_of_its_own_and_a_source():
    names = [case.name for case in SUITE]

    assert len(set(names)) == len(names)
    assert all(case.source and not case.expected.endswith(".") for case in SUITE)
    assert set(names) >= GAPS.keys() | NOT_STOCK


def test_the_cases_of_a_group_stand_together():
    order = list(dict.fromkeys(case.group for case in SUITE))

    assert [case.group for case in SUITE] == sorted(
        (case.group for case in SUITE), key=order.index
    )
