"""What can be done to the wall clock of one of the region's programs?

A clock that is wrong by a constant is skewed; one that moves once has jumped. Both
change the same offset, which a program meets at its next look. Sleeps, time-outs
and whatever else goes by the monotonic clock stay right. Requests are signed by
the wrong clock, as on a host whose time is off.

Programs of gameday's own have such a clock; any other needs `clock: adjustable` in
the region file, and libfaketime.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import failing_plainly, running

__all__ = ["jump_clock", "restore_clock", "skew_clock"]


def skew_clock(
    actor: str,
    offset_ms: int,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let the wall clock of a program be wrong by a constant from now on.

    Args:
        actor: its name in the region file, e.g. "enactor-az3".
        offset_ms: milliseconds that it is ahead; behind when negative.

    Returns:
        {"actor", "offset_ms": by how much its clock is ahead now}.
    """
    from gameday.stage.clocks import set_offset

    stage = running(configuration)
    with failing_plainly():
        set_offset(stage.state, actor, offset_ms)
        stage.edge.mark("skew_clock", {"actor": actor, "offset_ms": offset_ms})
    return {"actor": actor, "offset_ms": offset_ms}


def jump_clock(
    actor: str,
    by_ms: int,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Move the wall clock of a program once, as a correction of its time does.

    Args:
        actor: its name in the region file, e.g. "enactor-az3".
        by_ms: milliseconds that it moves forward; back when negative.

    Returns:
        {"actor", "by_ms", "offset_ms": by how much its clock is ahead now}.
    """
    from gameday.stage.clocks import jump

    stage = running(configuration)
    with failing_plainly():
        offset_ms = jump(stage.state, actor, by_ms)
        moved = {"actor": actor, "by_ms": by_ms, "offset_ms": offset_ms}
        stage.edge.mark("jump_clock", moved)
    return moved


def restore_clock(
    actor: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let the wall clock of a program be right again.

    Args:
        actor: its name in the region file, e.g. "enactor-az3".

    Returns:
        {"actor", "offset_ms": 0}.
    """
    from gameday.stage.clocks import set_offset

    stage = running(configuration)
    with failing_plainly():
        set_offset(stage.state, actor, 0)
        stage.edge.mark("restore_clock", {"actor": actor})
    return {"actor": actor, "offset_ms": 0}
