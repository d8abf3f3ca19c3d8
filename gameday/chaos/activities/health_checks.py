"""Have the health checkers of a load balancer caught up?

What they told CloudWatch after their last round is read; nothing is done to them.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.observing import recorded
from gameday.chaos.running import failing_plainly, running

__all__ = ["await_checkers"]


def await_checkers(
    timeout_s: float = 60,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until every checker has told, from now on, that all is well.

    That is a round in which no check was late, with every target of its zone in
    service.

    Args:
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"waited_s"}.
    """
    from gameday.model.balancing_seen import TARGETS_METRIC, checkers_behind, told

    stage = running(configuration)
    since_ns = max((op.end_ns for op in recorded(stage)), default=0)
    behind: list[str] = []

    def caught_up() -> bool | None:
        history = recorded(stage)
        behind[:] = checkers_behind(history, since_ns=since_ns)
        is_told = any(each.zone for each in told(history, TARGETS_METRIC))
        return True if is_told and not behind else None

    with failing_plainly():
        _, waited_s = wait_until(
            caught_up,
            timeout_s,
            lambda: (
                f"the checkers of {', '.join(behind) or 'every zone'} are behind, or "
                "have targets out of service"
            ),
        )
    return {"waited_s": waited_s}
