"""What does a region file tell of the day that the region is taken from?

`record:` is the public record of an incident as data: each event with its minute and
its source, and by which sign a run shows it. A report sets a run beside it, and an
operator of an experiment acts when the real ones did.

    record:
      dns-restored:
        {minute: 157, what: DNS restored, sign: endpoint-restored, source: PES,
         evidence: stated}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from gameday.documents import STRICT, unknown_name
from gameday.model.public_record import RecordedEvent, Sign
from gameday.model.service_graph import Evidence
from gameday.region.known_settings import KNOWN_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gameday.region.consistency import Problem

__all__ = ["Record", "RecordEntry", "record_problems", "recorded_events", "story_scale"]

EVENTS_MAX = 200
MINUTE_MAX = 10_000

_SCALE: Any = KNOWN_SETTINGS["story_scale"].default
_OF_SERVICES = {Sign.SERVICE_FAILS, Sign.SERVICE_WORKS}

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class RecordEntry(BaseModel):
    """One event; the fields are those of `RecordedEvent`."""

    model_config = STRICT
    minute: Annotated[float, Field(ge=-MINUTE_MAX, le=MINUTE_MAX)]
    what: Sentence
    sign: Sign
    of: str = ""
    after: str = ""
    source: Sentence
    evidence: Evidence


Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=48)
]
Record = Annotated[dict[Name, RecordEntry], Field(max_length=EVENTS_MAX)]


def recorded_events(record: Mapping[str, RecordEntry]) -> tuple[RecordedEvent, ...]:
    """Return the events of a record that has no problems, in order of their minutes."""
    events = (
        RecordedEvent(
            name=name,
            minute=entry.minute,
            what=entry.what,
            sign=entry.sign,
            of=entry.of,
            after=entry.after,
            source=entry.source,
            evidence=entry.evidence,
        )
        for name, entry in record.items()
    )
    return tuple(sorted(events, key=lambda event: (event.minute, event.name)))


def story_scale(*settings: Mapping[str, Any]) -> float:
    """Return how many seconds of the record pass in a second; the last setting wins."""
    given = [each["story_scale"] for each in settings if "story_scale" in each]
    return float(given[-1] if given else _SCALE)


def record_problems(
    record: Mapping[str, RecordEntry], *, services: Iterable[str]
) -> Iterator[Problem]:
    """Yield what keeps the record from being read in a run of this region."""
    known = tuple(services)
    for name, entry in record.items():
        path = ("record", name)
        if entry.sign.is_of_something is not bool(entry.of):
            says = "needs an `of`" if entry.sign.is_of_something else "is of nothing"
            yield (*path, "of"), f"the sign {entry.sign} {says}"
        elif entry.sign in _OF_SERVICES and entry.of not in known:
            yield (*path, "of"), unknown_name("service", entry.of, known)
        if entry.after and entry.after not in record:
            yield (*path, "after"), unknown_name("event", entry.after, record)
        elif entry.after and not _is_before(record[entry.after], entry):
            message = f"{entry.after} is not before {name}; name an earlier event"
            yield (*path, "after"), message


def _is_before(before: RecordEntry, entry: RecordEntry) -> bool:
    return before.minute < entry.minute
