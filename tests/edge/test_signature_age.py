"""Callers whose clock is off: what AWS says, and that boto3 cannot mend it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.auth
import pytest
from botocore.exceptions import ClientError
from edge_lab import EdgeProcess
from multidict import CIMultiDict

from gameday.edge.signature_age import signed_at, skew_ms, skew_refusal

NOON = datetime(2025, 10, 20, 12, 0, 0, tzinfo=UTC)
FIVE_MINUTES_MS = 300_000


def headers(**given: str) -> CIMultiDict[str]:
    return CIMultiDict(
        {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA"}
        | {name.replace("_", "-"): value for name, value in given.items()}
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (headers(X_Amz_Date="20251020T120000Z"), NOON),
        (headers(Date="Mon, 20 Oct 2025 12:00:00 GMT"), NOON),
        (headers(Date="Mon, 20 Oct 2025 14:00:00 +0200"), NOON),
        (headers(X_Amz_Date="20251020T120000Z", Date="rubbish"), NOON),
        (headers(X_Amz_Date="noon"), None),
        (headers(Date="noon"), None),
        (headers(), None),
        (CIMultiDict({"X-Amz-Date": "20251020T120000Z"}), None),
    ],
)
def test_the_date_of_a_signature_is_read(given, expected):
    assert signed_at(given) == expected


def test_skew_is_positive_ahead_of_the_edge_and_negative_behind_it():
    given = headers(X_Amz_Date="20251020T120000Z")
    assert skew_ms(given, NOON - timedelta(seconds=90)) == 90_000
    assert skew_ms(given, NOON + timedelta(seconds=90)) == -90_000
    assert skew_ms(headers(), NOON) is None


EXPIRED = (
    "Signature expired: 20251020T114400Z is now earlier than "
    "20251020T115500Z (20251020T120000Z - 5 min.)"
)
NOT_YET = (
    "Signature not yet current: 20251020T121600Z is still later than "
    "20251020T120500Z (20251020T120000Z + 5 min.)"
)


@pytest.mark.parametrize(("minutes", "message"), [(-16, EXPIRED), (16, NOT_YET)])
def test_the_message_is_that_of_aws(minutes, message):
    signed = NOON + timedelta(minutes=minutes)
    refusal = skew_refusal("dynamodb", "json", signed, NOON, FIVE_MINUTES_MS)
    assert refusal.message == message


def reject_skew(edge: EdgeProcess, **fault: Any) -> str:
    return edge.control.set_rule(
        {"match": {}, "fault": {"kind": "reject_skew", **fault}}
    )


@pytest.fixture
def clock_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Shifts the clock that botocore signs by."""

    def shift(minutes: float) -> None:
        def shifted(remove_tzinfo: bool = True) -> datetime:  # noqa: FBT001, FBT002 - as botocore calls it
            now = datetime.now(UTC) + timedelta(minutes=minutes)
            return now.replace(tzinfo=None) if remove_tzinfo else now

        monkeypatch.setattr(botocore.auth, "get_current_datetime", shifted)

    return shift


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "status"),
    [
        ("dynamodb", "list_tables", {}, "InvalidSignatureException", 400),
        ("route53", "list_hosted_zones", {}, "SignatureDoesNotMatch", 403),
        ("sts", "get_caller_identity", {}, "SignatureDoesNotMatch", 403),
        (
            "lambda",
            "get_function",
            {"FunctionName": "f"},
            "InvalidSignatureException",
            403,
        ),
        ("ec2", "describe_instances", {}, "RequestExpired", 400),
        (
            "s3",
            "get_object",
            {"Bucket": "bucket", "Key": "k"},
            "RequestTimeTooSkewed",
            403,
        ),
    ],
)
@pytest.mark.parametrize("minutes", [-6, 6])
def test_boto3_raises_what_each_service_says_to_a_clock_that_is_off(  # noqa: PLR0917 - columns
    edge,
    clock_of_the_caller,
    service,
    operation,
    parameters,
    code,
    status,
    minutes,
):
    rule = reject_skew(edge)
    clock_of_the_caller(minutes)
    with pytest.raises(ClientError) as raised:
        getattr(edge.client(service), operation)(**parameters)
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    op = edge.last(rule=rule)
    assert (op.ruling, op.outcome, op.status, op.error) == (
        "reject_skew",
        "fail",
        status,
        code,
    )


def test_boto3_does_not_mend_its_clock_and_does_not_try_again(
    edge, clock_of_the_caller
):
    rule = reject_skew(edge)
    clock_of_the_caller(-20)
    with pytest.raises(ClientError, match=r"Signature expired: .* - 5 min"):
        edge.client("dynamodb", attempts=3).list_tables()
    (counted,) = edge.control.rules()
    assert (counted["id"], counted["seen"], counted["fired"]) == (rule, 1, 1)


def test_a_clock_within_the_limit_passes(edge, clock_of_the_caller):
    reject_skew(edge)
    clock_of_the_caller(4)
    edge.client("dynamodb").list_tables()
    clock_of_the_caller(-4)
    edge.client("dynamodb").list_tables()
    assert edge.last(operation="ListTables").ruling == "pass"
    (counted,) = edge.control.rules()
    assert (counted["seen"], counted["fired"]) == (2, 0)


def test_the_limit_can_be_narrowed(edge, clock_of_the_caller):
    reject_skew(edge, skew_ms_max=60_000)
    clock_of_the_caller(2)
    with pytest.raises(ClientError, match=r"not yet current: .* \+ 1 min\."):
        edge.client("dynamodb").list_tables()
