"""How does a program get a boto3 client that talks to the emulated AWS?

Every client is made here, with the options that matter said out loud:
botocore's own retries are off, because one policy (`aws/retries.py`) rules and
hidden second attempts would change what a history means; keep-alive is on, as
in life; only loopback is reachable.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config

from gameday.aws.signing_time import sign_by_own_clock
from gameday.errors import NotLoopback

__all__ = [
    "SESSION_TYPES",
    "Caller",
    "client",
    "ensure_loopback",
    "exchange_default_session",
]

SECRET_KEY = "gameday"  # noqa: S105 - emulators do not check signatures
SESSION_TYPES = (boto3.session.Session, botocore.session.Session)
MANAGED_SUFFIX = "gameday.test"
"""The domain whose names only the game day's own resolvers know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, and where the front door is.

    Attributes:
        access_key: names the actor; AKIA-style, never 12 digits, because some
            emulators read such an id as another account. None takes the
            credentials of the process's environment, as any program does.
        endpoint_url: the edge's gateway, or an emulator for harness checks.
        region: AWS region of the credential scope.
    """

    access_key: str | None
    endpoint_url: str
    region: str = "us-east-1"


def client(
    service: str,
    caller: Caller,
    *,
    connect_timeout_s: float = 2.0,
    read_timeout_s: float = 10.0,
    pool_connections_max: int = 10,
) -> Any:
    """Return a boto3 client for `service` as `caller`, with one attempt a call.

    Raises NotLoopback when the endpoint is a literal address off this machine
    or a name outside the managed domain.
    """
    ensure_loopback(caller.endpoint_url)
    sign_by_own_clock()
    session = boto3.session.Session(
        aws_access_key_id=caller.access_key,
        aws_secret_access_key=SECRET_KEY if caller.access_key else None,
        region_name=caller.region,
    )
    return session.client(
        service,  # type: ignore[call-overload]
        endpoint_url=caller.endpoint_url,
        config=Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=connect_timeout_s,
            read_timeout=read_timeout_s,
            max_pool_connections=pool_connections_max,
            proxies={},
        ),
    )


def exchange_default_session(session: Any) -> Any:
    """Make a session the one that `boto3.client` uses; return the one before.

    None stands for none: the next `boto3.client` makes one of what the environment says
    then, and with its credentials.
    """
    before = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = session
    return before


def ensure_loopback(url: str) -> None:
    """Raise NotLoopback unless `url` is on loopback or in the managed domain."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or f".{host}".endswith(f".{MANAGED_SUFFIX}"):
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise NotLoopback(url)
