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

from gameday.edge.fault_kinds import (
    Delay,
    DropRequest,
    DropResponse,
    Duplicate,
    Error,
    Fault,
    Hold,
    RejectSkew,
    StaleRead,
    Throttle,
)
from gameday.edge.partition import NotDelivered, NotHeard
from gameday.edge.xml_shapes import first_text
from gameday.model.history import OpKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.edge.call import Call
    from gameday.edge.error_reply import Reply
    from gameday.edge.http_exchange import Exchange
    from gameday.edge.recorder import Recorder

__all__ = ["outcome_of", "record_call", "request_document", "response_document"]

REQUEST_KEPT_BYTES_MAX = 262_144
RESPONSE_KEPT_BYTES_MAX = 4_096
_CODE_PREFIX = re.compile(r"^.*#|:.*$")
_CHANGE_INFO_MEMBER = re.compile(r"<(\w+)>([^<]*)</\1>")


_RULING_NAMES: dict[type[Fault], str] = {
    Delay: "delay",
    Error: "error",
    Throttle: "throttle",
    DropRequest: "drop_request",
    DropResponse: "drop_response",
    NotDelivered: "partition",
    NotHeard: "partition",
    Hold: "hold",
    Duplicate: "duplicate",
    StaleRead: "stale_read",
    RejectSkew: "reject_skew",
}


def record_call(
    recorder: Recorder,
    exchange: Exchange,
    reply: Reply | None,
    *,
    lost: bool,
    zone_name: str | None,
) -> None:
    """Append the op.

    Args:
        recorder: where.
        exchange: the request.
        reply: what was answered, None when nothing was.
        lost: whether the reply goes nowhere.
        zone_name: the hosted zone that the call is about, None for none.
    """
    call, ruling = exchange.call, exchange.ruling
    accepted = reply is not None and reply.status < 400
    lost = lost or not exchange.client_present()
    heard = exchange.answers and not lost
    # Nobody waits for the reply to a further delivery, but the edge has seen it.
    told = reply.status if reply and (heard or not exchange.answers) else None
    recorder.append(
        kind=OpKind.CALL,
        start_ns=exchange.start_ns,
        end_ns=recorder.now_ns(),
        actor=call.actor,
        service=call.service,
        operation=call.operation,
        region=call.region,
        reads=call.reads,
        writes=call.writes,
        ruling=_RULING_NAMES[type(ruling.fault)] if ruling else "pass",
        rule=ruling.rule_id if ruling else "",
        outcome=outcome_of(
            writes=bool(call.writes),
            reached=exchange.forwarded or accepted,
            status=told,
        ),
        status=told if heard else None,
        error=_error_code(call, reply),
        via=call.via,
        request=request_document(
            call,
            body_bytes=len(exchange.body),
            zone_name=zone_name,
            notes=exchange.notes,
        ),
        response=response_document(call, reply),
    )


def outcome_of(*, writes: bool, reached: bool, status: int | None) -> Outcome:
    """Return whether a call took effect.

    Args:
        writes: whether it would change something.
        reached: whether it reached, or may have reached, whoever carries it out.
        status: what the caller saw, None when the caller saw nothing; what the
            edge saw, where no caller waits.
    """
    if not reached:
        return Outcome.FAIL
    if status is None or status >= 500:
        return Outcome.INFO if writes else Outcome.FAIL
    return Outcome.OK if status < 400 else Outcome.FAIL


def request_document(
    call: Call,
    *,
    body_bytes: int,
    zone_name: str | None,
    notes: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the parameters as the history keeps them.

    Args:
        call: the call.
        body_bytes: the size of its body; of a large one only plain members stay.
        zone_name: the hosted zone that it is about, None for none.
        notes: what a fault has to say of this call.
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
    document.update(notes)
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
        members = _CHANGE_INFO_MEMBER.findall(info)
        if members:
            return {"ChangeInfo": {name: unescape(value) for name, value in members}}
    return {}


def _error_code(call: Call, reply: Reply | None) -> str:
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
    return first_text(text, "Code"), first_text(text, "Message")


def _json(reply: Reply) -> dict[str, Any]:
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
