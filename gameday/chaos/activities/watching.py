"""What has the region done, as the recorded history tells it?

Waits that look at calls instead of states. They count from the moment a named
rule was set, so a call that finished between two activities is not missed.
"""

import time

import jmespath
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.looking_up import look_up_everywhere
from gameday.chaos.observing import recorded
from gameday.chaos.running import Running, failing_plainly, running
from gameday.model.history import Op, OpKind

__all__ = ["await_call", "await_tree_deleted", "watch_endpoint"]

_POLL_S = 0.1


def await_call(
    actor: str,
    operation: str,
    since_rule: str,
    parameters: str = "",
    count: int = 1,
    timeout_s: float = 10,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until an actor has finished a call, whatever became of it.

    Args:
        actor: who calls.
        operation: the AWS operation.
        since_rule: count from the moment this rule was set.
        parameters: JMESPath over the request; a true result matches.
        count: how many such calls must have finished.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"actor", "operation", "outcome": ok, fail or info of the last such
        call, "error": its AWS error code, "waited_s"}.
    """
    stage = running(configuration)
    matches = jmespath.compile(parameters) if parameters else None
    seen = 0

    def made() -> Op | None:
        nonlocal seen
        found = [
            op
            for op in _since(stage, since_rule)
            if op.kind is OpKind.CALL
            and (op.actor, op.operation) == (actor, operation)
            and (matches is None or matches.search(dict(op.request)))
        ]
        seen = len(found)
        return found[count - 1] if seen >= count else None

    with failing_plainly():
        last, waited_s = wait_until(
            made,
            timeout_s,
            lambda: (
                f"{actor} made {seen} of {count} {operation} calls since rule "
                f"{since_rule!r} was set"
            ),
        )
    return {
        "actor": actor,
        "operation": operation,
        "outcome": last.outcome.value,
        "error": last.error,
        "waited_s": waited_s,
    }


def await_tree_deleted(
    generation: int,
    endpoint: str = "",
    timeout_s: float = 10,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until clean-up has deleted the record tree of a plan.

    Args:
        generation: the plan's number.
        endpoint: the endpoint; the main one when left out.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"endpoint", "generation", "waited_s"}.
    """
    stage = running(configuration)
    name = stage.endpoint(endpoint)

    def deleted() -> bool | None:
        return True if generation not in stage.view(name).trees else None

    with failing_plainly():
        _, waited_s = wait_until(
            deleted,
            timeout_s,
            lambda: f"the tree of plan {generation} is still there",
        )
    return {"endpoint": name, "generation": generation, "waited_s": waited_s}


def watch_endpoint(
    at_most_s: float = 20,
    after_empty_s: float = 4,
    endpoint: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let time pass, and stop early once an endpoint has been lost for good.

    Nothing is judged here: the hypothesis and the checkers do that.

    Args:
        at_most_s: seconds to watch when nothing happens.
        after_empty_s: seconds to go on after the answers became empty, to see
            whether the region repairs itself.
        endpoint: the endpoint; the main one when left out.

    Returns:
        {"endpoint", "emptied": whether it was empty at the end, "watched_s"}.
    """
    stage = running(configuration)
    name = stage.endpoint(endpoint)
    began = time.monotonic()
    empty_since: float | None = None
    while True:
        answers = look_up_everywhere(stage, name, "all")
        now = time.monotonic()
        if not all(answer.is_empty for answer in answers):
            empty_since = None
        elif empty_since is None:
            empty_since = now
        long_empty = empty_since is not None and now - empty_since >= after_empty_s
        if long_empty or now - began >= at_most_s:
            return {
                "endpoint": name,
                "emptied": empty_since is not None,
                "watched_s": round(now - began, 3),
            }
        time.sleep(_POLL_S)


def _since(stage: Running, rule: str) -> list[Op]:
    ops = recorded(stage).ops
    start = next(
        (
            place
            for place, op in enumerate(ops)
            if op.kind is OpKind.MARK
            and op.operation == "set_rule"
            and op.request.get("id") == rule
        ),
        None,
    )
    if start is None:
        raise ActivityFailed(f"no rule {rule!r} was set in this run")
    return list(ops[start + 1 :])
