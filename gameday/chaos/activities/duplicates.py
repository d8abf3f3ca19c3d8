"""What happens when the network delivers a call twice?

A retransmission, a proxy that tries again, a queue that delivers at least once: the
caller sent one request, AWS receives several, and the caller is told of one of them.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.rule_setting import limits_of, match_of, set_rule
from gameday.chaos.evidence import JsonObject

__all__ = ["duplicate_requests"]


def duplicate_requests(
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    copies: int = 2,
    reply: str = "last",
    gap_ms: float = 0,
    parameters: str = "",
    az: str = "",
    count: int = 0,
    nth: int = 0,
    probability: float = 1,
    seed: int = 0,
    after_ms: int = 0,
    until_ms: int = 0,
    rule: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Deliver every matching AWS call several times.

    Each delivery is a call of its own in the history; those that the caller is
    not told of have no status.

    Args:
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        copies: how many deliveries there are in all, 2 to 10.
        reply: whose answer the caller gets. "last" lets it wait for all of them;
            after "first" the others arrive although it has its answer.
        gap_ms: from the end of one delivery to the next, milliseconds.
        parameters: JMESPath over the request; a true result matches.
        az: availability zone that the caller is in, a name or a glob.
        count: fire at most this many times; 0 for no limit.
        nth: fire only at the nth matching call; 0 for every one.
        probability: share of matching calls to fire at, 0 to 1.
        seed: seed for the probability; 0 takes the stage's seed.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to clear it or to ask after it.

    Returns:
        {"rule": its id, "match": what it matches, "fault": what it does}.
    """
    fault = {"kind": "duplicate", "copies": copies, "reply": reply, "gap_ms": gap_ms}
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)
