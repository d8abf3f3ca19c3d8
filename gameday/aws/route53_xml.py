"""How do Route 53's change batches, replies and errors look on the wire?

Text in, text out, with the standard library only: the edge and the emulators
import this without loading boto3. Record sets inside are boto3's dictionaries;
`model.zone_wire` turns them into values.

Route 53 reports the problems of a batch as one `ErrorResponse` whose message is
a bracketed list, "[first, second]". Its API reference also shows an
`InvalidChangeBatch` root element with a list of messages; botocore reads no
error code from that form, and AWS has not been seen to send it to an SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from gameday.model.zone_wire import render_change, render_record_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.model.record_order import RecordPage
    from gameday.model.record_set import Change

__all__ = [
    "parse_change_batch_xml",
    "parse_record_sets_xml",
    "render_change_batch",
    "render_change_info",
    "render_error",
    "render_record_sets",
]

DEPTH_MAX = 16

_NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "TTL": int,
    "Weight": int,
    "Bias": int,
    "MaxItems": int,
    "EvaluateTargetHealth": lambda text: text.lower() == "true",
    "MultiValueAnswer": lambda text: text.lower() == "true",
    "IsTruncated": lambda text: text.lower() == "true",
}
_LISTS = {"Changes", "ResourceRecords", "ResourceRecordSets"}


def parse_change_batch_xml(body: bytes) -> dict[str, Any]:
    """Return boto3's parameters for a ChangeResourceRecordSets request body.

    "HostedZoneId" is not among them: it is in the request's path.

    Raises:
        ValueError: the body is not such a request; the first line says why.
    """
    root = _parse(body)
    if _tag(root) != "ChangeResourceRecordSetsRequest":
        raise ValueError(
            f"expected ChangeResourceRecordSetsRequest, found {_tag(root)}"
        )
    params = _members(_value(root), needs=("ChangeBatch",))
    batch = _members(params["ChangeBatch"], needs=("Changes",), of="the change batch")
    if not batch["Changes"]:
        raise ValueError("the change batch has no Changes")
    for change in batch["Changes"]:
        _ensure_change(change)
    return params


def parse_record_sets_xml(body: bytes) -> dict[str, Any]:
    """Return boto3's result for a ListResourceRecordSets reply body.

    Raises:
        ValueError: the body is not such a reply.
    """
    root = _parse(body)
    if _tag(root) != "ListResourceRecordSetsResponse":
        raise ValueError(f"expected ListResourceRecordSetsResponse, found {_tag(root)}")
    return _members(_value(root), needs=("ResourceRecordSets",), of="the reply")


def _ensure_change(change: Any) -> None:
    _members(change, needs=("Action", "ResourceRecordSet"), of="a Change")
    record_set = _members(
        change["ResourceRecordSet"], needs=("Name", "Type"), of="a ResourceRecordSet"
    )
    if "AliasTarget" in record_set:
        needs = ("HostedZoneId", "DNSName")
        _members(record_set["AliasTarget"], needs=needs, of="an AliasTarget")
    for record in record_set.get("ResourceRecords", ()):
        _members(record, needs=("Value",), of="a ResourceRecord")


def _members(
    value: Any, *, needs: tuple[str, ...], of: str = "the request"
) -> dict[str, Any]:
    members: dict[str, Any] = value if isinstance(value, dict) else {}
    missing = [name for name in needs if name not in members]
    if missing:
        raise ValueError(f"{of} has no {' and no '.join(missing)}")
    return members


def _parse(body: bytes) -> ET.Element:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"the XML is not UTF-8: {error}") from error
    # No AWS message has a document type; refusing it keeps entities out.
    if "<!DOCTYPE" in text:
        raise ValueError("the XML has a document type declaration")
    try:
        return ET.fromstring(text)  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise ValueError(f"the XML is not well formed: {error}") from error


def _tag(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _value(element: ET.Element, depth: int = 1) -> Any:
    """Return text for a leaf, a list for AWS's list elements, else a dict."""
    if depth > DEPTH_MAX:
        raise ValueError(f"the XML is nested deeper than {DEPTH_MAX} elements")
    tag = _tag(element)
    if tag in _LISTS:
        return [_value(child, depth + 1) for child in element]
    if len(element):
        return {_tag(child): _value(child, depth + 1) for child in element}
    text = element.text or ""
    convert = _CONVERTERS.get(tag)
    return convert(text.strip()) if convert else text


def render_change_batch(changes: Sequence[Change], comment: str = "") -> bytes:
    """Return the body of a ChangeResourceRecordSets request."""
    batch: dict[str, Any] = {"Comment": comment} if comment else {}
    batch["Changes"] = [render_change(change) for change in changes]
    return _document("ChangeResourceRecordSetsRequest", _render({"ChangeBatch": batch}))


def render_change_info(
    change_id: str,
    status: str,
    submitted_at: str,
    comment: str | None = None,
    root: str = "ChangeResourceRecordSetsResponse",
) -> bytes:
    """Return the reply to ChangeResourceRecordSets or GetChange.

    Args:
        change_id: bare or with "/change/" in front.
        status: "PENDING" or "INSYNC".
        submitted_at: ISO 8601 in UTC, e.g. "2025-10-20T06:48:00.000Z".
        comment: the batch's comment, left out when empty.
        root: "ChangeResourceRecordSetsResponse" or "GetChangeResponse".
    """
    bare_id = escape(change_id.removeprefix("/change/"))
    remark = f"<Comment>{escape(comment)}</Comment>" if comment else ""
    return _document(
        root,
        f"<ChangeInfo><Id>/change/{bare_id}</Id><Status>{status}</Status>"
        f"<SubmittedAt>{submitted_at}</SubmittedAt>{remark}</ChangeInfo>",
    )


def render_error(
    code: str, messages: str | Sequence[str], request_id: str = ""
) -> bytes:
    """Return an ErrorResponse as Route 53 sends it, with status 400 or 404.

    Args:
        code: AWS error code, e.g. "InvalidChangeBatch".
        messages: what is wrong. For InvalidChangeBatch they become a bracketed
            list, even a single one; otherwise they are joined with a blank.
        request_id: shown as RequestId.
    """
    listed = (messages,) if isinstance(messages, str) else tuple(messages)
    message = (
        f"[{', '.join(listed)}]" if code == "InvalidChangeBatch" else " ".join(listed)
    )
    error = {"Type": "Sender", "Code": code, "Message": message}
    return _document(
        "ErrorResponse", _render({"Error": error, "RequestId": request_id})
    )


def render_record_sets(page: RecordPage) -> bytes:
    """Return the reply to ListResourceRecordSets."""
    members: dict[str, Any] = {
        "ResourceRecordSets": [
            render_record_set(record_set) for record_set in page.record_sets
        ],
        "IsTruncated": page.next_key is not None,
    }
    if page.next_key is not None:
        members["NextRecordName"] = page.next_key.name
        members["NextRecordType"] = page.next_key.type
        if page.next_key.set_identifier:
            members["NextRecordIdentifier"] = page.next_key.set_identifier
    members["MaxItems"] = page.max_items
    return _document("ListResourceRecordSetsResponse", _render(members))


def _document(root: str, content: str) -> bytes:
    return f'{_PROLOGUE}<{root} xmlns="{_NAMESPACE}">{content}</{root}>'.encode()


def _render(members: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_render_value(name, value)}</{name}>"
        for name, value in members.items()
    )


def _render_value(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return _render(value)
    if isinstance(value, list):
        return "".join(_render({name.removesuffix("s"): item}) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))
