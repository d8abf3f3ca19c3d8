"""How is one AWS call stopped on its way and let go at the right moment?

A hold makes a race certain: set it, wait until the call has arrived, let the
rest of the region move on, release it. The call then takes effect although
whatever its caller had checked before is out of date.
"""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.rule_setting import limits_of, match_of, set_rule
from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import running

__all__ = ["await_hold", "clear", "hold", "release"]


def hold(
    rule: str,
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    parameters: str = "",
    az: str = "",
    on_disconnect: str = "deliver",
    timeout_ms: int = 60000,
    count: int = 0,
    nth: int = 0,
    after_ms: int = 0,
    until_ms: int = 0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Stop every matching AWS call on its way to AWS until it is released.

    This is how a race is made certain: `await_hold` answers when the call has
    arrived, and `release` lets it go on.

    Args:
        rule: a name for the rule; `await_hold` and `release` take it.
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        parameters: JMESPath over the request; a true result matches.
        az: availability zone that the caller is in, a name or a glob.
        on_disconnect: what becomes of a call whose caller has given up:
            "deliver" (it is in the network and will arrive) or "drop".
        timeout_ms: let a call go on by itself after this many milliseconds.
        count: hold at most this many calls; 0 for no limit.
        nth: hold only the nth matching call; 0 for every one.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.

    Returns:
        {"rule": its id, "match": what it matches, "fault": what it does}.
    """
    fault = {"kind": "hold", "on_disconnect": on_disconnect, "timeout_ms": timeout_ms}
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, 1, 0, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)


def await_hold(
    rule: str,
    timeout_s: float = 10,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until a call is held by a rule.

    Args:
        rule: the name of a rule that `hold` set.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"rule": its name, "held": the held calls with actor, service,
        operation and what they would write}.
    """
    edge = running(configuration).edge
    held = edge.await_hold(rule, timeout_ms=round(timeout_s * 1000))
    if not held:
        raise ActivityFailed(f"no call was held by rule {rule!r} within {timeout_s} s")
    kept = ("id", "actor", "service", "operation", "writes")
    return {"rule": rule, "held": [{key: h.get(key) for key in kept} for h in held]}


def release(
    rule: str = "",
    outcome: str = "deliver",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let held calls go on. The rule stays and holds the next ones.

    Args:
        rule: the name of the rule whose calls go on; all rules when left out.
        outcome: "deliver" sends them to AWS, "lose-reply" does and answers nobody,
            "drop" loses them.

    Returns:
        {"released": how many calls went on}.
    """
    edge = running(configuration).edge
    released = edge.release(rule=rule or None, outcome=outcome)
    return {"rule": rule, "outcome": outcome, "released": released}


def clear(
    rule: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Remove a rule, or all of them; calls that they hold are delivered.

    Args:
        rule: the name of the rule; all rules when left out.

    Returns:
        {"removed": a list of {"rule", "seen", "fired"}}: how many calls each
        rule matched, and how many of those it decided.
    """
    edge = running(configuration).edge
    removed = []
    for entry in edge.rules():
        if rule and entry["id"] != rule:
            continue
        last = edge.remove_rule(entry["id"])
        removed.append(
            {
                "rule": entry["id"],
                "seen": last.get("seen", 0),
                "fired": last.get("fired", 0),
            }
        )
    return {"removed": removed}
