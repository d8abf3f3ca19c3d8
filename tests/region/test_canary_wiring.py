"""Which services does the region's canary look at, and how does each look go on?"""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from gameday.bundled import fixtures_folder
from gameday.clock import SystemClock
from gameday.model.safeguards import Safeguards
from gameday.region.monitoring.canary_wiring import wire_looks
from gameday.region.process_specs import Addresses, Variant, actor_config
from gameday.region.settings import ActorConfig
from gameday.region.topology import load_region
from gameday.region.turns import run_side_by_side


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wired programs take their credentials from the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARY0000000001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "gameday")


def config_of(actor: str, url: str, region: str = "cascade") -> ActorConfig:
    loaded = load_region(fixtures_folder() / "regions" / f"{region}.yaml")
    return actor_config(
        loaded,
        actor,
        addresses=Addresses(
            gateway_url=url,
            load_balancer_port=1,
            resolvers=dict.fromkeys(loaded.availability_zones, ("127.0.0.1", 1)),
            config_folder=fixtures_folder(),
        ),
        variant=Variant(safeguards=Safeguards(), settings={}, seed=1, stage="x"),
    )


def test_an_actor_is_told_whose_canary_it_is(moto_url: str):
    assert config_of("canary", moto_url).canaries == {
        "dns": "",
        "dynamodb": "",
        "dynamodb-public": "dynamodb.us-east-1.gameday.test",
        "dwfm": "",
    }
    assert config_of("launch-desk", moto_url).canaries == {"ec2-launch": ""}
    assert config_of("planner", moto_url).canaries == {}
    read = ActorConfig.parse(config_of("canary", moto_url).render())
    assert read.canaries == config_of("canary", moto_url).canaries


@pytest.mark.parametrize(("region", "looks"), [("cascade", 4), ("reference", 6)])
def test_every_endpoint_and_every_service_has_one_look(
    region: str, looks: int, moto_url: str
):
    made, _ = wire_looks(config_of("canary", moto_url, region))

    assert len(made) == looks


def test_a_service_that_nobody_knows_how_to_ask_is_refused(moto_url: str):
    config = replace(config_of("canary", moto_url), canaries={"billing": ""})

    with pytest.raises(ValueError, match="canary of 'billing', and does not know"):
        wire_looks(config)


def test_a_look_that_hangs_delays_no_other():
    """The quick one has looked three times before the slow one is let go."""
    quick, let_go = threading.Semaphore(0), threading.Event()

    def slow() -> None:
        for _ in range(3):
            assert quick.acquire(timeout=10)
        let_go.set()
        raise AssertionError("seen enough")

    with pytest.raises(AssertionError, match="seen enough"):
        run_side_by_side([slow, quick.release], clock=SystemClock(), every_ms=1)
    assert let_go.is_set()
