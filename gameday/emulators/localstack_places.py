"""Where does LocalStack come from: running, in Docker, or installed?

In this order: one that the environment names (any edition, as long as it is on
loopback and has the services that a region needs); else 4.14.0 in Docker, where
an engine answers and has the image; else 4.14.0 in host mode, where
`gameday emulator install localstack` has put it. 4.14.0 is the last release that
asks for no token.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gameday.aws.localstack_endpoint import named_endpoint
from gameday.emulators.localstack_install import VERSION, find_installation
from gameday.errors import InvalidInput, NotLoopback

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "IMAGE",
    "docker_answers",
    "has_image",
    "reported_version",
    "running",
    "why_missing",
    "why_outside",
]

IMAGE = f"localstack/localstack:{VERSION}"
NEEDED_SERVICES = ("route53", "dynamodb", "cloudwatch")

_FREE_EDITIONS = ("community", "unknown")
"""In host mode LocalStack does not know which it is."""
_HEALTH = "/_localstack/health"
_INFO = "/_localstack/info"
_ANSWER_DEADLINE_S = 5.0
_DOCKER_DEADLINE_S = 5.0


def running() -> str | None:
    """Return the URL of the LocalStack that the environment names, if any.

    Raises:
        InvalidInput: nothing answers there, it is not LocalStack, or it lacks a
            service.
        NotLoopback: it is not on this machine.
    """
    named = named_endpoint()
    if named is None:
        return None
    variable, url = named
    parts = urlsplit(url)
    if parts.scheme != "http":
        raise InvalidInput(
            f"{variable} names {url}, and gameday speaks plain HTTP to an emulator; "
            "unset USE_SSL, LocalStack answers both on one port"
        )
    place = f"http://{_loopback(parts.hostname or '', url)}:{parts.port or 80}"
    _ensure_licensed(place, url, variable)
    services = _health(place, variable).get("services") or {}
    usable = {name for name, state in services.items() if state in _USABLE}
    lacking = [name for name in NEEDED_SERVICES if name not in usable]
    if lacking:
        raise InvalidInput(
            f"the LocalStack at {url} ({variable}) does not offer {', '.join(lacking)};"
            " start it without SERVICES, or with an edition that has them"
        )
    return place


_USABLE = frozenset({"available", "running", "starting", "initialized"})


def why_missing() -> Iterator[str]:
    """Yield why no LocalStack could be started, if none could."""
    if docker_answers() and has_image():
        return
    for reason in find_installation().why_incomplete():
        yield (
            f"the emulator 'localstack' cannot be started: {reason}; "
            "gameday emulator install localstack puts it right"
        )


def why_outside() -> Iterator[str]:
    """Yield why LocalStack would stay outside of a private network, if it would.

    A container publishes its port on the loopback of the machine.
    """
    named = named_endpoint()
    if named is not None:
        variable, url = named
        yield (
            f"the LocalStack at {url}, which {variable} names, is outside of the "
            f"private network; unset {variable} to have one started inside"
        )
    elif docker_answers() and has_image():
        yield (
            "Docker would start LocalStack outside of the private network; without a "
            "Docker engine the installed one is started inside"
        )


def docker_answers() -> bool:
    """Whether a Docker engine answers here."""
    return _docker("info")


def has_image() -> bool:
    """Whether the engine has LocalStack's image, so that a start needs no network."""
    return _docker("image", "inspect", IMAGE)


def _docker(*arguments: str) -> bool:
    command = shutil.which("docker")
    if command is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [command, *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DOCKER_DEADLINE_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _loopback(host: str, url: str) -> str:
    """Return an address of `host` on this machine.

    LocalStack's own names, such as localhost.localstack.cloud, are loopback
    addresses in public DNS, so a name is judged by what it resolves to.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise NotLoopback(url) from None
    addresses = [str(each[4][0]) for each in found]
    if not all(ipaddress.ip_address(each).is_loopback for each in addresses):
        raise NotLoopback(url)
    four = [each for each in addresses if ":" not in each]
    return four[0] if four else f"[{addresses[0]}]"


def reported_version(url: str) -> str:
    """Return version and edition as an emulator reports them, "" if it does not.

    LocalStack and MiniStack answer on the same path; whatever else answers, or
    does not, has no version to report.

    Args:
        url: where it serves.
    """
    try:
        health = json.loads(_get(url, _HEALTH))
        version, edition = health["version"], health.get("edition")
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return ""
    return f"{version} ({edition})" if edition else str(version)


def _ensure_licensed(place: str, url: str, variable: str) -> None:
    """Refuse an edition that waits for its licence: most of it would answer 501."""
    try:
        about = json.loads(_get(place, _INFO))
        edition, activated = about["edition"], about["is_license_activated"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        # Old releases do not tell; whether it is LocalStack, its health says.
        return
    if edition not in _FREE_EDITIONS and not activated:
        raise InvalidInput(
            f"the LocalStack at {url} ({variable}) is the {edition} edition and its "
            "licence is not activated; restart it with a valid LOCALSTACK_AUTH_TOKEN, "
            f"or unset {variable} to have {VERSION} started, which needs no token"
        )


def _get(place: str, path: str) -> bytes:
    parts = urlsplit(place)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=_ANSWER_DEADLINE_S
    )
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _health(place: str, variable: str) -> dict[str, Any]:
    try:
        body = _get(place, _HEALTH)
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InvalidInput(
            f"no LocalStack answers at {place}, which {variable} names: {why}; "
            f"start it (its log says so when it ended for want of a valid "
            f"LOCALSTACK_AUTH_TOKEN), or unset {variable} to have one started"
        ) from error
    try:
        health = json.loads(body)
    except ValueError:
        health = None
    if not isinstance(health, dict) or "services" not in health:
        raise InvalidInput(
            f"what answers at {place}, which {variable} names, is not LocalStack; "
            f"unset {variable} to have one started"
        )
    return health
