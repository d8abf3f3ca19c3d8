"""What can be done to the calls between the region and AWS?

Each action sets one rule at the edge and answers its id. The first rule that
matches a call decides it, in the order in which the rules were set. Every rule
is owned by the experiment: the rollbacks, the control and the end of the stage
remove it, so nothing outlives the run.

Matching arguments are the same everywhere. Leave one out to match anything:
`actor` is a name or a glob ("enactor-*"); `service` and `operation` are AWS
names ("route53", "ChangeResourceRecordSets"; several operations are separated
by commas); `resource` is a glob over what the call reads or writes
("route53:*/lock.*"); `parameters` is a JMESPath expression over the request; `az`
is the availability zone that the caller is in.
"""

from typing import Any

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.rule_setting import limits_of, match_of, set_rule
from gameday.chaos.evidence import JsonObject

__all__ = [
    "drop_requests",
    "drop_responses",
    "inject_error",
    "inject_latency",
    "inject_throttle",
]


def inject_latency(
    delay_ms: float,
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    jitter_ms: float = 0,
    distribution: str = "uniform",
    leg: str = "request",
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
    """Delay every matching AWS call.

    Args:
        delay_ms: the delay in milliseconds.
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        jitter_ms: how far the delay may stray from `delay_ms`, milliseconds.
        distribution: how it strays: "uniform", "normal" or "exponential".
        leg: "request" delays the call before AWS sees it, "response" its answer.
        parameters: JMESPath over the request; a true result matches.
        az: availability zone that the caller is in, a name or a glob.
        count: fire at most this many times; 0 for no limit.
        nth: fire only at the nth matching call; 0 for every one.
        probability: share of matching calls to fire at, 0 to 1.
        seed: seed for jitter and probability; 0 takes the stage's seed.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to clear it or to ask after it.

    Returns:
        {"rule": its id, "match": what it matches, "fault": what it does}.
    """
    fault = {
        "kind": "delay",
        "delay_ms": delay_ms,
        "jitter_ms": jitter_ms,
        "distribution": distribution,
        "on": leg,
    }
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)


def inject_error(
    code: str,
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    status: int = 0,
    message: str = "",
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
    """Answer every matching AWS call with an error, without passing it on.

    Args:
        code: AWS error code, e.g. "Throttling" or "ServiceUnavailable".
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        status: HTTP status of the answer; 0 for the one that the service gives it.
        message: text of the error; one that names gameday when left out.
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
    fault: dict[str, Any] = {"kind": "error", "code": code}
    if status:
        fault["status"] = status
    if message:
        fault["message"] = message
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)


def inject_throttle(
    rate_per_s: float,
    burst: int = 1,
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    code: str = "",
    parameters: str = "",
    az: str = "",
    after_ms: int = 0,
    until_ms: int = 0,
    rule: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let matching AWS calls through a token bucket and refuse the rest.

    Args:
        rate_per_s: tokens that the bucket gains in a second.
        burst: tokens that the bucket holds when it is full.
        actor: who calls, a name or a glob; anybody when left out. All matching
            callers share one bucket.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        code: AWS error code of a refusal; the service's own when left out.
        parameters: JMESPath over the request; a true result matches.
        az: availability zone that the caller is in, a name or a glob.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to clear it or to ask after it.

    Returns:
        {"rule": its id, "match": what it matches, "fault": what it does}.
    """
    fault = {"kind": "throttle", "rate_per_s": rate_per_s, "burst": burst, "code": code}
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(0, 0, 1, 0, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)


def drop_requests(
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    how: str = "reset",
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
    """Lose every matching AWS call before AWS sees it.

    Args:
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        how: "reset" breaks the connection, "hang" lets the caller wait.
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
    fault = {"kind": "drop_request", "as": how}
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)


def drop_responses(
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    how: str = "reset",
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
    """Let every matching AWS call take effect and lose its answer.

    The caller cannot know whether its write was applied; the history records
    such a call as "info", never as a failure.

    Args:
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        how: "reset" breaks the connection, "hang" lets the caller wait.
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
    fault = {"kind": "drop_response", "as": how}
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)
