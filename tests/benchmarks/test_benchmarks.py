"""The benchmark itself, in short: it measures, it judges, and it can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator

import beside_direct
import dns_junk
import dns_load
import no_backend
import pytest
import run
from rows import MISSED, WIDTH_MAX, Row, table

from gameday.errors import InvalidInput

WIDEST = (
    Row(
        what="localstack ChangeRRSets, 4x",
        direct="11,234/s",
        edge="99.99 ms",
        difference="p50 9.99 ms",
        target=">= 1,500/s",
    ),
)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Rounds that are too short to measure anything, and long enough to run."""
    for module in (beside_direct, no_backend):
        monkeypatch.setattr(module, "ROUNDS", 1)
        monkeypatch.setattr(module, "ROUND_S", 0.05)
    monkeypatch.setattr(beside_direct, "CALLS", 8)
    monkeypatch.setattr(beside_direct, "WARM_UP_CALLS", 0)


def test_the_table_fits_a_terminal():
    lines = table(WIDEST).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= WIDTH_MAX


def test_every_operation_is_measured_without_a_backend(tmp_path):
    rows = list(no_backend.measure(tmp_path))
    assert len(rows) == 4
    for row in rows:
        assert row.facts["refused"] == 0
        assert row.facts["edge_best_per_s"] > 0
        assert row.facts["edge_cpu_us_per_call"] > 0


def test_every_operation_is_measured_beside_a_direct_client(tmp_path):
    rows = list(beside_direct.measure("moto", tmp_path))
    assert len(rows) == 8
    assert not any(row.facts.get("refused") for row in rows)


def test_broken_packets_leave_no_valid_query_unanswered(tmp_path):
    (row,) = dns_junk.measure(tmp_path, packets=3_000)
    assert row.met, row.facts
    assert row.facts["packets"] >= 3_000


def test_a_query_without_its_answer_misses_the_target(tmp_path, monkeypatch):
    monkeypatch.setattr(dns_junk, "_ask_udp", lambda *_: b"")
    (row,) = dns_junk.measure(tmp_path, packets=200)
    assert not row.met
    assert row.edge == "1 lost"


@pytest.mark.parametrize(("met", "status"), [(True, 0), (False, 1)])
def test_a_missed_target_is_marked_and_decides_the_exit_status(
    met, status, tmp_path, monkeypatch, capsys
):
    row = Row(what="calls", edge="9/s", target=">= 10/s", met=met)
    monkeypatch.setattr(no_backend, "measure", lambda _: iter((row,)))
    file = tmp_path / "deep" / "numbers.json"
    assert run.main(["--only", "null", "--json", str(file)]) == status
    assert (MISSED in capsys.readouterr().out) is not met
    assert json.loads(file.read_text())["missed"] == ([] if met else ["calls"])


def test_without_dnsperf_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(dns_load.shutil, "which", lambda _: None)
    assert run.main(["--only", "dns"]) == 2
    assert "apt-get install dnsperf" in capsys.readouterr().err


def test_an_emulator_that_is_not_there_is_named_below_the_table(
    tmp_path, monkeypatch, capsys
):
    def find(name: str) -> None:
        if name == "localstack":
            raise InvalidInput("LocalStack 4.14.0 is not installed")

    def measured(name: str, _: object) -> Iterator[Row]:
        yield Row(what=name, edge="1 ms")

    monkeypatch.setattr(run, "find_emulator", find)
    monkeypatch.setattr(beside_direct, "measure", measured)
    file = tmp_path / "numbers.json"
    assert run.main(["--only", "emulators", "--json", str(file)]) == 0
    told = "NOT MEASURED: localstack: LocalStack 4.14.0 is not installed\n"
    assert capsys.readouterr().out.endswith(told)
    kept = json.loads(file.read_text())
    assert [row["what"] for row in kept["rows"]] == ["moto", "ministack"]
    assert list(kept["not_measured"]) == ["localstack"]


def test_an_emulator_that_cannot_be_started_is_bad_input(monkeypatch, capsys):
    def refuse(*_: object) -> None:
        raise InvalidInput("no emulator 'lokalstack'")

    monkeypatch.setattr(beside_direct, "measure", refuse)
    assert run.main(["--only", "emulators", "--emulator", "lokalstack"]) == 2
    assert "lokalstack" in capsys.readouterr().err
