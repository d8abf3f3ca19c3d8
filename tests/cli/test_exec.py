"""`gameday exec`, and the other commands around a stage that is isolated."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gameday_shell import GAMEDAY, nothing_runs
from isolation_lab import IsolatingShell, ensure_namespaces
from small_experiments import action, write
from stage_traces import eventually

from gameday.stage.state import StageState, live_stages, read_stage

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="namespaces are Linux's"
)

REGION = """\
name: small
aws_region: us-east-1
availability_zones: [az1, az2]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [small.gameday.test]
actors:
  first: {command: [sh, look.sh], access_key: AKIAFIRST00000000001, az: az1}
  second: {command: [sh, look.sh], access_key: AKIASECOND0000000001, az: az2}
"""
ABOUT_AWS = ("AWS_", "GAMEDAY_", "HTTPS_PROXY")
LOOK = """\
cat /etc/resolv.conf
exec sleep 1000
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IsolatingShell]:
    folder = tmp_path_factory.mktemp("exec")
    ensure_namespaces(folder)
    (folder / "region.yaml").write_text(REGION)
    (folder / "look.sh").write_text(LOOK)
    shell = IsolatingShell(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAMEDAY_HOME", str(shell.home))
        yield shell
        shell.gameday("down", "--all")


def up(shell: IsolatingShell, *options: str) -> StageState:
    started = shell.gameday("up", "--region", "region.yaml", "--json", *options)
    assert started.returncode == 0, started.stderr
    return read_stage(json.loads(started.stdout)["id"])


@pytest.fixture(scope="module")
def stage(shell: IsolatingShell) -> StageState:
    return up(shell, "--isolate")


@pytest.fixture
def open_stage(shell: IsolatingShell) -> Iterator[StageState]:
    """A stage that is not isolated."""
    state = up(shell)
    yield state
    shell.gameday("down", state.id)


def test_every_actor_asks_the_resolver_of_its_own_zone(stage: StageState):
    eventually(lambda: stage.log_file("second").read_text().endswith("\n"))

    assert stage.log_file("first").read_text() == "nameserver 127.0.20.1\n"
    assert stage.log_file("second").read_text() == "nameserver 127.0.20.2\n"


def test_a_program_runs_in_a_zone_of_the_stage(
    shell: IsolatingShell, stage: StageState
):
    first = shell.gameday("exec", "cat", "/etc/resolv.conf")
    second = shell.gameday("exec", "--az", "az2", "--", "cat", "/etc/resolv.conf")

    assert first.stdout == "nameserver 127.0.20.1\n"
    assert second.stdout == "nameserver 127.0.20.2\n"
    assert second.stderr == ""
    harness = Path(f"/proc/{stage.pid}/root/etc/resolv.conf")
    assert harness.read_text() == "nameserver 127.0.20.1\n"
    assert Path("/etc/resolv.conf").read_text() not in {first.stdout, second.stdout}


def test_a_program_keeps_its_folder_its_options_and_its_exit_status(
    shell: IsolatingShell, stage: StageState
):
    ran = shell.gameday(
        "exec", "--stage", stage.id, "sh", "-c", "pwd; echo $1; exit 7", "sh", "--az"
    )

    assert ran.stdout == f"{shell.folder}\n--az\n"
    assert ran.returncode == 7


def test_a_program_is_the_operator_and_knows_nothing_of_other_accounts(
    shell: IsolatingShell, stage: StageState, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("AWS_PROFILE", "production")
    said = shell.gameday("exec", "env").stdout.splitlines()

    about = {line for line in said if line.startswith(ABOUT_AWS)}
    assert about == {
        f"AWS_ENDPOINT_URL={stage.gateway_url}",
        "AWS_ACCESS_KEY_ID=AKIAOPERATOR00000001",
        "AWS_SECRET_ACCESS_KEY=gameday",
        "AWS_DEFAULT_REGION=us-east-1",
        "AWS_REGION=us-east-1",
        "AWS_CONFIG_FILE=/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
        "AWS_EC2_METADATA_DISABLED=true",
        f"GAMEDAY_HOME={shell.home}",
        f"GAMEDAY_STAGE={stage.id}",
    }


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("words", "message", "status"),
    [
        (["nosuch"], "error: cannot run nosuch: No such file or directory\n", 127),
        (
            ["./region.yaml"],
            "error: cannot run ./region.yaml: Permission denied\n",
            126,
        ),
        (
            ["--az", "az3", "true"],
            "error: unknown availability zone 'az3'; did you ",
            2,
        ),
        (["--stage", "abc", "true"], "error: unknown stage 'abc'", 2),
        ([], "error: Missing argument 'COMMAND...'", 2),
    ],
)
def test_what_cannot_be_run_is_told_with_a_shells_status(
    shell: IsolatingShell, words: list[str], message: str, status: int
):
    refused = shell.gameday("exec", *words)

    assert refused.stderr.startswith(message)
    assert refused.returncode == status


def test_the_commands_reach_the_stage_from_outside_and_from_inside(
    shell: IsolatingShell, stage: StageState
):
    told = [
        shell.gameday("status").stdout,
        shell.gameday("exec", sys.executable, *GAMEDAY, "status").stdout,
    ]

    for each in told:
        assert f"stage {stage.id}: running, region small, " in each
        assert "isolated: `gameday exec` leads in\n" in each
        assert " ops, 0 rules, 0 held calls, propagation running" in each
    (listed,) = json.loads(shell.gameday("status", "--json").stdout)
    assert listed["isolated"] is True
    assert listed["edge"]["rules"] == 0


def test_a_program_inside_may_go_to_another_zone(
    shell: IsolatingShell, stage: StageState
):
    words = ("exec", "--az", "az2", "cat", "/etc/resolv.conf")

    asked = shell.gameday("exec", sys.executable, *GAMEDAY, *words)

    assert asked.stdout == "nameserver 127.0.20.2\n"
    assert stage.is_alive


def test_chaos_run_outside_is_told_how_to_get_in(
    shell: IsolatingShell, stage: StageState
):
    refused = shell.chaos("run", write(shell.folder))

    assert f"play with: gameday exec --stage {stage.id} -- chaos run EXPERIMENT" in (
        refused.stdout + refused.stderr
    )


def test_without_isolation_the_environment_is_set_and_no_more(
    shell: IsolatingShell, open_stage: StageState
):
    exec_there = ("exec", "--stage", open_stage.id)
    words = ("sh", "-c", "echo $AWS_ENDPOINT_URL; cat /etc/resolv.conf")

    ran = shell.gameday(*exec_there, *words)
    refused = shell.gameday(*exec_there, "--az", "az1", "true")

    machine = Path("/etc/resolv.conf").read_text()
    assert ran.stdout == f"{open_stage.gateway_url}\n{machine}"
    assert refused.stderr.startswith(
        f"error: --az: stage {open_stage.id} is not isolated, so its resolvers are not"
    )
    assert refused.returncode == 2


def test_two_isolated_stages_do_not_share_an_address(
    shell: IsolatingShell, stage: StageState
):
    told = shell.gameday("up", "--region", "region.yaml", "--isolate").stdout
    another = read_stage(told.split()[1])

    enter = f"  gameday exec --stage {another.id}"
    assert f"{enter} -- aws dynamodb list-tables\n" in told
    assert f"{enter} --az az2 -- dig small.gameday.test A\n" in told
    assert another.edge["resolvers"] == stage.edge["resolvers"]
    assert another.network != stage.network
    assert shell.gameday("down", another.id).returncode == 0
    assert nothing_runs(another)


def test_a_stage_whose_keeper_is_gone_cannot_be_entered(shell: IsolatingShell):
    lost = up(shell, "--isolate")
    shell.gameday("exec", "--stage", lost.id, "kill", "-9", str(lost.pid))
    eventually(lambda: not lost.is_alive)

    refused = shell.gameday("exec", "--stage", lost.id, "true")
    removed = shell.gameday("down", lost.id)

    assert refused.stderr.startswith(f"error: stage {lost.id} lost its keeper")
    assert refused.returncode == 2
    assert removed.stdout == f"removed what stage {lost.id} left\n"
    eventually(lambda: nothing_runs(lost))


def test_the_end_of_a_run_that_is_killed_takes_its_stage_down(
    shell: IsolatingShell, stage: StageState
):
    wait = action("await_generation", generation="99", timeout_s=90)
    file = write(shell.folder, "long", method=[wait])
    run = shell.start(GAMEDAY, "run", "--isolate", file)

    def opened() -> StageState | None:
        others = [state for state in live_stages() if state.id != stage.id]
        return others[0] if others and others[0].phase == "running" else None

    played: StageState = eventually(opened, deadline_s=60)
    assert played.network not in {"", stage.network}

    run.send(signal.SIGKILL)

    run.end()
    eventually(lambda: nothing_runs(played))
    eventually(lambda: played.id not in {state.id for state in live_stages()})


def test_an_isolated_run_gives_the_verdict_of_any_other(shell: IsolatingShell):
    played = shell.gameday("run", "--isolate", write(shell.folder), "--json")

    (run,) = json.loads(played.stdout)["runs"]
    assert run["verdict"] == "passed", run
