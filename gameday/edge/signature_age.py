"""Is a request signed at the right time, and what does AWS say when it is not?

AWS takes a request only within minutes of the time that it is signed for, so that
nobody can replay it; a machine whose clock is off is refused everything. No
emulator does that. Judged is the date of the Authorization header's signature;
presigned URLs carry their own term and are left alone.

Sources: the IAM user guide ("in most cases, a request must reach AWS within five
minutes of the time stamp"); the S3 API reference (RequestTimeTooSkewed, 403) and
the EC2 API reference (RequestExpired, 400), which both allow 15 minutes; replies of
DynamoDB, STS and Lambda as programs have logged them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SkewRefusal", "signed_at", "skew_ms", "skew_refusal"]

_FORM = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkewRefusal:
    """The error with which a service refuses a request of the wrong time."""

    code: str
    message: str
    status: int


def signed_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when a request says that it was signed, None when it does not say.

    Args:
        headers: a mapping that ignores case.
    """
    if not headers.get("Authorization", "").startswith("AWS"):
        return None
    try:
        text = headers.get("X-Amz-Date")
        if text is not None:
            return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def skew_ms(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how far ahead of `now` a request is signed, None without a date."""
    signed = signed_at(headers)
    return None if signed is None else (signed - now) / timedelta(milliseconds=1)


def skew_refusal(
    service: str, protocol: str, signed: datetime, now: datetime, skew_ms_max: float
) -> SkewRefusal:
    """Return what a service answers to a request of the wrong time.

    Args:
        service: botocore's name of the service.
        protocol: the one that the request speaks.
        signed: when it was signed.
        now: the service's own time.
        skew_ms_max: how far the two may be apart, milliseconds.
    """
    if service == "s3":
        text = "The difference between the request time and the current time is"
        return SkewRefusal(
            code="RequestTimeTooSkewed", message=f"{text} too large.", status=403
        )
    if service == "ec2":
        return SkewRefusal(
            code="RequestExpired", message="Request has expired.", status=400
        )
    by_xml = protocol in {"query", "rest-xml"}
    return SkewRefusal(
        code="SignatureDoesNotMatch" if by_xml else "InvalidSignatureException",
        message=_message(signed, now, skew_ms_max),
        status=403 if by_xml or protocol == "rest-json" else 400,
    )


def _message(signed: datetime, now: datetime, skew_ms_max: float) -> str:
    allowed = timedelta(milliseconds=skew_ms_max)
    minutes = f"{skew_ms_max / 60_000:g} min."
    at = now.strftime(_FORM)
    if signed < now:
        return (
            f"Signature expired: {signed.strftime(_FORM)} is now earlier than "
            f"{(now - allowed).strftime(_FORM)} ({at} - {minutes})"
        )
    return (
        f"Signature not yet current: {signed.strftime(_FORM)} is still later than "
        f"{(now + allowed).strftime(_FORM)} ({at} + {minutes})"
    )
