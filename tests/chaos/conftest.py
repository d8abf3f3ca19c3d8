"""One small stage that the tests of activities share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gameday.bundled import fixtures_folder
from gameday.chaos.readiness import await_ready
from gameday.chaos.running import STAGE_KEY, Running, disconnect, running
from gameday.chaos.safety_net import play_safety_net
from gameday.region.topology import load_region
from gameday.stage.opening import open_stage

MAIN = "dynamodb.us-east-1.gameday.test"


@dataclass(frozen=True)
class OnStage:
    """A stage and the configuration with which activities find it."""

    configuration: dict[str, str]

    @property
    def running(self) -> Running:
        return running(self.configuration)


@pytest.fixture(scope="session")
def calm_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnStage]:
    """The reference region, as built, in which nobody publishes plans by himself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEDAY_HOME", str(tmp_path_factory.mktemp("home")))
        region = load_region(fixtures_folder() / "regions" / "reference.yaml")
        with open_stage(
            region, settings={"planner_period_ms": 0, "droplets": 5}, seed=7
        ) as stage:
            shared = Running(state=stage.state)
            await_ready(shared)
            yield OnStage({STAGE_KEY: stage.id})
            disconnect(shared)


@pytest.fixture
def on_stage(calm_stage: OnStage) -> Iterator[OnStage]:
    """The shared stage; what a test leaves behind is undone."""
    yield calm_stage
    _, failed = play_safety_net(calm_stage.running)
    assert failed == []
