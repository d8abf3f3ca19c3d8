from __future__ import annotations

import pytest

from gameday.model.zone import (
    Action,
    AliasTarget,
    Change,
    RecordSet,
    parse_change_batch,
    parse_record_set,
    render_change,
    render_record_set,
)

SHAPES = [
    {
        "Name": "x.example.com.",
        "Type": "A",
        "TTL": 0,
        "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}],
    },
    {
        "Name": "x.example.com.",
        "Type": "A",
        "SetIdentifier": "lb-1",
        "Weight": 0,
        "AliasTarget": {
            "HostedZoneId": "Z1",
            "DNSName": "lb-1.example.com.",
            "EvaluateTargetHealth": True,
        },
    },
    {
        "Name": "x.example.com.",
        "Type": "A",
        "SetIdentifier": "eu",
        "GeoLocation": {"ContinentCode": "EU"},
        "HealthCheckId": "0b9d",
        "TTL": 60,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    },
    {
        "Name": "x.example.com.",
        "Type": "A",
        "SetIdentifier": "many",
        "MultiValueAnswer": True,
        "TTL": 60,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    },
]


@pytest.mark.parametrize("shape", SHAPES)
def test_boto3s_dictionary_survives_the_model(shape):
    assert render_record_set(parse_record_set(shape)) == shape


def test_names_and_zone_ids_are_brought_into_their_kept_form():
    shape = {
        "Name": "X.Example.com",
        "Type": "A",
        "AliasTarget": {"HostedZoneId": "/hostedzone/Z1", "DNSName": "LB.example.com"},
    }

    assert parse_record_set(shape) == RecordSet(
        name="x.example.com.",
        type="A",
        alias=AliasTarget(zone_id="Z1", name="lb.example.com."),
    )


def test_a_batch_is_found_in_the_parameters_or_stands_alone():
    line = {"Action": "UPSERT", "ResourceRecordSet": SHAPES[0]}
    changes = (Change(action=Action.UPSERT, record_set=parse_record_set(SHAPES[0])),)

    assert parse_change_batch({"Changes": [line]}) == changes
    assert (
        parse_change_batch({"HostedZoneId": "Z", "ChangeBatch": {"Changes": [line]}})
        == changes
    )
    assert [render_change(change) for change in changes] == [line]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "has no Changes"),
        ({"ChangeBatch": None}, "not a change batch"),
        ({"Changes": [{"ResourceRecordSet": SHAPES[0]}]}, "has no Action"),
        ({"Changes": [{"Action": "CREATE"}]}, "has no ResourceRecordSet"),
        ({"Changes": ["CREATE"]}, "not a change batch"),
        (
            {"Changes": [{"Action": "PUT", "ResourceRecordSet": SHAPES[0]}]},
            "'PUT' is not a valid Action",
        ),
        (
            {"Changes": [{"Action": "CREATE", "ResourceRecordSet": {"Type": "A"}}]},
            "has no Name",
        ),
        (
            {
                "Changes": [
                    {
                        "Action": "CREATE",
                        "ResourceRecordSet": {**SHAPES[0], "TTL": "soon"},
                    }
                ]
            },
            "soon",
        ),
    ],
)
def test_what_is_no_batch_is_refused_with_the_reason(params, reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_change_batch(params)
