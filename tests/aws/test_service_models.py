from __future__ import annotations

import subprocess
import sys

import pytest
from multidict import CIMultiDict

from gameday.aws.service_models import service_models

MODELS = service_models()


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "headers", "operation"),
    [
        ("route53", "POST", "/2013-04-01/hostedzone", {}, {}, "CreateHostedZone"),
        ("route53", "GET", "/2013-04-01/change/C1", {}, {}, "GetChange"),
        (
            "route53",
            "POST",
            "/2013-04-01/hostedzone/Z1/rrset/",
            {},
            {},
            "ChangeResourceRecordSets",
        ),
        (
            "route53",
            "GET",
            "/2013-04-01/hostedzone/Z1/rrset",
            {"name": "a"},
            {},
            "ListResourceRecordSets",
        ),
        ("s3", "PUT", "/bucket/a/b", {}, {}, "PutObject"),
        ("s3", "PUT", "/bucket/a", {}, {"X-Amz-Copy-Source": "c"}, "CopyObject"),
        (
            "s3",
            "PUT",
            "/bucket/a",
            {"partNumber": "1", "uploadId": "u"},
            {},
            "UploadPart",
        ),
        ("s3", "GET", "/bucket", {"list-type": "2"}, {}, "ListObjectsV2"),
        ("s3", "GET", "/bucket/", {}, {}, "ListObjects"),
        ("s3", "GET", "/bucket", {"acl": ""}, {}, "GetBucketAcl"),
        ("s3", "GET", "/", {}, {}, "ListBuckets"),
        (
            "lambda",
            "POST",
            "/2015-03-31/functions/f/invocations",
            {},
            {},
            "Invoke",
        ),
    ],
)
def test_a_rest_request_names_its_operation(  # noqa: PLR0917 - a table's columns
    service, method, path, query, headers, operation
):
    model = MODELS.get(service)
    assert model is not None
    match = model.route(method, path, query, CIMultiDict(headers))
    assert match is not None
    assert match.operation == operation


def test_path_labels_are_decoded_after_the_path_is_split():
    model = MODELS.get("lambda")
    assert model is not None
    path = "/2015-03-31/functions/arn%3Aaws%2Ff/invocations"
    match = model.route("POST", path, {}, {})
    assert match is not None
    assert match.labels == {"FunctionName": "arn:aws/f"}


def test_a_path_of_no_operation_matches_nothing():
    model = MODELS.get("route53")
    assert model is not None
    assert model.route("GET", "/2013-04-01/nonsense", {}, {}) is None


@pytest.mark.parametrize(
    ("signing_name", "service"),
    [
        ("monitoring", "cloudwatch"),
        ("elasticloadbalancing", "elbv2"),
        ("states", "stepfunctions"),
        ("ses", "sesv2"),
        ("dynamodb", "dynamodbstreams"),
    ],
)
def test_a_signing_name_that_is_no_service_name_is_found(signing_name, service):
    assert service in MODELS.signed_as(signing_name)


def test_a_modelled_error_is_found_by_its_shape_and_by_its_wire_code():
    iam = MODELS.get("iam")
    assert iam is not None
    by_shape = iam.error("NoSuchEntityException")
    assert by_shape is not None
    assert (by_shape.code, by_shape.status) == ("NoSuchEntity", 404)
    assert iam.error("NoSuchEntity") == by_shape
    assert iam.error("Nonsense") is None


def test_an_operation_is_looked_for_in_every_service():
    assert MODELS.offers("AllocateAddress")
    assert not MODELS.offers("AllocateNonsense")


def test_neither_boto3_nor_botocore_is_imported_for_the_models():
    code = (
        "import sys; from gameday.aws.service_models import service_models;"
        "service_models().get('dynamodb');"
        "print([name for name in sys.modules if 'boto' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
