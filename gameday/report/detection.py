"""Which alarm went on how long after the service that it names was out?

One line a monitor, the quickest first. Times are of the run; where a minute of
CloudWatch is shorter here, its minutes stand beside them. What stayed silent is said to
have, because that is what a blind spot looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameday.model.outages_seen import AlarmDetection

__all__ = ["detection_document", "detection_lines"]


def detection_lines(found: Sequence[AlarmDetection], *, end_ns: int) -> Iterator[str]:
    """Yield the lines; none for a region without monitors.

    Args:
        found: what each alarm did.
        end_ns: when the run ended.
    """
    if not found:
        return
    yield "Time to detect"
    names = max(len(each.alarm.name) for each in found)
    services = max(len(each.alarm.service) for each in found)
    for each in found:
        alarm = each.alarm
        yield (
            f"  {alarm.name:<{names}}  names {alarm.service:<{services}}  "
            f"{alarm.watches.value:<10}  {_said(each, end_ns)}"
        )


def detection_document(
    found: Sequence[AlarmDetection], *, end_ns: int
) -> list[dict[str, Any]]:
    """Return the same as JSON values."""
    return [
        {
            "monitor": each.alarm.name,
            "watches": each.alarm.watches.value,
            "service": each.alarm.service,
            "minute_ms": each.alarm.minute_ms,
            "outage": each.outage
            and {
                "began_s": _seconds(each.outage.began_ns),
                "lasted_s": _seconds(each.outage.lasted_ns(end_ns)),
            },
            "detected_after_s": _seconds(each.took_ns),
            "is_certain": each.is_certain,
        }
        for each in found
    ]


def _said(found: AlarmDetection, end_ns: int) -> str:
    if found.outage is None:
        return f"nothing to detect, {found.alarm.service} was not out"
    if found.took_ns is None:
        lasted_ns = found.outage.lasted_ns(end_ns)
        return f"silent for all of {_time(lasted_ns, found.alarm.minute_ms)}"
    doubt = "" if found.is_certain else ", if its call took effect"
    return f"after {_time(found.took_ns, found.alarm.minute_ms)}{doubt}"


def _time(took_ns: int, minute_ms: int) -> str:
    minutes = took_ns / 1e6 / minute_ms
    return f"{took_ns / 1e9:.1f} s ({minutes:.0f} min of CloudWatch)"


def _seconds(at_ns: int | None) -> float | None:
    return None if at_ns is None else round(at_ns / 1e9, 3)
