"""How is one HTTP request to AWS signed without a whole client?

Used where a request must go to an address that somebody else resolved, and
where building a client would cost more than the request.
"""

from __future__ import annotations

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gameday.aws.sessions import SECRET_KEY

__all__ = ["signed_headers"]


def signed_headers(
    *, url: str, service: str, target: str, body: str, access_key: str, region: str
) -> dict[str, str]:
    """Return the headers of a signed POST to a JSON service.

    Args:
        url: the whole URL; its host is signed.
        service: name in the credential scope, e.g. "dynamodb".
        target: value of X-Amz-Target, e.g. "DynamoDB_20120810.GetItem".
        body: the request's JSON text.
        access_key: who asks.
        region: AWS region of the credential scope.
    """
    request = AWSRequest(
        method="POST",
        url=url,
        data=body,
        headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target},
    )
    credentials = Credentials(access_key, SECRET_KEY)
    SigV4Auth(credentials, service, region).add_auth(request)
    prepared = request.prepare()
    return {
        "Host": url.split("/")[2],
        **{str(name): _text(value) for name, value in prepared.headers.items()},
    }


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
