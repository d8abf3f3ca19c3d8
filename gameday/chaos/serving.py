"""Does the endpoint serve a customer who comes by the address that DNS gave?

One connection to the first address, one signed GetItem by the endpoint's own
name, over the standard library, so that asking every second costs little. Any
answer of the service below 500 counts as served.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.chaos.looking_up import Answer
    from gameday.chaos.running import Running

__all__ = ["serves"]

_TABLE = "gameday-switches"
_KEY = {"name": {"S": "freeze"}}


def serves(stage: Running, endpoint: str, answer: Answer, *, patience_s: float) -> bool:
    """Return whether a GetItem by the answer's first address is answered."""
    from gameday.aws.signing import signed_headers

    if not answer.addresses:
        return False
    region = stage.state.region
    port = stage.load_balancer_port
    body = json.dumps({"TableName": _TABLE, "Key": _KEY})
    headers = signed_headers(
        url=f"http://{endpoint}:{port}/",
        service="dynamodb",
        target="DynamoDB_20120810.GetItem",
        body=body,
        access_key=region.operator_access_key,
        region=region.aws_region,
    )
    connection = http.client.HTTPConnection(
        answer.addresses[0], port, timeout=patience_s
    )
    try:
        connection.request("POST", "/", body, headers)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
