"""Is this a fault, and which one?

A fault is the part of a rule's document that says what happens. Each kind has
parameters of its own; whatever names something else is refused with the nearest
name, and so is a fault that could never strike the calls that its rule matches.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

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
from gameday.edge.stale_read import STALE_OPERATIONS
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameday.edge.document_fields import Fields

__all__ = ["DELAY_MS_MAX", "FAULT_KINDS", "ensure_strikes", "parse_fault"]

DELAY_MS_MAX = 600_000
HOLD_MS_MAX = 3_600_000
COPIES_MAX = 10
STALENESS_MS_MAX = 3_600_000
SKEW_MS_MAX = 86_400_000
_UNREAD = DropRequest()
"""Stands for a fault that cannot be read; the problem is noted."""


def ensure_strikes(
    fields: Fields,
    fault: Fault,
    services: tuple[str, ...],
    operations: tuple[str, ...],
) -> None:
    """Note a fault that could never strike what its rule matches.

    Args:
        fields: where problems are noted.
        fault: the fault.
        services: names or globs of the match; empty for all.
        operations: likewise.
    """
    if not isinstance(fault, StaleRead):
        return
    for service, names in STALE_OPERATIONS.items():
        if _fits(services, (service,)) and _fits(operations, names):
            return
    offered = "; ".join(
        f"{service} {', '.join(sorted(names))}"
        for service, names in STALE_OPERATIONS.items()
    )
    matched = " ".join((*services, *operations))
    where = "match.operation" if operations else "match.service"
    fields.wrong(where, f"stale_read strikes only {offered}; not {matched}")


def _fits(patterns: tuple[str, ...], names: Iterable[str]) -> bool:
    return not patterns or any(
        fnmatchcase(name, pattern) for name in names for pattern in patterns
    )


def parse_fault(outer: Fields) -> Fault:
    """Return the fault of a rule; what is wrong with it is noted in `outer`."""
    fields = outer.inner("fault")
    if "fault" not in outer:
        outer.wrong("fault", "this key is required")
        return _UNREAD
    kind = fields.text("kind")
    parse = _PARSERS.get(kind)
    if parse is None:
        if kind:
            fields.wrong("kind", unknown_name("kind of fault", kind, _PARSERS))
        return _UNREAD
    fault = parse(fields)
    fields.refuse_unknown()
    return fault


def _parse_delay(fields: Fields) -> Delay:
    return Delay(
        delay_ms=fields.number("delay_ms", low=0, high=DELAY_MS_MAX),
        jitter_ms=fields.number("jitter_ms", 0.0, low=0, high=DELAY_MS_MAX),
        distribution=fields.choice(
            "distribution", ("uniform", "normal", "exponential"), "uniform"
        ),
        on=fields.choice("on", ("request", "response"), "request"),
    )


def _parse_error(fields: Fields) -> Error:
    return Error(
        code=fields.text("code"),
        message=fields.text("message", ""),
        status=fields.integer("status", None, low=400, high=599),
    )


def _parse_throttle(fields: Fields) -> Throttle:
    return Throttle(
        rate_per_s=fields.number("rate_per_s", low=0),
        burst=fields.integer("burst", 1, low=0),
        code=fields.text("code", ""),
    )


def _parse_drop_request(fields: Fields) -> DropRequest:
    return DropRequest(how=fields.choice("as", ("reset", "hang"), "reset"))


def _parse_drop_response(fields: Fields) -> DropResponse:
    return DropResponse(how=fields.choice("as", ("reset", "hang"), "reset"))


def _parse_hold(fields: Fields) -> Hold:
    return Hold(
        on_disconnect=fields.choice("on_disconnect", ("deliver", "drop"), "deliver"),
        timeout_ms=fields.number("timeout_ms", 60_000.0, low=0, high=HOLD_MS_MAX),
    )


def _parse_duplicate(fields: Fields) -> Duplicate:
    return Duplicate(
        copies=fields.integer("copies", 2, low=2, high=COPIES_MAX),
        reply=fields.choice("reply", ("first", "last"), "last"),
        gap_ms=fields.number("gap_ms", 0.0, low=0, high=DELAY_MS_MAX),
    )


def _parse_stale_read(fields: Fields) -> StaleRead:
    return StaleRead(
        staleness_ms=fields.number("staleness_ms", low=1, high=STALENESS_MS_MAX),
        consistent_too=fields.flag("consistent_too", default=False),
    )


def _parse_reject_skew(fields: Fields) -> RejectSkew:
    return RejectSkew(
        skew_ms_max=fields.number("skew_ms_max", 300_000.0, low=0, high=SKEW_MS_MAX)
    )


_PARSERS: dict[str, Callable[[Fields], Fault]] = {
    "delay": _parse_delay,
    "error": _parse_error,
    "throttle": _parse_throttle,
    "drop_request": _parse_drop_request,
    "drop_response": _parse_drop_response,
    "hold": _parse_hold,
    "duplicate": _parse_duplicate,
    "stale_read": _parse_stale_read,
    "reject_skew": _parse_reject_skew,
}

FAULT_KINDS = tuple(_PARSERS)
"""What a rule's fault may be called."""
