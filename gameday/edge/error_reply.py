"""How does AWS say no, in each of its protocols?

A fault must look to an SDK exactly as if the service had sent it, so that the
modelled exception is raised and the SDK's own retry rules apply. The service's
model says the status and the wire code of an error; codes that no model knows
are sent as they are, the way AWS sends its common errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from gameday.aws.service_models import ServiceModel

__all__ = ["Reply", "error_reply", "throttling_code"]

MESSAGE_CHARACTERS_MAX = 4096

_COMMON_STATUS = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "InternalServerException": 500,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "RequestLimitExceeded": 503,
    "RequestTimeout": 408,
    "ServiceException": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "SlowDown": 503,
    "TooManyRequestsException": 429,
    "Unavailable": 503,
}
"""Statuses of codes that models leave out; every other one is a 400."""

_THROTTLING = {
    "ec2": "RequestLimitExceeded",
    "lambda": "TooManyRequestsException",
    "route53": "Throttling",
    "s3": "SlowDown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP reply.

    Attributes:
        status: HTTP status.
        headers: name and value pairs, without Content-Length.
        body: as it goes on the wire.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def throttling_code(service: str, protocol: str) -> str:
    """Return the code with which a service says that it is asked too often."""
    if service in _THROTTLING:
        return _THROTTLING[service]
    return "ThrottlingException" if protocol.endswith("json") else "Throttling"


def error_reply(
    *,
    service: str,
    protocol: str,
    model: ServiceModel | None,
    code: str,
    message: str,
    status: int | None = None,
    request_id: str = "",
) -> Reply:
    """Return the reply that a service would send for an error.

    Args:
        service: botocore's name of the service.
        protocol: the one that the request speaks; unknown means JSON.
        model: the service's model, None when it has none.
        code: the error's wire code or the name of its shape.
        message: what it says.
        status: HTTP status; None means the modelled one.
        request_id: shown where the protocol shows one.
    """
    modelled = model.error(code) if model else None
    if status is None:
        status = modelled.status if modelled else _COMMON_STATUS.get(code, 400)
    sender = modelled.sender if modelled else status < 500
    error = _Error(
        name=modelled.name if modelled else code,
        code=modelled.code if modelled else code,
        message=message[:MESSAGE_CHARACTERS_MAX],
        fault="Sender" if sender else "Receiver",
        request_id=request_id,
    )
    headers, body = _wire_form(service, protocol, model, error)
    if request_id:
        headers = (*headers, ("x-amzn-RequestId", request_id))
    return Reply(status=status, headers=headers, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    """An error as the protocols name its parts."""

    name: str
    code: str
    message: str
    fault: str
    request_id: str


def _wire_form(
    service: str, protocol: str, model: ServiceModel | None, error: _Error
) -> tuple[tuple[tuple[str, str], ...], bytes]:
    texts = {"__type": error.name, "message": error.message}
    match protocol:
        case "rest-xml" | "query" | "ec2":
            kind = "application/xml" if service == "s3" else "text/xml"
            body = _xml(service, protocol, model, error).encode()
            return (("Content-Type", kind),), body
        case "smithy-rpc-v2-cbor":
            return (
                ("Content-Type", "application/cbor"),
                ("smithy-protocol", "rpc-v2-cbor"),
                *_query_error(model, error),
            ), _cbor(texts)
        case "rest-json":
            document = {"message": error.message, "Message": error.message}
            return (
                ("Content-Type", "application/json"),
                ("x-amzn-ErrorType", error.name),
            ), json.dumps(document).encode()
        case _:
            return (
                ("Content-Type", _json_type(model)),
                *_query_error(model, error),
            ), json.dumps(texts).encode()


def _json_type(model: ServiceModel | None) -> str:
    version = model.metadata.get("jsonVersion", "1.0") if model else "1.0"
    return f"application/x-amz-json-{version}"


def _query_error(
    model: ServiceModel | None, error: _Error
) -> tuple[tuple[str, str], ...]:
    if model is None or not model.query_compatible:
        return ()
    return (("x-amzn-query-error", f"{error.code};{error.fault}"),)


def _xml(service: str, protocol: str, model: ServiceModel | None, error: _Error) -> str:
    prologue = '<?xml version="1.0" encoding="UTF-8"?>\n'
    facts = f"<Code>{escape(error.code)}</Code>"
    facts += f"<Message>{escape(error.message)}</Message>"
    request_id = escape(error.request_id)
    if service == "s3":
        return f"{prologue}<Error>{facts}<RequestId>{request_id}</RequestId></Error>"
    if protocol == "ec2":
        return (
            f"{prologue}<Response><Errors><Error>{facts}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    namespace = model.xml_namespace if model else ""
    attribute = f' xmlns="{escape(namespace)}"' if namespace else ""
    return (
        f"{prologue}<ErrorResponse{attribute}><Error><Type>{error.fault}</Type>{facts}"
        f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _cbor(members: dict[str, str]) -> bytes:
    """Return a map of texts in CBOR (RFC 8949), which is all an error needs."""
    encoded = _cbor_head(5, len(members))
    for name, value in members.items():
        for text in (name.encode(), value.encode()):
            encoded += _cbor_head(3, len(text)) + text
    return encoded


def _cbor_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    if argument < 1 << 8:
        return bytes([major << 5 | 24, argument])
    return bytes([major << 5 | 25]) + argument.to_bytes(2, "big")
