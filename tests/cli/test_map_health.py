"""`gameday map` of a run that is over: how was each service, by its own canary?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from service_looks import look_op

from gameday.bundled import fixtures_folder
from gameday.cli.map import map_
from gameday.errors import InvalidInput
from gameday.model.history import render_op
from gameday.model.safeguards import Safeguards
from gameday.region.topology import load_region
from gameday.stage.order import ORDER_FILE, StageOrder, render_order


def look(at_s: int, **works: bool) -> list[tuple[int, str, bool]]:
    return [(at_s, name.replace("_", "-"), told) for name, told in works.items()]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose name is dark from 20 s to 30 s, and whose leases stay lost."""
    looks = [
        *(look(10, **dict.fromkeys(("dns", "dynamodb_public", "dwfm"), True))),
        *(look(10, dynamodb=True, ec2_launch=True)),
        *(look(20, dns=False, dynamodb_public=False, dwfm=True, dynamodb=True)),
        *(look(28, dns=False, dynamodb_public=False, dwfm=False, ec2_launch=False)),
        *(look(30, dns=True, dynamodb_public=True, dwfm=False, ec2_launch=False)),
    ]
    ops = [
        look_op(at_s, service, works=works, index=index)
        for index, (at_s, service, works) in enumerate(looks)
    ]
    (tmp_path / "history.ndjson").write_text("".join(f"{render_op(o)}\n" for o in ops))
    order = StageOrder(
        id="one",
        region=load_region(fixtures_folder() / "regions" / "cascade.yaml"),
        design="as-built",
        safeguards=Safeguards(),
        settings={},
        emulator="moto",
        emulator_url="",
        seed=1,
        folder=tmp_path,
        temporary=False,
        tethered=False,
        gateway_port=0,
        opened_ms=0,
        network="",
    )
    (tmp_path / ORDER_FILE).write_text(render_order(order))
    return tmp_path


def shown(*arguments: str) -> Result:
    return CliRunner().invoke(map_, [*arguments], catch_exceptions=False)


def test_the_end_of_the_run_is_shown_by_default(run: Path):
    lines = shown("--run", str(run)).output.splitlines()

    assert lines == [
        "cascade at 30.0 s: 3 well, 2 impaired",
        "layer 0: dns is well",
        "layer 0: dynamodb is well",
        "layer 1: dynamodb-public is well",
        "layer 2: dwfm is impaired by itself",
        "layer 3: ec2-launch is impaired by dwfm",
    ]


def test_an_earlier_time_can_be_asked_for(run: Path):
    lines = shown("--run", str(run), "--at", "21").output.splitlines()

    assert lines[0] == "cascade at 21.0 s: 1 well, 2 exposed, 2 impaired"
    assert "layer 1: dynamodb-public is impaired by dns" in lines
    assert "layer 2: dwfm is exposed to dynamodb-public (from dns)" in lines


def test_a_canary_that_fell_silent_says_nothing_any_more(run: Path):
    """CloudWatch last heard of DynamoDB itself at 20 s and of launches at 10 s."""
    health = {
        each["name"]: each["health"]["condition"]
        for each in json.loads(shown("--run", str(run), "--json").output)["services"]
    }
    assert health["dynamodb"] == "well"

    late = shown("--run", str(run), "--at", "27").output.splitlines()

    silent = "presumed impaired by dynamodb-public (from dns)"
    assert f"layer 3: ec2-launch is {silent}" in late


def test_the_drawing_says_it_too(run: Path):
    shown("--run", str(run), "--at", "28", "--svg", str(run / "map.svg"))

    drawn = (run / "map.svg").read_text()
    assert "impaired by dns" in drawn
    assert ">cascade, at 28.0 s</text>" in drawn


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--run", "RUN", "--at", "31"], "the run ended at 30.0 s, before --at 31"),
        (["--at", "3"], "--at is a time of a run; give --run too"),
        (["--run", "RUN", "--live"], "--region, --run and --live each name a region"),
        (["--run", "nowhere"], "no run folder: No such file or directory"),
    ],
)
def test_what_cannot_be_shown_is_refused(run: Path, arguments: list[str], message: str):
    given = [str(run) if each == "RUN" else each for each in arguments]

    with pytest.raises(InvalidInput, match=message):
        shown(*given)


def test_a_folder_that_holds_something_else_is_refused(run: Path):
    (run / ORDER_FILE).write_text("{}")

    with pytest.raises(InvalidInput, match="what the run left cannot be read"):
        shown("--run", str(run))
