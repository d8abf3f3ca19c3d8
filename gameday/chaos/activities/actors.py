"""What can be done to the region's programs themselves?

A paused program keeps its connections, its locks and whatever it had decided;
it goes on from there when it is resumed. A killed one leaves its locks behind
until they expire. Neither can tidy up, which is the point.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import failing_plainly, running

__all__ = ["kill_actor", "pause_actor", "restart_actor", "resume_actor"]


def pause_actor(
    actor: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Stop a program of the region in its tracks (SIGSTOP).

    Args:
        actor: its name in the region file, e.g. "enactor-az3".

    Returns:
        {"actor": its name, "pid": its process id, "state": "paused"}.
    """
    from gameday.stage.actors import pause

    stage = running(configuration)
    with failing_plainly():
        pid = pause(stage.state, actor)
        stage.edge.mark("pause_actor", {"actor": actor})
    return {"actor": actor, "pid": pid, "state": "paused"}


def resume_actor(
    actor: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let a paused program of the region go on (SIGCONT).

    Args:
        actor: its name in the region file, e.g. "enactor-az3".

    Returns:
        {"actor": its name, "pid": its process id, "state": "running"}.
    """
    from gameday.stage.actors import resume

    stage = running(configuration)
    with failing_plainly():
        pid = resume(stage.state, actor)
        stage.edge.mark("resume_actor", {"actor": actor})
    return {"actor": actor, "pid": pid, "state": "running"}


def kill_actor(
    actor: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Kill a program of the region (SIGKILL); it cannot tidy up.

    It stays dead unless the region file says `restart: always` for it.

    Args:
        actor: its name in the region file, e.g. "enactor-az3".

    Returns:
        {"actor": its name, "pid": its process id, "state": "killed"}.
    """
    from gameday.stage.actors import kill

    stage = running(configuration)
    with failing_plainly():
        pid = kill(stage.state, actor)
        stage.edge.mark("kill_actor", {"actor": actor})
    return {"actor": actor, "pid": pid, "state": "killed"}


def restart_actor(
    actor: str,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Start a program of the region anew, killing it first if it runs.

    The new process is another incarnation: it knows nothing of the old one's
    locks and waits until they expire.

    Args:
        actor: its name in the region file, e.g. "enactor-az3".

    Returns:
        {"actor": its name, "pid": its new process id, "state": "running"}.
    """
    from gameday.stage.actors import restart

    stage = running(configuration)
    with failing_plainly():
        pid = restart(stage.state, actor)
        stage.edge.mark("restart_actor", {"actor": actor})
    return {"actor": actor, "pid": pid, "state": "running"}
