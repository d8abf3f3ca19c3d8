"""What happened that day, as the public record has it, and how would a run show it?

A `RecordedEvent` is one line of an incident's timeline: the minute of the record, who
says so, and by what sign the same event is recognised in the history of a run. Minutes
count from the moment the main endpoint had no address any more, in the record as in a
run.

A run plays the record in compressed time: `StoryTime` turns nanoseconds of a history
into minutes of the story.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.model.service_graph import Evidence

__all__ = ["RecordedEvent", "Sign", "StoryTime"]

_NS_A_MINUTE = 60_000_000_000


class Sign(StrEnum):
    """By what an event is recognised in a history."""

    ENDPOINT_EMPTY = "endpoint-empty"
    """The main endpoint's zone has no address for it any more."""
    ENDPOINT_RESTORED = "endpoint-restored"
    """Its zone has an address again."""
    ENDPOINT_ANSWERS = "endpoint-answers"
    """The last resolver has forgotten that there was none."""
    LEASES_LAPSE = "leases-lapse"
    """The first droplet lease has run out."""
    LEASES_GONE = "leases-gone"
    """Hardly a droplet lease is held."""
    LEASES_HELD = "leases-held"
    """Nearly all droplet leases are held again."""
    SERVICE_FAILS = "service-fails"
    """A service's canary fails."""
    SERVICE_WORKS = "service-works"
    """It has failed, works, and goes on working for a while."""
    LAUNCH = "launch"
    """A request for an instance ends in one way."""
    ALARM = "alarm"
    """An alarm is raised."""
    OPERATORS = "operators"
    """Operators do something, told by a mark or by a lever that is pulled."""
    NOTHING = "nothing"
    """No part of the region shows it; it is listed for completeness."""

    @property
    def is_of_something(self) -> bool:
        """Whether it has to be said of which service, alarm, outcome or act."""
        return self in {
            Sign.SERVICE_FAILS,
            Sign.SERVICE_WORKS,
            Sign.LAUNCH,
            Sign.ALARM,
            Sign.OPERATORS,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One event of the record.

    Attributes:
        name: short, unique.
        minute: when, in the record.
        what: what happened, in a few words.
        sign: how it is recognised in a run.
        of: the service, alarm, launch outcome or operators' act that the sign is of,
            "" where it is of none.
        after: the event before which the sign does not count, "" for the loss of
            the endpoint.
        source: who says so.
        evidence: how surely.
    """

    name: str
    minute: float
    what: str
    sign: Sign
    of: str = ""
    after: str = ""
    source: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTime:
    """How the time of a run is told in minutes of the story.

    Attributes:
        zero_ns: when the endpoint lost its address, on the history's scale.
        scale: story seconds that pass in one second of the run.
    """

    zero_ns: int
    scale: float

    def minute(self, at_ns: int) -> float:
        """Return the minute of the story at a moment of the run."""
        return (at_ns - self.zero_ns) * self.scale / _NS_A_MINUTE

    def at_ns(self, minute: float) -> int:
        """Return the moment of the run at a minute of the story."""
        return self.zero_ns + round(minute * _NS_A_MINUTE / self.scale)
