"""Is one value of a region file of the right form?

Each function takes what the document says and returns it, or raises ValueError
with a sentence that says why the value cannot be used and what to write instead.
"""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Any

__all__ = [
    "access_key",
    "dns_name",
    "loopback_address",
    "program_reference",
    "property_reference",
    "rising_span",
    "setting_value",
]

_ACCESS_KEY = re.compile(r"AKIA[A-Z0-9]{16}")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def access_key(value: Any) -> Any:
    """Return an access key id that tells callers apart and nothing else."""
    text = str(value)
    if re.fullmatch(r"\d{12}", text):
        raise ValueError(
            f"{text} is twelve digits, which emulators read as the number of another "
            "account, so this actor would see none of the region's tables; write "
            "AKIA and 16 more capitals or digits"
        )
    if not _ACCESS_KEY.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an access key id; write AKIA and 16 more capitals or "
            "digits, for example AKIAPLANNER000000001"
        )
    return value


def loopback_address(value: Any) -> Any:
    """Return an IPv4 address of this machine."""
    try:
        loopback = ipaddress.IPv4Address(value).is_loopback
    except ValueError:
        raise ValueError(f"{value!r} is not an IPv4 address") from None
    if not loopback:
        raise ValueError(
            f"{value!r} is not a loopback address; game days touch this machine "
            "only, so use one in 127.0.0.0/8"
        )
    return value


def dns_name(value: Any) -> Any:
    """Return a lower-case name under `.test`, which the Internet never resolves."""
    text = str(value)
    labels = text.split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            f"{value!r} is not a DNS name in lower case without a final dot"
        )
    if labels[-1] != "test":
        raise ValueError(
            f"{value!r} does not end in .test; only names under that reserved "
            "domain can never reach the Internet"
        )
    return value


def program_reference(value: Any) -> Any:
    """Return `module:callable`."""
    if not _REFERENCE.fullmatch(str(value)):
        raise ValueError(f"{value!r} is not of the form module:callable")
    return value


def property_reference(value: Any) -> Any:
    """Return `module:function` or `file.py:function`."""
    file, _, name = str(value).rpartition(":")
    if file.endswith(".py") and name.isidentifier():
        return value
    return program_reference(value)


def rising_span(value: Any) -> Any:
    """Return [lowest, highest], neither negative."""
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
        lowest, highest = value
        if not 0 <= lowest <= highest:
            raise ValueError(f"{value} should be [lowest, highest], from 0 up")
        # Strict validation of what a validator returns wants a tuple.
        return lowest, highest
    return value


def setting_value(value: Any) -> Any:
    """Return a number, or a span [lowest, highest] as a pair."""
    if _is_number(value):
        return value
    if isinstance(value, list | tuple) and len(value) == 2:
        lowest, highest = value
        if _is_number(lowest) and _is_number(highest) and lowest <= highest:
            return lowest, highest
    raise ValueError(f"{value!r} is not a number, nor a span [lowest, highest]")


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )
