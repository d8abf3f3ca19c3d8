"""What happens when a program reads what is no longer so?

DynamoDB's eventually consistent reads and Route 53's listings may be behind; no
emulator ever is.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.rule_setting import limits_of, match_of, set_rule
from gameday.chaos.evidence import JsonObject

__all__ = ["serve_stale_reads"]


def serve_stale_reads(
    staleness_ms: float,
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    consistent_too: bool = False,
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
    """Answer matching reads by what was so a while ago.

    Strikes GetItem, BatchGetItem, Query and Scan of DynamoDB and
    ListResourceRecordSets of Route 53; other calls pass unseen. The past reaches
    back to when the rule was set, and further only for Route 53.

    Args:
        staleness_ms: how long ago, milliseconds.
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads.
        consistent_too: whether strongly consistent reads are behind as well, which
            AWS never lets happen.
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
    fault = {
        "kind": "stale_read",
        "staleness_ms": staleness_ms,
        "consistent_too": consistent_too,
    }
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)
