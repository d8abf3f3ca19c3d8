"""A region that means nothing is refused by every command before anything starts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.cli import exit_status

CASCADE = (fixtures_folder() / "regions" / "cascade.yaml").read_text(encoding="utf-8")
MONITORED = (fixtures_folder() / "regions" / "monitored.yaml").read_text("utf-8")

EXPERIMENT = """\
title: on a region that is wrong
description: nothing of it is ever played
controls:
  - name: gameday
    provider: {type: python, module: gameday.chaos.control}
extensions:
  - {name: gameday, region: region.yaml, hold: [empty-endpoint]}
steady-state-hypothesis:
  title: it resolves
  probes:
    - name: the endpoint resolves
      type: probe
      tolerance: true
      provider: {type: python, module: gameday.chaos.probes, func: endpoint_resolves}
method: []
"""

NEED = """\
    needs:
      %s:
        fails: it stops
        recovers: with it
        recovery: by-itself
        source: ours
        evidence: chosen
"""


def changed(text: str, before: str, after: str) -> str:
    assert before in text
    return text.replace(before, after, 1)


DYNAMODB = "  dynamodb:\n    what: tables and request routers; well all day and out of"
RENEWALS = "{of: dns, watches: component, metric: TurnsTaken"

# (the region file, where in it, what is said)
WRONG = {
    "a cycle": (
        changed(CASCADE, DYNAMODB, f"  dynamodb:\n{NEED % 'dwfm'}{DYNAMODB[12:]}"),
        "      dynamodb-public:",
        (
            r"services.dwfm.needs.dynamodb-public: dwfm needs dynamodb-public needs "
            r"dynamodb needs dwfm: nothing on this cycle could recover first"
        ),
    ),
    "an unknown service": (
        changed(CASCADE, "      dynamodb-public:\n", "      dynamodb-publik:\n"),
        "      dynamodb-publik:",
        r"unknown service 'dynamodb-publik'; did you mean 'dynamodb-public'\?",
    ),
    "a dependency on nothing": (
        changed(CASCADE, "    canary: canary\n", "    canary: canary\n    needs: {}\n"),
        "    needs: {}",
        (
            r"services.dns.needs: this depends on nothing; name a service, or leave "
            r"`needs` out"
        ),
    ),
    "a canary that nobody runs": (
        changed(CASCADE, "    canary: launch-desk", "    canary: launch-desc"),
        "    canary: launch-desc",
        r"unknown actor 'launch-desc'; did you mean 'launch-desk'\?",
    ),
    "a monitor of nothing": (
        changed(MONITORED, RENEWALS, RENEWALS.replace("dns", "dnz")),
        "{of: dnz",
        r"monitors.dns-heartbeat.of: unknown service 'dnz'; did you mean 'dns'\?",
    ),
    "hosts that can never renew": (
        changed(CASCADE, "droplet_check_ms: 10", "droplet_check_ms: 300"),
        "  droplet-host-az1:",
        r"actors.droplet-host-az1: rho < .* fails: .* the host is overloaded",
    ),
    "leases that run out before they are due": (
        changed(CASCADE, "renew_every_ms: 4000", "renew_every_ms: 9000"),
        "  droplet-host-az1:",
        r"actors.droplet-host-az1: renew_every_ms < lease_ms fails: 9000 >= 8000",
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiment.yaml").write_text(EXPERIMENT)
    return tmp_path


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize(
    "command",
    [
        ("map", "--region", "region.yaml"),
        ("up", "--region", "region.yaml"),
        ("run", "experiment.yaml"),
    ],
)
def test_every_command_says_what_and_where_and_starts_nothing(
    command: tuple[str, ...],
    what: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
):
    text, line_begins, message = WRONG[what]
    (folder / "region.yaml").write_text(text)

    status = exit_status(command)

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert status == 2
    assert said.out == ""
    assert all(line.startswith("error: ") for line in lines)
    place = re.search(rf"region\.yaml:(\d+): (.*{message})", said.err)
    assert place, said.err
    assert line_begins in text.splitlines()[int(place.group(1)) - 1]
    assert sorted(each.name for each in folder.iterdir()) == [
        *("experiment.yaml", "region.yaml")
    ]


def test_numbers_given_for_one_stage_are_held_to_the_model_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "region.yaml").write_text(CASCADE)

    status = exit_status(
        ["up", "--region", "region.yaml", "--setting", "droplet_renew_every_ms=9000"]
    )

    assert status == 2
    assert "droplet-host-az1: renew_every_ms < lease_ms" in capsys.readouterr().err
    assert not (folder / "home").exists()
