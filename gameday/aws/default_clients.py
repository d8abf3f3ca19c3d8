"""Where does a boto3 client lead that is made without any argument?

Activities of other Chaos Toolkit extensions make such clients: they take
endpoint, credentials and region from the environment of this process. Left
alone they would call real AWS, or an emulator past its edge. `lead_to` makes
the environment name the edge, whatever it named before, with no proxy before it,
and its undoing puts everything back.

The environment belongs to the whole process: two stages at once, on threads,
cannot both be led to.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3

from gameday.aws.sessions import SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Container

__all__ = ["lead_to"]

_ENDPOINT = "AWS_ENDPOINT_URL"
_IGNORED = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
_KEY = "AWS_ACCESS_KEY_ID"
_SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a name
_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - a name
_DEFAULT_REGION = "AWS_DEFAULT_REGION"
_NO_PROXY = ("no_proxy", "NO_PROXY")
"""Which of the two is read differs between programs."""


def lead_to(
    endpoint_url: str, *, region: str, access_key: str, known: Container[str]
) -> Callable[[], None]:
    """Lead every client that says nothing else to an endpoint.

    Args:
        endpoint_url: the edge's gateway.
        region: taken where the environment names none.
        access_key: who calls, unless the environment names a key in `known`.
        known: access keys that belong to somebody there.

    Returns:
        What puts the environment back; calling it twice is the same as once.
    """
    before = {name: os.environ[name] for name in os.environ if _is_ours(name)}
    for name in before:
        if name.startswith(_ENDPOINT) or name == _IGNORED:
            del os.environ[name]
    os.environ[_ENDPOINT] = endpoint_url
    os.environ.setdefault(_DEFAULT_REGION, before.get("AWS_REGION", region))
    if before.get(_KEY) not in known:
        os.environ |= {_KEY: access_key, _SECRET: SECRET_KEY}
        os.environ.pop(_TOKEN, None)
    direct = next((before[name] for name in _NO_PROXY if before.get(name)), "")
    host = urlsplit(endpoint_url).hostname or ""
    for name in _NO_PROXY:
        os.environ[name] = f"{direct},{host}" if direct else host
    # The default session keeps the credentials that it has found once.
    boto3.DEFAULT_SESSION = None

    def put_back() -> None:
        for name in list(filter(_is_ours, os.environ)):
            del os.environ[name]
        os.environ.update(before)
        boto3.DEFAULT_SESSION = None

    return put_back


def _is_ours(name: str) -> bool:
    return name.startswith(_ENDPOINT) or name in {
        _IGNORED,
        _KEY,
        _SECRET,
        _TOKEN,
        _DEFAULT_REGION,
        *_NO_PROXY,
    }
