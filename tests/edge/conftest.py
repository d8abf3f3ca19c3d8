"""Edges that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from edge_lab import EdgeProcess, ScriptedEmulator, running_edge
from emulator_processes import running, stock_moto


@pytest.fixture(scope="session")
def stock_moto_url() -> Iterator[str]:
    """Moto's own server, which does not keep Route 53's contract."""
    with running(*stock_moto()) as url:
        yield url


@pytest.fixture(scope="session")
def shared_edge(
    stock_moto_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeProcess]:
    with running_edge(stock_moto_url, tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture
def edge(shared_edge: EdgeProcess) -> Iterator[EdgeProcess]:
    """An edge before stock moto, without rules."""
    yield shared_edge
    shared_edge.control.remove_rules()


@pytest.fixture(scope="session")
def table(shared_edge: EdgeProcess) -> str:
    """A table with the partition key `k`."""
    shared_edge.client("dynamodb").create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "things"


@pytest.fixture(scope="session")
def shared_script() -> Iterator[ScriptedEmulator]:
    emulator = ScriptedEmulator()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def shared_scripted_edge(
    shared_script: ScriptedEmulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EdgeProcess]:
    folder = tmp_path_factory.mktemp("scripted")
    with running_edge(shared_script.url, folder) as edge:
        yield edge


@pytest.fixture
def scripted(shared_script: ScriptedEmulator) -> ScriptedEmulator:
    """An emulator that answers what the test says."""
    shared_script.script = lambda _: (200, {}, b"{}")
    shared_script.seen.clear()
    return shared_script


@pytest.fixture
def scripted_edge(shared_scripted_edge: EdgeProcess) -> Iterator[EdgeProcess]:
    """An edge before the scripted emulator, without rules."""
    yield shared_scripted_edge
    shared_scripted_edge.control.remove_rules()
