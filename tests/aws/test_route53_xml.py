"""The wire format, held against botocore's own serialiser and parser."""

from __future__ import annotations

from typing import Any

import botocore.parsers
import botocore.serialize
import botocore.session
import pytest

from gameday.aws.route53_xml import (
    parse_change_batch_xml,
    parse_record_sets_xml,
    render_change_info,
    render_error,
    render_record_sets,
)
from gameday.model.zone import list_record_sets, new_zone

MODEL = botocore.session.get_session().get_service_model("route53")
PARSER = botocore.parsers.create_parser("rest-xml")
BATCH = {
    "Comment": "flip <root> & rollback",
    "Changes": [
        {
            "Action": "DELETE",
            "ResourceRecordSet": {
                "Name": "lock.example.com",
                "Type": "TXT",
                "TTL": 1,
                "ResourceRecords": [{"Value": '"enactor-az1/1 \\"x\\" 42"'}],
            },
        },
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": "example.com",
                "Type": "A",
                "SetIdentifier": "lb-1",
                "Weight": 0,
                "AliasTarget": {
                    "HostedZoneId": "Z1",
                    "DNSName": "lb-1.example.com",
                    "EvaluateTargetHealth": False,
                },
            },
        },
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": "geo.example.com",
                "Type": "A",
                "SetIdentifier": "eu",
                "GeoLocation": {"ContinentCode": "EU"},
                "MultiValueAnswer": True,
                "TTL": 60,
                "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}],
            },
        },
    ],
}


def serialised(batch: dict[str, Any]) -> bytes:
    operation = MODEL.operation_model("ChangeResourceRecordSets")
    request = botocore.serialize.create_serializer("rest-xml").serialize_to_request(
        {"HostedZoneId": "Z1", "ChangeBatch": batch}, operation
    )
    body: bytes = request["body"]
    return body


def parsed(operation: str, body: bytes, status: int = 200) -> dict[str, Any]:
    reply = {"body": body, "headers": {}, "status_code": status}
    shape = MODEL.operation_model(operation).output_shape
    result: dict[str, Any] = PARSER.parse(reply, shape)
    return result


def test_what_botocore_sends_is_read_as_it_was_given():
    assert parse_change_batch_xml(serialised(BATCH)) == {"ChangeBatch": BATCH}


def test_botocore_reads_the_error_with_every_message():
    body = render_error("InvalidChangeBatch", ["first <a>", "second"], "id-1")

    reply = parsed("ChangeResourceRecordSets", body, 400)

    assert reply["Error"]["Code"] == "InvalidChangeBatch"
    assert reply["Error"]["Message"] == "[first <a>, second]"
    assert reply["ResponseMetadata"]["RequestId"] == "id-1"


def test_one_message_of_another_error_stands_without_brackets():
    reply = parsed("GetChange", render_error("NoSuchChange", "not there"), 404)

    assert reply["Error"] == {
        "Type": "Sender",
        "Code": "NoSuchChange",
        "Message": "not there",
    }


def test_a_batch_error_is_bracketed_even_with_one_message():
    body = render_error("InvalidChangeBatch", "only")

    assert parsed("GetChange", body, 400)["Error"]["Message"] == "[only]"


@pytest.mark.parametrize("change_id", ["C1", "/change/C1"])
def test_botocore_reads_a_change(change_id: str):
    moment = "2025-10-20T06:48:00.123Z"
    changed = render_change_info(change_id, "PENDING", moment, "a & b")
    got = render_change_info(change_id, "INSYNC", moment, root="GetChangeResponse")

    info = parsed("ChangeResourceRecordSets", changed)["ChangeInfo"]
    assert (info["Id"], info["Status"], info["Comment"]) == (
        "/change/C1",
        "PENDING",
        "a & b",
    )
    assert info["SubmittedAt"].isoformat() == "2025-10-20T06:48:00.123000+00:00"
    assert parsed("GetChange", got)["ChangeInfo"]["Status"] == "INSYNC"


def test_botocore_reads_a_page_as_we_do():
    body = render_record_sets(list_record_sets(new_zone("Z1", "example.com")))

    reply = parsed("ListResourceRecordSets", body)

    del reply["ResponseMetadata"]
    assert [each["Type"] for each in reply["ResourceRecordSets"]] == ["NS", "SOA"]
    assert reply | {"MaxItems": 300} == parse_record_sets_xml(body)


def test_botocore_reads_where_the_next_page_begins():
    page = list_record_sets(new_zone("Z1", "example.com"), max_items=1)

    reply = parsed("ListResourceRecordSets", render_record_sets(page))

    assert reply["IsTruncated"] is True
    assert (reply["NextRecordName"], reply["NextRecordType"]) == ("example.com.", "SOA")
    assert "NextRecordIdentifier" not in reply


def change(inside: str) -> bytes:
    return (
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>"
        f"{inside}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    ).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not well formed"),
        (b"<a>", "not well formed"),
        (b"\xff\xfe", "not UTF-8"),
        (b"<Other/>", "expected ChangeResourceRecordSetsRequest"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        (b"<ChangeResourceRecordSetsRequest/>", "has no ChangeBatch"),
        (change(""), "no Changes"),
        (change("<Change><Action>CREATE</Action></Change>"), "no ResourceRecordSet"),
        (
            change(
                "<Change><Action>CREATE</Action><ResourceRecordSet><Name>a</Name>"
                "</ResourceRecordSet></Change>"
            ),
            "a ResourceRecordSet has no Type",
        ),
        (
            change(
                "<Change><Action>CREATE</Action><ResourceRecordSet><Name>a</Name>"
                "<Type>A</Type><TTL>soon</TTL></ResourceRecordSet></Change>"
            ),
            "soon",
        ),
        (
            change(
                "<Change><Action>CREATE</Action><ResourceRecordSet><Name>a</Name>"
                "<Type>A</Type><AliasTarget><DNSName>b</DNSName></AliasTarget>"
                "</ResourceRecordSet></Change>"
            ),
            "an AliasTarget has no HostedZoneId",
        ),
        (change("<Change>" * 100 + "</Change>" * 100), "nested deeper than 16"),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(body: bytes, reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_change_batch_xml(body)
