"""Which AWS call is this attempt?

Attempts that say the same are one `AwsCall`, whoever run they come from and however
often they are made. What differs from run to run without meaning anything (the
signature, its date, the SDK's invocation id) is left out of the comparison.

A call's `likeness` is the same for calls that differ in times only: every number of
ten digits or more counts as a time. It tells whether a program that waits is merely
asking again.
"""

from __future__ import annotations

import hashlib
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gameday.edge.call import CallNamer, RequestHead
from gameday.errors import InvalidInput
from gameday.explore.footprint import Footprint, footprint_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from gameday.aws.attempts import Attempt

__all__ = ["AwsCall", "AwsCalls", "NotExplorable", "likeness"]

_COMPARED_HEADERS = ("content-type", "x-amz-target", "host")
_TIME = re.compile(r"\d{10,}")
_SCOPE = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")
_MADE_UP_ID = re.compile(r"/change/C[A-Z0-9]+|<RequestId>[0-9a-f]+")


class NotExplorable(InvalidInput):
    """An actor calls something whose state cannot be put back."""


class AwsCall:
    """One distinct call.

    Attributes:
        number: its place among the calls.
        attempt: the first attempt that said this.
        service: botocore's name.
        operation: its operation.
        parameters: by boto3 name.
        footprint: what it touches.
        likeness: see the module.
        digest: stands for it in saved schedules.
        outcomes: state of its service -> (reply, next state), see `world`.
        effects: values it depends on -> (reply, changes), see `world`.
    """

    __slots__ = (
        "attempt",
        "digest",
        "effects",
        "footprint",
        "likeness",
        "number",
        "operation",
        "outcomes",
        "parameters",
        "service",
        "shown",
    )

    def __init__(
        self,
        *,
        number: int,
        attempt: Attempt,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        footprint: Footprint,
        identity: str,
    ) -> None:
        self.number = number
        self.attempt = attempt
        self.service = service
        self.operation = operation
        self.parameters = parameters
        self.footprint = footprint
        self.likeness = sys.intern(likeness(identity))
        self.digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self.shown = f"{service}.{operation} {self.digest}"
        self.outcomes: dict[int, tuple[int, int]] = {}
        self.effects: dict[Hashable, tuple[int, tuple[tuple[str, int], ...]]] = {}


class AwsCalls:
    """Every distinct call that was met, by what it says."""

    def __init__(
        self,
        *,
        services: tuple[str, ...],
        keys_of: Callable[[str, str], tuple[str, ...] | None],
    ) -> None:
        self._services = services
        self._keys_of = keys_of
        self._namer = CallNamer({})
        self._by_identity: dict[str, AwsCall] = {}
        self.by_number: list[AwsCall] = []

    def named(self, attempt: Attempt) -> AwsCall:
        """Return the call that an attempt makes.

        Raises NotExplorable for a service whose state the world cannot put back.
        """
        identity = _identity(attempt)
        found = self._by_identity.get(identity)
        if found is None:
            found = self._by_identity[identity] = self._name(attempt, identity)
            self.by_number.append(found)
        return found

    def _name(self, attempt: Attempt, identity: str) -> AwsCall:
        where = urlsplit(attempt.url)
        headers = _Headers(attempt.headers)
        target = f"{where.path}?{where.query}" if where.query else where.path
        named = self._namer.identify(
            RequestHead.parse(attempt.method, target, headers), attempt.body
        )
        if named.service not in self._services:
            raise NotExplorable(
                f"{named.service or attempt.url} {named.operation} is not explorable: "
                f"only the state of {', '.join(self._services)} can be put back"
            )
        footprint = footprint_of(
            named.service,
            named.operation,
            named.parameters,
            region=named.region,
            keys_of=self._keys_of,
        )
        return AwsCall(
            number=len(self.by_number),
            attempt=attempt,
            service=named.service,
            operation=named.operation,
            parameters=named.parameters,
            footprint=footprint,
            identity=identity,
        )


class _Headers(dict[str, str]):
    """Headers by name, ignoring case."""

    def __init__(self, headers: tuple[tuple[str, str], ...]) -> None:
        super().__init__({name.lower(): value for name, value in headers})

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's value."""
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


def likeness(text: str) -> str:
    """Return `text` without its times, ids of changes and ids of requests."""
    return _TIME.sub("#", _MADE_UP_ID.sub("#", text))


def _identity(attempt: Attempt) -> str:
    headers = {name.lower(): value for name, value in attempt.headers}
    scope = _SCOPE.search(headers.get("authorization", ""))
    compared = [headers.get(name, "") for name in _COMPARED_HEADERS]
    body = attempt.body.decode("utf-8", "surrogateescape")
    return "\n".join(
        [
            attempt.method,
            attempt.url,
            *(scope.groups() if scope else ()),
            *compared,
            body,
        ]
    )
