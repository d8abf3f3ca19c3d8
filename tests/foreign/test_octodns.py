"""octoDNS keeps a zone through the edge as it does on AWS, and DNS follows.

It is given nothing but AWS_ENDPOINT_URL and credentials. Its own trap: a TXT value
with quotation marks inside is read back with the backslashes that Route 53 needs,
so octoDNS plans to write it again each time; the zone here has none.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from foreign_programs import FIRST_START_S, Neighbourhood, Ran
from stage_traces import eventually

from gameday.model.history import Op, Outcome

pytestmark = pytest.mark.timeout(FIRST_START_S)

DRAWN = 100
THROTTLE = {"kind": "throttle", "rate_per_s": 2, "burst": 1}
STOCK = "{class: octodns_route53.Route53Provider}"
PATIENT = "{class: octodns_route53.Route53Provider, client_max_attempts: 12}"
CONFIGURATION = """\
manager: {{max_workers: 1}}
providers:
  files: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}}}
  route53: {provider}
zones:
  {zone}.: {{sources: [files], targets: [route53]}}
"""


class ZoneFile:
    """A zone as its owner keeps it: a file, and octoDNS."""

    def __init__(self, around: Neighbourhood, zone: str, folder: Path) -> None:
        self.around = around
        self.zone = zone
        self._file = folder / f"{zone}.yaml"
        self._configuration = folder / "octodns.yaml"
        self._folder = folder
        self.configure(STOCK)

    def configure(self, provider: str) -> None:
        text = CONFIGURATION.format(
            folder=self._folder, zone=self.zone, provider=provider
        )
        self._configuration.write_text(text, encoding="utf-8")

    def write(self, records: dict[str, Any]) -> None:
        text = yaml.safe_dump(records)
        self._file.write_text(f"---\n{text}", encoding="utf-8")

    def octodns(self, command: str, *arguments: object) -> Ran:
        return self.around.run(
            "octodns",
            f"octodns-{command}",
            "--config-file",
            self._configuration,
            *arguments,
        )

    def apply(self) -> Ran:
        done = self.octodns("sync", "--doit")
        assert done.status == 0, done.err
        return done

    def name(self, relative: str) -> str:
        return f"{relative}.{self.zone}."


@pytest.fixture
def zone_file(
    neighbourhood: Neighbourhood, request: pytest.FixtureRequest, tmp_path: Path
) -> ZoneFile:
    test = request.node.originalname.split("_")[1:4]
    return ZoneFile(neighbourhood, f"{'-'.join(test)}.octodns.gameday.test", tmp_path)


def simple(*values: str) -> dict[str, Any]:
    return {"type": "A", "ttl": 60, "values": list(values)}


def weighted(**weights: int) -> dict[str, Any]:
    """A dynamic record: some six sets of Route 53 behind one name."""
    pool = [
        {"value": f"127.0.10.{name[-1]}", "weight": weight, "status": "up"}
        for name, weight in weights.items()
    ]
    return {
        **simple("127.0.10.9"),
        "dynamic": {"pools": {"all": {"values": pool}}, "rules": [{"pool": "all"}]},
    }


def test_a_plan_is_applied_changed_and_then_at_rest(zone_file: ZoneFile):
    around, name = zone_file.around, zone_file.name
    records: dict[str, Any] = {
        "www": simple("127.0.10.1"),
        "many": simple("127.0.10.1", "127.0.10.2", "127.0.10.3"),
        "front": {
            "type": "Route53Provider/ALIAS",
            "value": {"name": "www", "type": "A"},
        },
        "words": {"type": "TXT", "ttl": 60, "values": ["v=1\\; a b", "two"]},
        "mail": {
            "type": "MX",
            "ttl": 60,
            "values": [{"preference": 10, "exchange": "mx.example.com."}],
        },
    }
    zone_file.write(records)

    planned = zone_file.octodns("sync")
    assert "Creates=5, Updates=0, Deletes=0" in planned.err, planned.err
    assert zone_file.zone not in str(around.edge.control.zones()), "it only planned"
    zone_file.apply()

    around.await_answer(name("www"), "127.0.10.1")
    around.await_answer(name("front"), "127.0.10.1")
    around.await_answer(name("many"), "127.0.10.1", "127.0.10.2", "127.0.10.3")
    around.await_answer(name("words"), '"v=1; a b"', '"two"', record_type="TXT")
    around.await_answer(name("mail"), "10 mx.example.com.", record_type="MX")
    assert around.ask_resolver(name("front")) == ["127.0.10.1"]
    assert "No changes were planned" in zone_file.apply().err

    records["www"] = simple("127.0.10.7")
    records["many"] = simple("127.0.10.3", "127.0.10.1")
    del records["mail"]
    zone_file.write(records)
    assert "Creates=0, Updates=2, Deletes=1" in zone_file.apply().err

    around.await_answer(name("www"), "127.0.10.7")
    around.await_answer(name("front"), "127.0.10.7")
    around.await_answer(name("many"), "127.0.10.1", "127.0.10.3")
    around.await_answer(name("mail"), record_type="MX")
    assert "No changes were planned" in zone_file.apply().err


def test_weighted_pools_are_answered_by_their_weights(zone_file: ZoneFile):
    around, name = zone_file.around, zone_file.name("pool")
    zone_file.write({"pool": weighted(lb_1=3, lb_2=1)})
    zone_file.apply()
    eventually(lambda: around.ask(name))

    drawn = Counter(around.ask(name)[0] for _ in range(DRAWN))
    assert drawn.keys() == {"127.0.10.1", "127.0.10.2"}
    assert 0.6 < drawn["127.0.10.1"] / DRAWN < 0.9
    assert "No changes were planned" in zone_file.apply().err

    zone_file.write({"pool": weighted(lb_2=1)})
    zone_file.apply()
    around.await_answer(name, "127.0.10.2")
    assert {around.ask(name)[0] for _ in range(DRAWN)} == {"127.0.10.2"}


def test_a_dump_is_what_was_applied(zone_file: ZoneFile, tmp_path: Path):
    zone_file.write({"www": simple("127.0.10.1", "127.0.10.2")})
    zone_file.apply()

    done = zone_file.octodns(
        "dump", "--output-dir", tmp_path / "dump", f"{zone_file.zone}.", "route53"
    )

    assert done.status == 0, done.err
    text = (tmp_path / "dump" / f"{zone_file.zone}.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["www"] == simple("127.0.10.1", "127.0.10.2")


def test_quotation_marks_reach_dns_as_they_were_written(zone_file: ZoneFile):
    zone_file.write({"words": {"type": "TXT", "ttl": 60, "value": 'say "hi" to all'}})
    zone_file.apply()

    zone_file.around.await_answer(
        zone_file.name("words"), r'"say \"hi\" to all"', record_type="TXT"
    )


def throttled(ops: list[Op]) -> list[Op]:
    return [op for op in ops if op.error == "Throttling"]


def test_throttled_it_tries_again_until_all_is_applied(zone_file: ZoneFile):
    """As often as it is told to: boto3 tries a throttled call three times."""
    around = zone_file.around
    zone_file.configure(PATIENT)
    zone_file.write({"www": simple("127.0.10.1")})

    with around.edge.rule(THROTTLE, actor="octodns", service="route53"):
        _, ops = around.watch("octodns", zone_file.apply)

    assert throttled(ops)
    assert {op.outcome for op in throttled(ops)} == {Outcome.FAIL}
    assert ops[-1].operation == "ChangeResourceRecordSets"
    assert ops[-1].outcome is Outcome.OK
    around.await_answer(zone_file.name("www"), "127.0.10.1")


def test_throttled_too_long_it_leaves_the_zone_half_made(zone_file: ZoneFile):
    around = zone_file.around
    zone_file.write({"www": simple("127.0.10.1")})

    with around.edge.rule(
        {"kind": "error", "code": "Throttling"},
        actor="octodns",
        operation="ChangeResourceRecordSets",
    ):
        _, ops = around.watch("octodns", lambda: zone_file.octodns("sync", "--doit"))

    assert [op.operation for op in throttled(ops)] == ["ChangeResourceRecordSets"] * 3
    assert zone_file.zone in str(around.edge.control.zones())
    assert around.ask(zone_file.name("www")) == []

    zone_file.apply()
    around.await_answer(zone_file.name("www"), "127.0.10.1")


def test_refused_for_good_it_says_so_and_nothing_changes(zone_file: ZoneFile):
    around = zone_file.around
    zone_file.write({"www": simple("127.0.10.1")})
    zone_file.apply()
    around.await_answer(zone_file.name("www"), "127.0.10.1")
    zone_file.write({"www": simple("127.0.10.2")})

    with around.edge.rule(
        {"kind": "error", "code": "PriorRequestNotComplete"},
        actor="octodns",
        operation="ChangeResourceRecordSets",
    ):
        done = zone_file.octodns("sync", "--doit")

    assert done.status != 0
    assert "PriorRequestNotComplete" in done.err
    assert around.ask(zone_file.name("www")) == ["127.0.10.1"]


def test_its_change_bears_its_name(zone_file: ZoneFile):
    zone_file.write({"www": simple("127.0.10.1")})

    _, ops = zone_file.around.watch("octodns", zone_file.apply)

    *_, change = ops
    assert {op.actor for op in ops} == {"octodns"}
    assert change.operation == "ChangeResourceRecordSets"
    zone, www = zone_file.zone, f"www.{zone_file.zone}"
    assert change.writes == (f"route53:{zone}/{www}/A",)
