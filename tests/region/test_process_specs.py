"""With which command, environment and configuration does each actor start?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.model.safeguards import DESIGNS
from gameday.region.process_specs import (
    Addresses,
    ProcessSpec,
    Variant,
    actor_spec,
    operator_spec,
)
from gameday.region.settings import ActorConfig, Identity, Table, TableKey
from gameday.region.topology import load_region

ADDRESSES = Addresses(
    gateway_url="http://127.0.0.1:4000",
    load_balancer_port=8081,
    resolvers={"az1": ("127.0.20.1", 53), "az2": ("127.0.20.2", 54)}
    | {"az3": ("127.0.20.3", 55)},
    config_folder=Path("/run"),
)
VARIANT = Variant(
    safeguards=DESIGNS["fenced"], settings={"droplets": 7}, seed=1, stage="abc"
)


def spec(
    name: str, *, region: str = "reference", inherited: dict[str, str] | None = None
) -> ProcessSpec:
    return actor_spec(
        load_region(fixtures_folder() / "regions" / f"{region}.yaml"),
        name,
        addresses=ADDRESSES,
        variant=VARIANT,
        inherited=inherited or {},
    )


def test_an_enactor_is_told_everything():
    config = spec("enactor-az2").config

    assert config.actor == "enactor-az2"
    assert config.az == "az2"
    assert config.resolver == ("127.0.20.2", 54)
    assert config.managed_port == 8081
    assert config.endpoints[0] == "dynamodb.us-east-1.gameday.test"
    assert [each.address for each in config.load_balancers] == [
        "127.0.10.1",
        "127.0.10.2",
        "127.0.10.3",
    ]
    assert config.safeguards == DESIGNS["fenced"]
    assert config.identities == {
        "cleaner": Identity(name="cleaner-az2", access_key="AKIACLEANERAZ2000001")
    }


def test_settings_of_a_stage_win_over_the_files_and_defaults_fill_in():
    config = spec("lease-manager").config

    assert config.integer("droplets") == 7
    assert config.span("lock_backoff_ms") == (50, 400)
    assert config.setting("planner_look_ms") == 200
    with pytest.raises(KeyError):
        config.setting("no_such_setting")


def test_a_configuration_survives_being_written_and_read():
    config = spec("enactor-az1").config

    assert ActorConfig.parse(config.render()) == config


def test_provisioning_is_told_the_tables():
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")
    operator = operator_spec(region, addresses=ADDRESSES, variant=VARIANT, inherited={})

    assert operator.env["AWS_ACCESS_KEY_ID"] == region.operator_access_key
    assert operator.config.tables[0] == Table(
        name="gameday-plans",
        partition_key=TableKey(name="region", type="S"),
        sort_key=TableKey(name="generation", type="N"),
    )
    assert ActorConfig.parse(operator.config.render()) == operator.config


def test_actors_have_seeds_of_their_own_that_follow_the_run():
    first, second = spec("enactor-az1").config.seed, spec("enactor-az2").config.seed

    assert first != second
    assert first == spec("enactor-az1").config.seed


def test_only_the_standard_variables_say_where_aws_is():
    env = spec("order-desk", region="stranger").env

    assert {name: value for name, value in env.items() if name.startswith("AWS")} == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4000",
        "AWS_ACCESS_KEY_ID": "AKIASTRANGER00000001",
        "AWS_SECRET_ACCESS_KEY": "gameday",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert env["ORDER_PERIOD_S"] == "0.2"
    assert env["GAMEDAY_ACTOR"] == "order-desk"
    assert env["GAMEDAY_CONFIG"] == "/run/order-desk.json"


def test_nothing_inherited_leads_past_the_edge():
    env = spec(
        "planner",
        inherited={
            "HOME": "/home/me",
            "AWS_PROFILE": "production",
            "AWS_SESSION_TOKEN": "secret",
            "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.us-east-1.amazonaws.com",
            "https_proxy": "http://proxy:3128",
            "HTTP_PROXY": "http://proxy:3128",
            "GAMEDAY_STAGE": "other",
        },
    ).env

    assert env["HOME"] == "/home/me"
    assert not {
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "https_proxy",
        "HTTP_PROXY",
        "GAMEDAY_STAGE",
    } & set(env)


def test_programs_find_gameday_from_any_folder():
    planner = spec("planner", inherited={"PYTHONPATH": "somewhere"})

    parts = planner.env["PYTHONPATH"].split(os.pathsep)
    assert str(Path("somewhere").resolve()) in parts
    assert all(Path(part).is_absolute() for part in parts)


def test_a_callable_waits_at_the_gate_and_a_command_is_run_as_it_is():
    assert spec("planner").argv == (
        sys.executable,
        "-m",
        "gameday.region.launch",
        "--lifeline",
        "gameday.region.main:planner",
    )
    assert spec("planner").speaks_lifeline
    stranger = spec("order-desk", region="stranger")
    assert stranger.argv == (sys.executable, "stranger_orders.py")
    assert not stranger.speaks_lifeline
