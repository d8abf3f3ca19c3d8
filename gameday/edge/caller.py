"""Who signed this request, for which region and service?

AWS has three places for a signature: the Authorization header, the query string
of a presigned URL, and, of old, Signature Version 2. Nothing is verified: a game
day's emulators do not, and the key id is all that tells its actors apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANONYMOUS", "UNKNOWN_PREFIX", "Caller", "name_caller"]

ANONYMOUS = "anonymous"
UNKNOWN_PREFIX = "unknown:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What a signature says.

    Attributes:
        key_id: access key id, "" for an unsigned request.
        region: AWS region of the credential scope, "" when there is none.
        signing_name: the service's signing name, "" when there is none.
    """

    key_id: str = ""
    region: str = ""
    signing_name: str = ""

    def actor(self, actors: Mapping[str, str]) -> str:
        """Return the actor that a key id belongs to.

        Args:
            actors: actors by access key id.
        """
        if not self.key_id:
            return ANONYMOUS
        return actors.get(self.key_id, f"{UNKNOWN_PREFIX}{self.key_id}")


def name_caller(authorization: str, query: Mapping[str, str]) -> Caller:
    """Return what the signature of a request says.

    Args:
        authorization: the Authorization header, "" without one.
        query: the decoded query string.
    """
    if authorization.startswith("AWS4-"):
        _, found, rest = authorization.partition("Credential=")
        return _scope(rest.partition(",")[0].strip()) if found else Caller()
    if authorization.startswith("AWS "):
        key_id = authorization.removeprefix("AWS ").partition(":")[0].strip()
        return Caller(key_id=key_id, signing_name="s3")
    if "X-Amz-Credential" in query:
        return _scope(query["X-Amz-Credential"])
    if "AWSAccessKeyId" in query:
        # The query protocol signs so with an Action, S3's presigned URLs without.
        signing_name = "" if "Action" in query else "s3"
        return Caller(key_id=query["AWSAccessKeyId"], signing_name=signing_name)
    return Caller()


def _scope(credential: str) -> Caller:
    """Read <key id>/<date>/<region>/<service>/aws4_request.

    Signature Version 4A has no region in its scope; a key id may hold a slash.
    """
    parts = credential.rsplit("/", 4)
    if len(parts) == 5 and parts[1].isdigit():
        return Caller(key_id=parts[0], region=parts[2], signing_name=parts[3])
    parts = credential.rsplit("/", 3)
    if len(parts) == 4 and parts[1].isdigit():
        return Caller(key_id=parts[0], signing_name=parts[2])
    return Caller(key_id=credential.partition("/")[0])
