"""What does the history keep of a call, and did the call take effect?

The outcome has Jepsen's three values. A write whose reply nobody saw, or that
the emulator failed at, may have taken effect: `info`. A call that was not
forwarded has not, whatever the caller was told.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import unescape

from gameday.model.history import Outcome

if TYPE_CHECKING:
    from gameday.edge.call import Call
    from gameday.edge.error_reply import Reply

__all__ = ["error_code", "outcome_of", "request_document", "response_document"]

REQUEST_KEPT_BYTES_MAX = 262_144
RESPONSE_KEPT_BYTES_MAX = 4_096
_CODE_PREFIX = re.compile(r"^.*#|:.*$")


def outcome_of(*, writes: bool, reached: bool, status: int | None) -> Outcome:
    """Return whether a call took effect.

    Args:
        writes: whether it would change something.
        reached: whether it reached, or may have reached, whoever carries it out.
        status: what the caller saw, None when the caller saw nothing.
    """
    if not reached:
        return Outcome.FAIL
    if status is None or status >= 500:
        return Outcome.INFO if writes else Outcome.FAIL
    return Outcome.OK if status < 400 else Outcome.FAIL


def request_document(
    call: Call, *, body_bytes: int, zone_name: str | None
) -> dict[str, Any]:
    """Return the parameters as the history keeps them.

    Args:
        call: the call.
        body_bytes: the size of its body; of a large one only plain members stay.
        zone_name: the hosted zone that it is about, None for none.
    """
    document = dict(call.parameters)
    if body_bytes > REQUEST_KEPT_BYTES_MAX:
        plain = (str, int, float, bool)
        document = {
            name: value for name, value in document.items() if isinstance(value, plain)
        }
        document["BodyBytes"] = body_bytes
    if zone_name is not None:
        document["Zone"] = zone_name.rstrip(".")
    if call.problem:
        document["Unreadable"] = call.problem
    return document


def response_document(call: Call, reply: Reply | None) -> dict[str, Any]:
    """Return the reply as the history keeps it, {} for one that it does not."""
    if reply is None or len(reply.body) > RESPONSE_KEPT_BYTES_MAX:
        return {}
    if reply.status >= 400:
        return _error_document(call, reply)
    if call.protocol in ("json", "rest-json"):
        return _json(reply)
    text = reply.body.decode("utf-8", "replace")
    if call.service == "route53" and call.writes:
        info = text.partition("<ChangeInfo>")[2].partition("</ChangeInfo>")[0]
        members = re.findall(r"<(\w+)>([^<]*)</\1>", info)
        if members:
            return {"ChangeInfo": {name: unescape(value) for name, value in members}}
    return {}


def error_code(call: Call, reply: Reply | None) -> str:
    """Return the AWS error code of a reply, "" for one that is no error."""
    if reply is None or reply.status < 400:
        return ""
    return _code_and_message(call, reply)[0] or str(reply.status)


def _error_document(call: Call, reply: Reply) -> dict[str, Any]:
    code, message = _code_and_message(call, reply)
    rest = _json(reply) if call.protocol in ("json", "rest-json") else {}
    kept = {
        name: value
        for name, value in rest.items()
        if name not in ("__type", "message", "Message")
    }
    return {**kept, "Error": {"Code": code or str(reply.status), "Message": message}}


def _code_and_message(call: Call, reply: Reply) -> tuple[str, str]:
    if call.protocol in ("json", "rest-json", ""):
        headers = {name.lower(): value for name, value in reply.headers}
        document = _json(reply)
        code = headers.get("x-amzn-errortype") or document.get("__type") or ""
        message = document.get("message") or document.get("Message") or ""
        if code or message:
            return _CODE_PREFIX.sub("", str(code)), str(message)
    text = reply.body.decode("utf-8", "replace")
    return _element(text, "Code"), _element(text, "Message")


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found.group(1)) if found else ""


def _json(reply: Reply) -> dict[str, Any]:
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
