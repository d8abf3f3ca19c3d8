"""An operator at a shell bounds the network manager's queue, and lets it go."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from chaoslib.exceptions import ActivityFailed

from gameday.bundled import fixtures_folder
from gameday.chaos.actions import change_levers, limit_network_backlog
from gameday.chaos.running import STAGE_KEY
from gameday.cli import exit_status
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage


@pytest.fixture
def stage_id(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The region of a network manager, which nobody waits for to be ready."""
    home = tmp_path_factory.mktemp("home")
    region = load_region(fixtures_folder() / "regions" / "network.yaml")
    monkeypatch.setenv("GAMEDAY_HOME", str(home))
    with open_stage(region, folder=home / "run") as stage:
        yield stage.id


def test_a_bound_on_network_changes_is_set_and_let_go_like_the_other_levers(
    stage_id: str, capsys: pytest.CaptureFixture[str]
):
    def levers(*arguments: str) -> object:
        assert exit_status(("levers", *arguments, "--stage", stage_id)) == 0
        return json.loads(capsys.readouterr().out)

    act = {STAGE_KEY: stage_id}
    levers('{"order": "lifo"}')
    assert levers("--network-backlog", "2") == {
        "order": "lifo",
        "network_backlog_max": 2,
    }

    limit_network_backlog(changes_max=5, configuration=act)
    assert levers() == {"order": "lifo", "network_backlog_max": 5}
    with pytest.raises(ActivityFailed, match="need network_backlog_max >= 1"):
        limit_network_backlog(changes_max=0, configuration=act)

    change_levers(let_go=["network_backlog_max"], configuration=act)
    assert levers() == {"order": "lifo"}
    levers("--network-backlog", "1")
    assert levers("--release") == {}
