"""Do a region's numbers leave its functions a life without an outage?

What is asked of the instances has to fit on them, of a poller into its batches, and a
caller's patience over a round; else a backlog grows by itself and a run shows nothing.
A region whose numbers say otherwise is refused before it starts, with the inequality
that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.aws.queues import BATCH_MAX
from gameday.region.known_settings import KNOWN_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.region.topology import Region

__all__ = ["INVOCATION_PROGRAM", "invocation_problems", "region_invocation_problems"]

INVOCATION_PROGRAM = "gameday.region.services.main:invocations"
_KINDS = ("async_invocations_per_s", "queue_messages_per_s", "stream_records_per_s")
_SWITCHES = ("invocations_protect_sync", "queue_poller_retries")
_ABOVE_ZERO = (
    "invocations_per_instance_per_s",
    "invocation_round_ms",
    "poll_every_ms",
)


def region_invocation_problems(
    region: Region, settings: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (actor, why not) for each invocation path whose numbers mean nothing.

    Args:
        region: whose programs are looked at.
        settings: numbers that win over the region's and the actors' own.
    """
    for name, given in region.settings_of((INVOCATION_PROGRAM,), over=settings).items():
        for problem in invocation_problems(given):
            yield name, problem


def invocation_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield each inequality that fails; a setting that is not given has its default."""
    yield from _no_quantities(settings)
    instances = _number(settings, "invocation_instances")
    asked = [_number(settings, name) for name in _KINDS]
    capacity = instances * _number(settings, "invocations_per_instance_per_s")
    if sum(asked) >= capacity:
        yield (
            f"{' + '.join(_KINDS)} < invocation_instances * "
            f"invocations_per_instance_per_s fails: {sum(asked)} >= {capacity}; "
            "the backlog grows without an outage"
        )
    poll_ms = _number(settings, "poll_every_ms")
    polled = max(asked[1:]) * poll_ms / 1000
    if polled >= BATCH_MAX:
        yield (
            f"what arrives in poll_every_ms < {BATCH_MAX}, the largest batch, fails: "
            f"{polled:g} in {poll_ms:g} ms"
        )
    round_ms = _number(settings, "invocation_round_ms")
    for name, least_ms in (
        ("invocation_patience_ms", round_ms),
        ("event_patience_ms", round_ms + poll_ms),
    ):
        if _number(settings, name) <= least_ms:
            yield (
                f"{name} > {least_ms:g}, the pauses on the way, fails: "
                f"{_number(settings, name):g}; every caller gives up"
            )


def _no_quantities(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield each number that is none of what it counts."""
    instances = _number(settings, "invocation_instances")
    if instances < 1 or instances != int(instances):
        yield f"need invocation_instances of 1, 2, ..., not {instances}"
    for name in _SWITCHES:
        if _number(settings, name) not in {0, 1}:
            yield f"{name} is {_number(settings, name):g}, and should be 0 or 1"
    for name in _ABOVE_ZERO:
        if _number(settings, name) <= 0:
            yield f"need {name} > 0, not {_number(settings, name):g}"
    for name in (*_KINDS, "queue_poller_restart_ms"):
        if _number(settings, name) < 0:
            yield f"need {name} >= 0, not {_number(settings, name):g}"


def _number(settings: Mapping[str, Any], name: str) -> float:
    value = settings.get(name, KNOWN_SETTINGS[name].default)
    # A span is another problem, which is told where the form of settings is.
    return float(value) if isinstance(value, int | float) else 1.0
