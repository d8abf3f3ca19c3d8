"""A client that is made without any argument leads to the edge, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.request import proxy_bypass

import boto3
import pytest

from gameday.aws.default_clients import lead_to

EDGE = "http://127.0.0.1:4599"
OPERATOR = "AKIAOPERATOR00000001"
TOKEN = "a-real-one"  # noqa: S105 - stands for one
CHAOSAWS = "AKIACHAOSAWS00000001"


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    proxies = {"http_proxy", "no_proxy"}
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in proxies:
            monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def led() -> Callable[[], None]:
    return lead_to(
        EDGE, region="us-east-1", access_key=OPERATOR, known={OPERATOR, CHAOSAWS}
    )


def where() -> tuple[str, str, str]:
    """Return endpoint, key and region of a client that says nothing."""
    client = boto3.client("route53")
    credentials = boto3.DEFAULT_SESSION.get_credentials()
    return client.meta.endpoint_url, credentials.access_key, client.meta.region_name


def test_a_silent_environment_leads_to_the_edge_as_the_operator():
    put_back = led()
    try:
        assert where()[:2] == (EDGE, OPERATOR)
        assert boto3.client("dynamodb").meta.region_name == "us-east-1"
    finally:
        put_back()

    assert not [name for name in os.environ if name.startswith("AWS_")]
    assert boto3.DEFAULT_SESSION is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_ROUTE_53", "http://127.0.0.1:4566"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
    ],
)
def test_what_led_past_the_edge_does_not_and_does_again_afterwards(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)

    put_back = led()
    try:
        assert where()[0] == EDGE
    finally:
        put_back()

    assert os.environ[name] == value
    assert name == "AWS_ENDPOINT_URL" or "AWS_ENDPOINT_URL" not in os.environ


def test_a_key_that_the_region_knows_stays_and_real_credentials_do_not(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    for given, taken in ((CHAOSAWS, CHAOSAWS), ("AKIAREALREALREALREAL", OPERATOR)):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", given)

        put_back = led()
        try:
            assert where()[1] == taken
            assert ("AWS_SESSION_TOKEN" in os.environ) is (given == taken)
        finally:
            put_back()

        assert os.environ["AWS_ACCESS_KEY_ID"] == given
        assert os.environ["AWS_SESSION_TOKEN"] == TOKEN


def test_a_region_that_was_named_stays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    put_back = led()
    try:
        assert boto3.client("dynamodb").meta.region_name == "eu-west-1"
    finally:
        put_back()


def test_no_proxy_stands_before_the_edge(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.com")

    put_back = led()
    try:
        assert proxy_bypass("127.0.0.1")
        assert proxy_bypass("example.com")
        assert not proxy_bypass("amazonaws.com")
    finally:
        put_back()

    assert os.environ["NO_PROXY"] == "example.com"
    assert not proxy_bypass("127.0.0.1")
