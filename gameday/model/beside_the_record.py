"""How does a run compare with the public record, event by event?

Each event of the record gets the minute at which the run showed its sign, in the
story's own minutes, or None. Nothing is judged: a run that differs is told as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.model.public_record import RecordedEvent, StoryTime
from gameday.model.signs_seen import SignsSeen, endpoint_lost_ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.model.history import History

__all__ = ["CALM_MIN", "EventBeside", "beside_the_record"]

CALM_MIN = 10
"""A service is back once its canary has worked for this many minutes of the story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBeside:
    """One event of the record beside the run.

    Attributes:
        event: the record's.
        run_minute: when the run showed it, None when it did not.
    """

    event: RecordedEvent
    run_minute: float | None


def beside_the_record(
    history: History,
    record: Sequence[RecordedEvent],
    *,
    endpoint: str,
    scale: float,
) -> tuple[EventBeside, ...]:
    """Return every event with its minute in the run, in the record's order.

    An event whose `after` was not seen is not looked for: its sign would be that of
    something earlier. Without a loss of the endpoint there is no minute 0.

    Args:
        history: the run's, cut at its end.
        record: the events; `after` names one of them.
        endpoint: the main endpoint.
        scale: story seconds that pass in a second of the run.
    """
    zero_ns = endpoint_lost_ns(history, endpoint)
    ordered = sorted(record, key=lambda event: (event.minute, event.name))
    if zero_ns is None:
        return tuple(EventBeside(event=event, run_minute=None) for event in ordered)
    story = StoryTime(zero_ns=zero_ns, scale=scale)
    signs = SignsSeen(
        history, endpoint=endpoint, calm_ns=story.at_ns(CALM_MIN) - zero_ns
    )
    events = {event.name: event for event in ordered}
    seen_ns: dict[str, int | None] = {}

    def when(event: RecordedEvent) -> int | None:
        if event.name not in seen_ns:
            since_ns = when(events[event.after]) if event.after else zero_ns
            seen_ns[event.name] = (
                None if since_ns is None else signs.when(event, since_ns=since_ns)
            )
        return seen_ns[event.name]

    return tuple(
        EventBeside(
            event=event,
            run_minute=None if (at := when(event)) is None else story.minute(at),
        )
        for event in ordered
    )
