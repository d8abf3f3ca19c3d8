"""Every experiment on stuck hosts, in virtual time: the model ends as it declares.

The files are read as Chaos Toolkit plays them, and the hosts are those of the region.
In real time one run of a file takes a minute, and a loaded machine slows its hosts
beyond what the region's numbers say; here it takes a tenth of a second, for each seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gameday.bundled import experiments_folder, fixtures_folder
from gameday.model.admission import Throttle
from gameday.model.lease import Answer
from gameday.model.lever_document import parse_levers
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.mitigations import Mitigation, mitigations
from gameday.model.world import World
from gameday.region.droplets.fleet import droplet_fleet
from gameday.region.topology import load_region
from gameday.simulate.scenario import Outage, Pull, Restart, Scenario
from gameday.simulate.virtual import play

FIRST_ONES = {
    "lease-collapse-as-built",
    "lease-collapse-deadline-drop",
    "lease-collapse-restart-alone",
    "lease-collapse-throttle-alone",
    "lease-collapse-throttle-and-restart",
}
FILES = sorted(
    file
    for file in experiments_folder().rglob("*.yaml")
    if file.parent.name == "mitigations" or file.stem in FIRST_ONES
)
REGION = load_region(fixtures_folder() / "regions" / "cascade.yaml")
HOST = REGION.actors["droplet-host-az1"]
SETTINGS = {**REGION.settings, **HOST.settings}
FLEET = droplet_fleet(SETTINGS)

BEGIN_MS = 16_000
"""When the method begins: all droplets have been taken on."""

LOOK_MS = 500
SEEDS = range(5)


@dataclass(kw_only=True)
class Played:
    """The method of an experiment, step by step."""

    seed: int
    settings: Mapping[str, Any]
    now_ms: int = BEGIN_MS
    levers: Levers = AS_BUILT
    outage: Outage | None = None
    pulls: list[Pull] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)

    def step(self, func: str, given: Mapping[str, Any]) -> None:
        match func:
            case "fail_dns":
                self._dark(Answer.UNREACHABLE)
            case "inject_error":
                self._dark(Answer.UNAVAILABLE)
            case "clear":
                assert self.outage is not None
                self.outage = replace(self.outage, to_ms=self.now_ms)
            case "pull_levers" if "mitigation" in given:
                self._pull(mitigations(FLEET)[Mitigation(given["mitigation"])].levers)
            case "pull_levers":
                self._pull(parse_levers(given["levers"]))
            case "throttle_intake":
                share = given["share"]
                throttle = Throttle(
                    per_s=share * FLEET.establish_per_s,
                    renewals_too=given.get("renewals_too", False),
                )
                admission = replace(self.levers.admission, throttle=throttle)
                self._pull(replace(self.levers, admission=admission))
            case "release_levers":
                self._pull(AS_BUILT)
            case "restart_hosts":
                over_ms = round(1000 * given.get("over_s", 0))
                self.restarts.append(
                    Restart(
                        at_ms=self.now_ms,
                        over_ms=over_ms,
                        rediscovery_ms=self.settings["droplet_rediscovery_ms"],
                    )
                )
                self.now_ms += over_ms
            case "watch_leases":
                self._watch(**given)
            case _:
                raise ValueError(f"what does {func} do to a host?")

    def share_held(self) -> float:
        return self._run(self.now_ms).held_at(self.now_ms)

    def _dark(self, answer: Answer) -> None:
        # Until `clear` says when it ends.
        ends_ms = 10 * BEGIN_MS
        self.outage = Outage(from_ms=self.now_ms, to_ms=ends_ms, answer=answer)

    def _pull(self, levers: Levers) -> None:
        self.levers = levers
        self.pulls.append(Pull(at_ms=self.now_ms, levers=levers))

    def _watch(
        self, at_most_s: float, until_at_least: float = 2, until_at_most: float = -1
    ) -> None:
        end_ms = self.now_ms + round(1000 * at_most_s)
        run = self._run(end_ms)
        while self.now_ms < end_ms:
            share = run.held_at(self.now_ms)
            if share >= until_at_least or share <= until_at_most:
                return
            self.now_ms = min(self.now_ms + LOOK_MS, end_ms)

    def _run(self, horizon_ms: int) -> Any:
        scenario = Scenario(
            fleet=FLEET,
            hosts=2,
            horizon_ms=horizon_ms,
            outage=self.outage,
            pulls=tuple(self.pulls),
            restarts=tuple(self.restarts),
            sample_every_ms=LOOK_MS // 2,
        )
        return play(scenario, seed=self.seed)


def share_held_at_the_end(experiment: Mapping[str, Any], seed: int) -> float:
    (block,) = experiment["extensions"]
    played = Played(seed=seed, settings={**SETTINGS, **block.get("settings", {})})
    for activity in experiment["method"]:
        provider = activity["provider"]
        played.step(provider["func"], provider.get("arguments", {}))
    return played.share_held()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_model_ends_as_the_experiment_declares(file: Path):
    experiment = yaml.safe_load(file.read_text(encoding="utf-8"))
    (block,) = experiment["extensions"]
    enough = 1 - World(endpoints=("any",)).leases_lost_share_max

    held = [share_held_at_the_end(experiment, seed) for seed in SEEDS]

    if "stuck-leases" in block["expect"]["because"]:
        assert max(held) < enough
    else:
        assert block["hold"] == ["stuck-leases"]
        assert min(held) >= enough
