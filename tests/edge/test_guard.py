"""Route 53's contract in front of emulators that do not keep it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from edge_lab import (
    EdgeProcess,
    ScriptedEmulator,
    Seen,
    client,
    running_edge,
    start_thread,
)

NUMBERS = itertools.count(1)


def text(
    action: str, value: str, name: str = "lock", zone: str = "guarded.test"
) -> dict[str, Any]:
    return {
        "Action": action,
        "ResourceRecordSet": {
            "Name": f"{name}.{zone}",
            "Type": "TXT",
            "TTL": 5,
            "ResourceRecords": [{"Value": f'"{value}"'}],
        },
    }


ZONE = "guarded.test"


def new_zone_id(edge: EdgeProcess) -> str:
    reply = edge.client("route53").create_hosted_zone(
        Name=ZONE, CallerReference=f"reference {next(NUMBERS)}"
    )
    return str(reply["HostedZone"]["Id"]).rpartition("/")[2]


@pytest.fixture
def zone_id(edge: EdgeProcess) -> Iterator[str]:
    made = new_zone_id(edge)
    yield made
    route53 = edge.client("route53")
    extra = [
        {"Action": "DELETE", "ResourceRecordSet": one}
        for one in route53.list_resource_record_sets(HostedZoneId=made)[
            "ResourceRecordSets"
        ]
        if one["Type"] not in ("SOA", "NS")
    ]
    if extra:
        change(edge, made, *extra)
    route53.delete_hosted_zone(Id=made)


def change(
    edge: EdgeProcess, zone_id: str, *changes: Any, actor: str = "planner"
) -> Any:
    return edge.client("route53", actor).change_resource_record_sets(
        HostedZoneId=zone_id, ChangeBatch={"Changes": list(changes)}
    )["ChangeInfo"]


def texts(route53: Any, zone_id: str) -> list[str]:
    listed = route53.list_resource_record_sets(HostedZoneId=zone_id)
    return sorted(
        record["Value"].strip('"')
        for one in listed["ResourceRecordSets"]
        if one["Type"] == "TXT"
        for record in one["ResourceRecords"]
    )


def test_a_stale_swap_is_refused_in_front_of_stock_moto(edge, zone_id, stock_moto_url):
    change(edge, zone_id, text("CREATE", "v1"))
    change(edge, zone_id, text("DELETE", "v1"), text("CREATE", "v2"))
    with pytest.raises(ClientError) as refused:
        change(edge, zone_id, text("DELETE", "v1"), text("CREATE", "v3"))
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidChangeBatch"
    assert "values provided do not match the current values" in error["Message"]
    op = edge.last(operation="ChangeResourceRecordSets")
    assert (op.outcome, op.error) == ("fail", "InvalidChangeBatch")
    assert op.response["Error"]["Message"] == error["Message"]
    assert texts(client("route53", stock_moto_url), zone_id) == ["v2"]


def test_one_of_eight_writers_wins_a_swap(edge, zone_id):
    change(edge, zone_id, text("CREATE", "start"))

    def swap(number: int) -> bool:
        try:
            change(edge, zone_id, text("DELETE", "start"), text("CREATE", f"w{number}"))
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(swap, range(8))) == 1


def test_a_batch_that_stock_moto_refuses_by_mistake_takes_effect(
    edge, zone_id, stock_moto_url
):
    change(edge, zone_id, text("CREATE", "v1"))
    change(edge, zone_id, text("DELETE", "v1"), text("CREATE", "v2"))
    change(edge, zone_id, text("DELETE", "v2"), text("CREATE", "v1"))
    assert texts(edge.client("route53"), zone_id) == ["v1"]
    assert texts(client("route53", stock_moto_url), zone_id) == ["v1"]
    assert edge.last(operation="reconciled").request["zone"] == f"{ZONE}."
    assert edge.control.status()["drift"] == []


def test_a_batch_is_recorded_with_its_zone_and_its_changes(edge, zone_id):
    info = change(edge, zone_id, text("CREATE", "v1"), actor="enactor-az2")
    op = edge.last(operation="ChangeResourceRecordSets")
    assert (op.actor, op.outcome) == ("enactor-az2", "ok")
    assert op.writes == (f"route53:{ZONE}/lock.{ZONE}/TXT",)
    assert op.request == {
        "HostedZoneId": zone_id,
        "Zone": ZONE,
        "ChangeBatch": {"Changes": [text("CREATE", "v1")]},
    }
    assert op.response["ChangeInfo"]["Id"] == info["Id"]


def test_a_change_is_pending_until_every_dns_edge_has_it(edge, zone_id):
    route53 = edge.client("route53")
    edge.control.set_propagation("paused")
    info = change(edge, zone_id, text("CREATE", "v1"))
    assert info["Status"] == "PENDING"
    assert route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "PENDING"
    edge.control.set_propagation("running")
    waiter = route53.get_waiter("resource_record_sets_changed")
    waiter.wait(Id=info["Id"], WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    zone = edge.control.zone(ZONE)
    assert set(zone["served"].values()) == {zone["version"]}


def test_change_ids_are_unique_and_an_unknown_one_is_refused(edge, zone_id):
    route53 = edge.client("route53")
    ids = {change(edge, zone_id, text("CREATE", v, v))["Id"] for v in "abc"}
    assert len(ids) == 3
    with pytest.raises(route53.exceptions.NoSuchChange):
        route53.get_change(Id="C0NSENSE")


def test_the_change_that_creates_a_zone_can_be_waited_for(edge):
    route53 = edge.client("route53")
    made = route53.create_hosted_zone(Name="waited.test", CallerReference="waited")
    waiter = route53.get_waiter("resource_record_sets_changed")
    waiter.wait(
        Id=made["ChangeInfo"]["Id"], WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}
    )
    gone = route53.delete_hosted_zone(Id=made["HostedZone"]["Id"])
    assert route53.get_change(Id=gone["ChangeInfo"]["Id"])["ChangeInfo"]["Status"]
    assert "waited.test." not in {zone["name"] for zone in edge.control.zones()}


def test_a_listing_pages_over_weighted_sets(edge, zone_id):
    """Stock moto repeats such a page for ever."""
    for number in range(5):
        record_set = {
            "Name": f"w.{ZONE}",
            "Type": "A",
            "SetIdentifier": f"s{number}",
            "Weight": 1,
            "TTL": 5,
            "ResourceRecords": [{"Value": f"127.0.10.{number}"}],
        }
        change(edge, zone_id, {"Action": "CREATE", "ResourceRecordSet": record_set})
    pages = (
        edge.client("route53")
        .get_paginator("list_resource_record_sets")
        .paginate(HostedZoneId=zone_id, PaginationConfig={"PageSize": 2})
    )
    found = [one for page in pages for one in page["ResourceRecordSets"]]
    assert len(found) == 7


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"this is no XML", "InvalidInput"),
        (b"<ChangeResourceRecordSetsRequest/>", "InvalidInput"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(edge, zone_id, body, code):
    import urllib.error
    import urllib.request

    scope = "AKIAENACTORAZ1000001/20251020/us-east-1/route53/aws4_request"
    request = urllib.request.Request(
        f"{edge.url}/2013-04-01/hostedzone/{zone_id}/rrset/",
        data=body,
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    with refused.value as reply:
        assert reply.code == 400
        assert f"<Code>{code}</Code>".encode() in reply.read()


def test_a_zone_that_does_not_exist_is_the_emulators_to_refuse(edge):
    route53 = edge.client("route53")
    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        change(edge, "ZNONSENSE", text("CREATE", "v1"))


def test_zones_of_before_the_start_are_known_at_once(edge, zone_id, tmp_path, request):
    url = request.getfixturevalue("stock_moto_url")
    change(edge, zone_id, text("CREATE", "v1"))
    with running_edge(url, tmp_path) as second:
        assert ZONE in {zone["name"].rstrip(".") for zone in second.control.zones()}


def test_without_judging_the_edge_follows_what_the_emulator_does(
    stock_moto_url, tmp_path
):
    with running_edge(stock_moto_url, tmp_path, guard=False) as bare:
        made = bare.client("route53").create_hosted_zone(
            Name="bare.test", CallerReference="bare"
        )["HostedZone"]["Id"]
        change(bare, made, text("CREATE", "v1", zone="bare.test"))
        for value in ("v2", "v3"):
            # Stock moto accepts the stale swap, and an edge that only follows too.
            old, new = (
                text(action, each, zone="bare.test")
                for action, each in (("DELETE", "v1"), ("CREATE", value))
            )
            change(bare, made, old, new)
        (record_set,) = [
            one
            for one in bare.control.zone("bare.test")["record_sets"]
            if one["Type"] == "TXT"
        ]
        assert record_set["ResourceRecords"] == [{"Value": '"v3"'}]


class SmallRoute53:
    """Just enough of Route 53 to lie on purpose."""

    def __init__(self, number: int) -> None:
        self.zone_id = f"Z{number}"
        self.zone = f"lying-{number}.test"
        self.record = ""
        self.on_change: Any = lambda: (200, {}, b"<ok/>")
        self.applies = True

    def __call__(self, seen: Seen) -> Any:
        path = f"/2013-04-01/hostedzone/{self.zone_id}"
        if seen.target.startswith(f"{path}/rrset"):
            return self._change(seen) if seen.method == "POST" else self._list()
        if seen.target.startswith(path):
            return _xml(
                f"<GetHostedZoneResponse><HostedZone><Id>/hostedzone/{self.zone_id}"
                f"</Id><Name>{self.zone}.</Name></HostedZone></GetHostedZoneResponse>"
            )
        return 404, {}, b"<ErrorResponse/>"

    def _change(self, seen: Seen) -> Any:
        answer = self.on_change()
        if self.applies:
            values = re.findall(rb"<Value>([^<]*)</Value>", seen.body)
            self.record = values[-1].decode()
        return answer

    def _list(self) -> Any:
        record = (
            f"<ResourceRecordSet><Name>lock.{self.zone}.</Name><Type>TXT</Type><TTL>5</TTL>"
            f"<ResourceRecords><ResourceRecord><Value>{self.record}</Value>"
            "</ResourceRecord></ResourceRecords></ResourceRecordSet>"
        )
        return _xml(
            "<ListResourceRecordSetsResponse><ResourceRecordSets>"
            f"{record if self.record else ''}</ResourceRecordSets>"
            "<IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>"
            "</ListResourceRecordSetsResponse>"
        )

    def lock(self, edge: EdgeProcess, value: str) -> Any:
        """Create the lock record through the edge."""
        return change(edge, self.zone_id, text("CREATE", value, zone=self.zone))

    def texts(self, edge: EdgeProcess) -> list[str]:
        """What the edge lists."""
        return texts(edge.client("route53"), self.zone_id)

    def drift(self, edge: EdgeProcess, **options: Any) -> list[Any]:
        """What the edge says has drifted."""
        return [
            each
            for each in edge.control.status(**options)["drift"]
            if each["zone"] == f"{self.zone}."
        ]


def _xml(body: str) -> Any:
    return 200, {"Content-Type": "text/xml"}, body.encode()


REFUSAL = (
    400,
    {},
    b"<ErrorResponse><Error><Code>InvalidChangeBatch</Code></Error></ErrorResponse>",
)


@pytest.fixture
def lying(scripted: ScriptedEmulator) -> SmallRoute53:
    route53 = SmallRoute53(next(NUMBERS))
    scripted.script = route53
    return route53


def test_an_emulator_that_refuses_even_the_net_change_has_drifted(scripted_edge, lying):
    lying.applies, lying.on_change = False, lambda: REFUSAL
    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        lying.lock(scripted_edge, "v1")
    (drift,) = lying.drift(scripted_edge)
    assert drift["differing"]
    op = scripted_edge.last(operation="drift")
    assert (op.kind, op.index) == ("mark", drift["index"])
    assert lying.texts(scripted_edge) == []


def test_a_lost_reply_is_settled_by_reading_the_zone_back(
    scripted_edge, scripted, lying
):
    lying.on_change = lambda: None
    with pytest.raises(ClientError) as failed:
        lying.lock(scripted_edge, "v1")
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    op = scripted_edge.last(operation="ChangeResourceRecordSets")
    assert (op.outcome, op.error) == ("info", "ServiceUnavailable")
    assert lying.texts(scripted_edge) == ["v1"]
    posts = [seen for seen in scripted.seen if seen.method == "POST"]
    assert len(posts) == 1


def test_a_lost_request_leaves_the_zone_as_it_was(scripted_edge, lying):
    lying.applies, lying.on_change = False, lambda: (500, {}, b"")
    with pytest.raises(ClientError):
        lying.lock(scripted_edge, "v1")
    assert scripted_edge.last(operation="ChangeResourceRecordSets").outcome == "info"
    assert lying.texts(scripted_edge) == []
    lying.applies, lying.on_change = True, lambda: (200, {}, b"")
    lying.lock(scripted_edge, "v1")
    assert lying.drift(scripted_edge) == []


def test_an_emulator_that_accepts_and_does_nothing_is_found_by_comparing(
    scripted_edge, lying
):
    lying.applies = False
    lying.lock(scripted_edge, "v1")
    assert lying.drift(scripted_edge) == []
    (drift,) = lying.drift(scripted_edge, verify=True)
    assert drift["differing"] == [f"UPSERT lock.{lying.zone}. TXT"]


def test_a_client_that_goes_away_after_the_write_was_forwarded_still_commits(
    scripted_edge, lying
):
    held = scripted_edge.control.set_rule(
        {
            "match": {"operation": "ChangeResourceRecordSets"},
            "fault": {"kind": "hold", "on_disconnect": "deliver"},
        }
    )

    def give_up() -> None:
        aws = scripted_edge.client("route53", read_timeout_s=0.2)
        aws.change_resource_record_sets(
            HostedZoneId=lying.zone_id,
            ChangeBatch={"Changes": [text("CREATE", "v1", zone=lying.zone)]},
        )

    writer = start_thread(give_up)
    assert scripted_edge.control.await_hold(held)
    with pytest.raises(Exception, match="timeout"):
        writer.wait()
    scripted_edge.control.remove_rule(held)
    assert scripted_edge.ruled_on(held).outcome == "info"
    assert lying.texts(scripted_edge) == ["v1"]


def test_an_emulator_that_is_not_there_is_a_503_and_not_a_crash(tmp_path: Path):
    with running_edge("http://127.0.0.1:9", tmp_path) as edge:
        for _ in range(2):
            with pytest.raises(ClientError) as failed:
                edge.client("dynamodb").put_item(TableName="t", Item={"k": {"S": "v"}})
            error = failed.value.response
            assert error["Error"]["Code"] == "ServiceUnavailable"
            assert error["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert edge.last(operation="PutItem").outcome == "fail"
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            edge.client("route53").create_hosted_zone(Name="a.b", CallerReference="1")
