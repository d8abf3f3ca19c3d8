"""What does a region file have to say, and how is a mistake reported?"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.model.safeguards import DESIGNS, Abandon, Safeguards
from gameday.region.topology import Region, load_region, parse_region

BUNDLED = ("reference", "cascade", "network", "balancing", "stranger", "bare")

VALID = """\
name: small
aws_region: us-east-1
availability_zones: [az1, az2]
load_balancers:
  - {name: lb-1, address: 127.0.10.1, az: az1}
endpoints: [dynamodb.us-east-1.gameday.test]
settings:
  droplets: 5
designs:
  brave: {rollback: tolerant}
actors:
  enactor-az1:
    run: gameday.region.main:enactor
    access_key: AKIAENACTORAZ1000001
    az: az1
    identities:
      cleaner: {name: cleaner-az1, access_key: AKIACLEANERAZ1000001}
  guest:
    command: ["{python}", -c, pass]
    access_key: AKIAGUEST00000000001
    settings: {speed: 3}
"""


def read(text: str) -> Region:
    document = parse_document(textwrap.dedent(text), file="region.yaml")
    return parse_region(document, folder=Path.cwd())


def mistakes(*replacements: tuple[str, str]) -> list[str]:
    """Return what is reported about `VALID` with some text replaced."""
    text = VALID
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(InvalidInput) as refusal:
        read(text)
    return [str(reason) for reason in refusal.value.reasons]


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_regions_are_right(name: str):
    region = load_region(fixtures_folder() / "regions" / f"{name}.yaml")

    assert region.name == name


@pytest.mark.parametrize("name", BUNDLED)
def test_a_region_that_was_written_down_is_read_again(name: str):
    """The stage hands it from process to process as JSON."""
    region = load_region(fixtures_folder() / "regions" / f"{name}.yaml")

    assert Region.model_validate_json(region.model_dump_json()) == region


def test_the_reference_region_has_what_the_incident_needs():
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")

    assert len(region.availability_zones) == 3
    assert len(region.load_balancers) == 3
    assert len(region.endpoints) >= 3
    assert {"planner", "enactor-az1", "enactor-az2", "enactor-az3"} <= set(
        region.actors
    )
    owners = region.access_keys()
    assert owners["AKIACLEANERAZ2000001"] == "cleaner-az2"
    assert owners["AKIAOPERATOR00000001"] == "operator"


def test_what_a_region_leaves_out_has_defaults():
    region = read(VALID)

    assert region.resolvers() == {"az1": "127.0.20.1", "az2": "127.0.20.2"}
    assert region.dns.negative_ttl_s == 5
    assert region.ports.gateway == 0
    assert region.actors["guest"].restart == "never"


def test_a_queue_has_the_limits_of_sqs_and_a_name_of_its_own():
    queues = "queues:\n  - {name: changes.fifo, visibility_timeout_s: 5}\n  - QUEUE\n"
    named = VALID.replace("settings:", queues + "settings:", 1)
    region = read(named.replace("QUEUE", "{name: requests}"))
    assert [queue.name for queue in region.queues] == ["changes.fifo", "requests"]
    assert region.queues[1].visibility_timeout_s == 30

    def mistake(entry: str) -> str:
        made = ("settings:", queues.replace("QUEUE", entry) + "settings:")
        (found,) = mistakes(made)
        return found

    assert mistake("{name: changes.fifo}") == (
        "region.yaml:9: queues.1.name: the queue 'changes.fifo' is already taken by "
        "queues.0.name"
    )
    assert mistake("{name: a.b}").startswith("region.yaml:9: queues.1.name: ")
    assert mistake("{name: a, retention_s: 9}").startswith(
        "region.yaml:9: queues.1.retention_s: "
    )
    assert "did you mean 'retention_s'" in mistake("{name: a, retention: 90}")


def test_every_caller_of_a_program_is_in_its_zone_and_the_operator_in_none():
    assert read(VALID).zones_of_callers() == {
        "enactor-az1": "az1",
        "cleaner-az1": "az1",
        "guest": "az1",
    }
    in_az2 = VALID.replace("    az: az1\n    id", "    az: az2\n    id")
    assert read(in_az2).zones_of_callers()["cleaner-az1"] == "az2"


def test_the_clock_of_gamedays_own_programs_can_be_set_and_of_others_on_request():
    region = read(VALID)
    assert region.has_settable_clock("enactor-az1")
    assert not region.has_settable_clock("guest")
    asked = VALID.replace(
        "    settings: {speed", "    clock: adjustable\n    settings: {speed"
    )
    assert read(asked).has_settable_clock("guest")
    (problem,) = mistakes(("    settings: {sp", "    clock: wrong\n    settings: {sp"))
    assert problem.endswith("unknown value 'wrong'; known: adjustable, machine")


def test_a_caller_that_nobody_starts_has_a_name():
    region = read(VALID + "callers: {octodns: AKIAOCTODNS000000001}\n")

    assert region.access_keys()["AKIAOCTODNS000000001"] == "octodns"
    assert "octodns" not in region.actors


def test_a_design_is_one_of_the_built_in_ones_or_the_files_own():
    region = read(VALID)

    assert region.design("fenced") == DESIGNS["fenced"]
    assert region.design("brave") == Safeguards.parse({"rollback": "tolerant"})
    assert region.design("as-built").abandon is Abandon.NEVER
    with pytest.raises(InvalidInput, match="unknown design 'brav'; did you mean 'brav"):
        region.design("brav")


def test_folders_are_relative_to_the_file(tmp_path: Path):
    (tmp_path / "programs").mkdir()
    file = tmp_path / "region.yaml"
    file.write_text(VALID.replace("settings: {speed: 3}", "cwd: programs"))

    region = load_region(file)

    assert region.actors["guest"].cwd == str(tmp_path / "programs")


def test_a_region_survives_being_written_and_read():
    region = read(VALID.replace("droplets: 5", "lock_backoff_ms: [50, 400]"))

    assert Region.model_validate_json(region.model_dump_json()) == region


def test_every_mistake_is_reported_at_once_with_its_line():
    assert mistakes(
        ("aws_region: us-east-1", "aws_regoin: us-east-1"),
        ("droplets: 5", "droplets: many"),
        ("az: az1}", "az: 1}"),
    ) == [
        "region.yaml:1: aws_region: this key is required",
        (
            "region.yaml:2: aws_regoin: unknown key 'aws_regoin'; did you mean "
            "'aws_region'?"
        ),
        "region.yaml:5: load_balancers.0.az: should be a valid string, not 1",
        (
            "region.yaml:8: settings.droplets: 'many' is not a number, nor a span "
            "[lowest, highest]"
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        pytest.param(
            "127.0.10.1",
            "10.0.0.1",
            "5: load_balancers.0.address: '10.0.0.1' is not a loopback address; game "
            "days touch this machine only, so use one in 127.0.0.0/8",
            id="address off this machine",
        ),
        pytest.param(
            "dynamodb.us-east-1.gameday.test",
            "dynamodb.us-east-1.amazonaws.com",
            "6: endpoints.0: 'dynamodb.us-east-1.amazonaws.com' does not end in .test; "
            "only names under that reserved domain can never reach the Internet",
            id="endpoint on the Internet",
        ),
        pytest.param(
            "az: az1}",
            "az: az3}",
            "5: load_balancers.0.az: unknown availability zone 'az3'; did you mean "
            "'az2'?",
            id="unknown zone",
        ),
        pytest.param(
            "droplets: 5",
            "dropletts: 5",
            "8: settings.dropletts: unknown setting 'dropletts'; did you mean "
            "'droplets'?",
            id="unknown setting",
        ),
        pytest.param(
            "droplets: 5",
            "lock_backoff_ms: 5",
            "8: settings.lock_backoff_ms: should be a span [lowest, highest]: shortest "
            "and longest wait after a lost lock",
            id="number for a span",
        ),
        pytest.param(
            "rollback: tolerant",
            "rollbak: tolerant",
            "10: designs.brave.rollbak: unknown safeguard 'rollbak'; did you mean "
            "'rollback'?",
            id="unknown safeguard",
        ),
        pytest.param(
            "rollback: tolerant",
            "freeze: oof",
            "10: designs.brave.freeze: unknown value of freeze 'oof'; did you mean "
            "'off'?",
            id="unknown value of a safeguard",
        ),
        pytest.param(
            "brave:",
            "fenced:",
            "10: designs.fenced: the design 'fenced' is built in; take another",
            id="built-in design",
        ),
        pytest.param(
            "gameday.region.main:enactor",
            "gameday.region.enacter:main",
            "13: actors.enactor-az1.run: there is no module 'gameday.region.enacter'",
            id="missing module",
        ),
        pytest.param(
            "gameday.region.main:enactor",
            "gameday.region.enactor",
            "13: actors.enactor-az1.run: 'gameday.region.enactor' is not of the form "
            "module:callable",
            id="no callable",
        ),
        pytest.param(
            '["{python}", -c, pass]',
            "[no-such-program]",
            "19: actors.guest.command: there is no program 'no-such-program'",
            id="missing program",
        ),
        pytest.param(
            "settings: {speed: 3}",
            "cwd: nowhere",
            f"21: actors.guest.cwd: {Path.cwd() / 'nowhere'} is not a folder",
            id="missing folder",
        ),
        pytest.param(
            "settings: {speed: 3}",
            "run: gameday.region.main:enactor",
            "18: actors.guest: give either `run: module:callable` or `command: [...]`",
            id="two programs",
        ),
        pytest.param(
            "settings: {speed: 3}",
            "restart: sometimes",
            "21: actors.guest.restart: unknown value 'sometimes'; known: always, never",
            id="unknown restart",
        ),
        pytest.param(
            "settings: {speed: 3}",
            "env: {AWS_ENDPOINT_URL_DYNAMODB: http://127.0.0.1}",
            "21: actors.guest.env.AWS_ENDPOINT_URL_DYNAMODB: AWS_ENDPOINT_URL_DYNAMODB "
            "is set by the harness, so that every call passes the edge under this "
            "actor's own name",
            id="a way past the edge",
        ),
        pytest.param(
            "AKIAGUEST00000000001",
            "'123456789012'",
            "20: actors.guest.access_key: 123456789012 is twelve digits, which "
            "emulators read as the number of another account, so this actor would see "
            "none of the region's tables; write AKIA and 16 more capitals or digits",
            id="account number for a key",
        ),
        pytest.param(
            "AKIAGUEST00000000001",
            "123456789012",
            "20: actors.guest.access_key: 123456789012 is twelve digits, which "
            "emulators read as the number of another account, so this actor would see "
            "none of the region's tables; write AKIA and 16 more capitals or digits",
            id="account number without quotes",
        ),
        pytest.param(
            "AKIAGUEST00000000001",
            "guest",
            "20: actors.guest.access_key: 'guest' is not an access key id; write AKIA "
            "and 16 more capitals or digits, for example AKIAPLANNER000000001",
            id="no access key",
        ),
        pytest.param(
            "AKIAGUEST00000000001",
            "AKIACLEANERAZ1000001",
            "20: actors.guest.access_key: the access key 'AKIACLEANERAZ1000001' is "
            "already taken by actors.enactor-az1.identities.cleaner.access_key",
            id="shared access key",
        ),
        pytest.param(
            "guest:",
            "operator:",
            "18: actors.operator: the name 'operator' is already taken by "
            "operator_access_key",
            id="reserved name",
        ),
        pytest.param(
            "guest:",
            "cleaner-az1:",
            "18: actors.cleaner-az1: the name 'cleaner-az1' is already taken by "
            "actors.enactor-az1.identities.cleaner.name",
            id="shared name",
        ),
        pytest.param(
            "settings:\n",
            "callers: {guest: AKIAOCTODNS000000001}\nsettings:\n",
            "19: actors.guest: the name 'guest' is already taken by callers.guest",
            id="a caller with an actor's name",
        ),
        pytest.param(
            "settings:\n",
            "callers: {octodns: AKIAGUEST00000000001}\nsettings:\n",
            "21: actors.guest.access_key: the access key 'AKIAGUEST00000000001' is "
            "already taken by callers.octodns",
            id="a caller with an actor's key",
        ),
        pytest.param(
            "settings:\n",
            "dns: {propagation_ms: [80, 20]}\nsettings:\n",
            "7: dns.propagation_ms: [80, 20] should be [lowest, highest], from 0 up",
            id="span the wrong way round",
        ),
        pytest.param(
            "settings:\n",
            "dns: {edges: [127.0.10.1]}\nsettings:\n",
            "7: dns.edges.0: the address '127.0.10.1' is already taken by "
            "load_balancers.0.address",
            id="shared address",
        ),
    ],
)
def test_one_mistake_has_one_message_and_its_line(old: str, new: str, reported: str):
    assert mistakes((old, new)) == [f"region.yaml:{reported}"]


def test_a_stranger_reads_whatever_settings_it_likes():
    region = read(VALID)

    assert region.actors["guest"].settings == {"speed": 3}


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    missing = tmp_path / "missing.yaml"

    with pytest.raises(InvalidInput, match=f"{missing}: cannot read it: No such file"):
        load_region(missing)


def test_a_file_that_is_no_mapping_is_refused():
    with pytest.raises(
        InvalidInput, match=r"region.yaml:1: should be an object, not a"
    ):
        read("- 1\n")
