"""When, in a run, is it the minute at which the real operators acted?

The minutes of the record count from the loss of the endpoint, in a run as on the day.
Waiting is all that happens here: what an operator then does, and what comes of it, is
for the programs of the region.
"""

import time

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import Running, failing_plainly, running
from gameday.model.history import History
from gameday.model.public_record import StoryTime
from gameday.model.run_span import run_span
from gameday.model.signs_seen import endpoint_lost_ns

__all__ = ["await_record"]


def await_record(
    event: str = "",
    minute: float = 0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until it is the minute of an event of the region's record.

    The minute is that of the record, however early or late the run is with the event
    itself.

    Args:
        event: its name in the region's `record:`.
        minute: the minute to wait for when no event is named.

    Returns:
        {"event", "minute": of the record, "waited_s", "late_s": how much later than
        that the wait began}.
    """
    from gameday.clock import SystemClock
    from gameday.near_names import unknown_name
    from gameday.region.entries.record import story_scale

    stage = running(configuration)
    record = stage.state.region.record
    if event and event not in record:
        raise ActivityFailed(unknown_name("event of the record", event, record))
    wanted = record[event].minute if event else minute
    scale = story_scale(stage.state.region.settings, stage.state.settings)
    with failing_plainly():
        at_ms = _wall_ms(stage, wanted, scale)
    wait_s = (at_ms - SystemClock().now_ms()) / 1000
    time.sleep(max(wait_s, 0))
    return {
        "event": event,
        "minute": wanted,
        "waited_s": round(max(wait_s, 0), 3),
        "late_s": round(max(-wait_s, 0), 3),
    }


def _wall_ms(stage: Running, minute: float, scale: float) -> int:
    history = _of_the_zone(recorded(stage), stage.endpoints[0])
    zero_ns = endpoint_lost_ns(history, stage.endpoints[0])
    if zero_ns is None:
        raise ActivityFailed(
            f"{stage.endpoints[0]} has not lost its address; minute 0 is when it does"
        )
    story = StoryTime(zero_ns=zero_ns, scale=scale)
    at_ms = run_span(history).wall_ms(story.at_ns(minute))
    if at_ms is None:
        raise ActivityFailed("the history has no run_started mark")
    return at_ms


def _of_the_zone(history: History, endpoint: str) -> History:
    """Return the marks, and what was written or answered of one endpoint."""
    return History(
        tuple(
            op
            for op in history
            if op.service not in {"dynamodb", "cloudwatch"}
            if op.operation != "ChangeResourceRecordSets"
            or op.request.get("Zone") == endpoint
        )
    )
