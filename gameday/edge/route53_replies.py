"""What does Route 53 answer in its own words?

Replies that the edge gives itself, from what it knows of a zone, in the XML that
Route 53 would send.
"""

from __future__ import annotations

import uuid
from itertools import count
from typing import TYPE_CHECKING, Any

from gameday.aws.route53_xml import render_error, render_record_sets
from gameday.edge.error_reply import Reply
from gameday.model.zone import list_record_sets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.model.zone import Zone

__all__ = ["listing_reply", "refusal_reply", "xml_reply"]

# As unique as a UUID for each reply, without asking the system for one.
_REQUEST_ID_PREFIX = str(uuid.uuid4())[:24]
_replies = count(1)


def listing_reply(zone: Zone, parameters: Mapping[str, Any]) -> Reply:
    """Return the reply to ListResourceRecordSets.

    Args:
        zone: the zone as it shall be shown.
        parameters: the call's, by boto3 name.
    """
    try:
        page = list_record_sets(
            zone,
            start_name=str(parameters.get("StartRecordName", "")),
            start_type=str(parameters.get("StartRecordType", "")),
            start_identifier=str(parameters.get("StartRecordIdentifier", "")),
            max_items=int(parameters.get("MaxItems", 300)),
        )
    except ValueError as error:
        return refusal_reply("InvalidInput", str(error))
    return xml_reply(render_record_sets(page))


def refusal_reply(
    code: str, messages: str | tuple[str, ...], *, status: int = 400
) -> Reply:
    """Return an error with one message or several."""
    request_id = _new_request_id()
    body = render_error(code, messages, request_id)
    return xml_reply(body, status=status, request_id=request_id)


def xml_reply(body: bytes, *, status: int = 200, request_id: str = "") -> Reply:
    """Return a reply with a document."""
    headers = (
        ("Content-Type", "text/xml"),
        ("x-amzn-RequestId", request_id or _new_request_id()),
    )
    return Reply(status=status, headers=headers, body=body)


def _new_request_id() -> str:
    return f"{_REQUEST_ID_PREFIX}{next(_replies):012x}"
