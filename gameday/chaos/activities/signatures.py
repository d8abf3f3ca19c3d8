"""What happens to a program whose clock is off?

AWS refuses requests that are signed for another time than its own; emulators take
them. Together with a clock that is set wrong this is the outage of one machine.
"""

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.rule_setting import limits_of, match_of, set_rule
from gameday.chaos.evidence import JsonObject

__all__ = ["reject_skewed_signatures"]


def reject_skewed_signatures(
    skew_ms_max: float = 300000,
    actor: str = "",
    service: str = "",
    operation: str = "",
    resource: str = "",
    parameters: str = "",
    az: str = "",
    after_ms: int = 0,
    until_ms: int = 0,
    rule: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Refuse matching AWS calls whose signature is dated too far from now.

    The answer is the service's own: InvalidSignatureException,
    SignatureDoesNotMatch, RequestTimeTooSkewed or RequestExpired.

    Args:
        skew_ms_max: how far the date may be off either way, milliseconds. AWS
            allows 300000; S3 and EC2 allow 900000.
        actor: who calls, a name or a glob; anybody when left out.
        service: AWS service, e.g. "route53"; any when left out.
        operation: AWS operation, or several separated by commas.
        resource: glob over the resources that the call reads or writes.
        parameters: JMESPath over the request; a true result matches.
        az: availability zone that the caller is in, a name or a glob.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to clear it or to ask after it.

    Returns:
        {"rule": its id, "match": what it matches, "fault": what it does}.
    """
    fault = {"kind": "reject_skew", "skew_ms_max": skew_ms_max}
    match = match_of(actor, service, operation, resource, parameters, az)
    limits = limits_of(0, 0, 1, 0, after_ms, until_ms)
    return set_rule(configuration, rule, match, fault, limits)
