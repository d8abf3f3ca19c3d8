"""An operator at a shell sets the levers of hosts that run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gameday.bundled import fixtures_folder
from gameday.chaos.running import STAGE_KEY, running
from gameday.cli import exit_status
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage


@pytest.fixture(scope="module")
def stage_id(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small cascade, which nobody waits for to be ready."""
    home = tmp_path_factory.mktemp("home")
    region = load_region(fixtures_folder() / "regions" / "cascade.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEDAY_HOME", str(home))
        with open_stage(region, folder=home / "run") as stage:
            yield stage.id


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert exit_status(arguments) == 0
    return capsys.readouterr().out


def test_levers_are_set_shown_and_let_go(
    stage_id: str, capsys: pytest.CaptureFixture[str]
):
    here = ("--stage", stage_id)
    assert json.loads(said(capsys, "levers", *here)) == {}

    said(capsys, "levers", '{"order": "lifo"}', *here)
    both = json.loads(said(capsys, "levers", "--throttle", "0.5", *here))
    assert both["order"] == "lifo"
    assert both["throttle"]["per_s"] == pytest.approx(0.5 * 1000 / 187, abs=0.01)

    drop = json.loads(said(capsys, "levers", "--mitigation", "drop", *here))
    assert drop == {"drop_within_ms": 250}
    assert json.loads(said(capsys, "levers", *here)) == drop
    assert json.loads(said(capsys, "levers", "--release", *here)) == {}


def test_hosts_are_restarted_in_turn(stage_id: str, capsys: pytest.CaptureFixture[str]):
    before = running({STAGE_KEY: stage_id}).state.actors
    printed = said(capsys, "restart-hosts", "--stage", stage_id)

    for host in ("droplet-host-az1", "droplet-host-az2"):
        assert f"{host} restarted, pid " in printed
        assert f"{host} restarted, pid {before[host].pid}\n" not in printed


def test_failover_and_its_limit_leave_the_other_levers_alone(
    stage_id: str, capsys: pytest.CaptureFixture[str]
):
    here = ("--stage", stage_id)
    said(capsys, "levers", '{"order": "lifo"}', *here)
    said(capsys, "levers", "--failover", "off", *here)
    both = json.loads(said(capsys, "levers", "--velocity", "30", "40", "60", *here))
    assert both == {
        "order": "lifo",
        "failover": "off",
        "velocity": {
            "window_ms": 30_000,
            "removed_percent_max": 40,
            "floor_percent": 60,
        },
    }
    on = json.loads(said(capsys, "levers", "--failover", "on", *here))
    assert "failover" not in on
    said(capsys, "levers", "--release", *here)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--mitigation", "trottle"), "did you mean 'throttle'"),
        (("{}x",), "no JSON"),
        (("[]",), "no JSON object"),
        (('{"ordre": "lifo"}',), "did you mean 'order'"),
        (("--throttle", "0"), "lets nobody in"),
        (("--throttle", "1", "--release"), "give one of"),
        (("--network-backlog", "2"), "no network manager"),
        (("--network-backlog", "0"), "not in the range x>=1"),
        (("--network-backlog", "2", "--release"), "give one of"),
        (("--velocity", "30", "140", "60"), "need percentages from 0 to 100"),
    ],
)
def test_what_means_nothing_is_refused(
    stage_id: str,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    why: str,
):
    assert exit_status(("levers", "--stage", stage_id, *arguments)) == 2
    assert why in capsys.readouterr().err
