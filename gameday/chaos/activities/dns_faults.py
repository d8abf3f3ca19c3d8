"""What can be done to the answers that DNS gives?

Each action sets one rule at the edge, like those for AWS calls: it is counted,
waited for, and cleared with the same activities, and the first rule that
matches a question decides it.

`at` says who is at fault, and with it how long the fault is felt. "resolver":
what clients are told; it ends with the rule. "edge": what the DNS servers of
Route 53 tell the resolvers, which remember it, so that it is felt until the TTL,
or the negative TTL, has passed. A resolver that is refused or gets no reply from
any DNS server answers SERVFAIL; one sound server beside a sick one is enough.

Matching arguments are the same everywhere. Leave one out to match anything:
`name` is a DNS name or a glob; `az` is the zone whose resolver is asked or, at an
edge, asks; `client` is the IP address of who asks, or a glob; `record_type` is
"A", "TXT", ...; `edge` is the address of one DNS server, with `at` "edge".
"""

from typing import Any

from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.rule_setting import limits_of, set_dns_rule
from gameday.chaos.evidence import JsonObject
from gameday.chaos.running import failing_plainly, running

__all__ = ["fail_dns", "hold_zone_version", "release_zone_version", "slow_dns"]

_STALE = "stale"


def fail_dns(
    kind: str,
    name: str = "",
    az: str = "",
    client: str = "",
    record_type: str = "",
    at: str = "resolver",
    edge: str = "",
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
    """Answer matching DNS questions wrongly, or not at all.

    Args:
        kind: "nxdomain" (no such name), "empty" (the name exists and has no
            records), "servfail", "refused", "drop" (no reply ever), or
            "truncate" (over UDP: ask again over TCP, which is answered).
        name: the name asked for, or a glob; any when left out.
        az: the availability zone whose resolver is asked; any when left out.
        client: IP address of who asks, or a glob; anybody when left out.
        record_type: "A", "AAAA", "TXT", ...; any when left out.
        at: who is at fault, "resolver" or "edge", a DNS server of Route 53.
        edge: address of one DNS server, with `at` "edge"; any when left out.
        count: fire at most this many times; 0 for no limit.
        nth: fire only at the nth matching question; 0 for every one.
        probability: share of matching questions to fire at, 0 to 1.
        seed: seed for the probability; 0 takes the stage's seed.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to clear it or to ask after it.

    Returns:
        {"rule": its id, "at", "match": what it matches, "fault": what it does}.
    """
    match = _match(name, az, client, record_type, edge)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_dns_rule(configuration, rule, at, match, {"kind": kind}, limits)


def slow_dns(
    delay_ms: float,
    name: str = "",
    az: str = "",
    client: str = "",
    record_type: str = "",
    jitter_ms: float = 0,
    at: str = "resolver",
    edge: str = "",
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
    """Answer matching DNS questions truly, and late.

    A resolver waits 500 ms for a DNS server and asks three times, so a longer
    delay at an edge makes it answer SERVFAIL after 1.5 s.

    Args:
        delay_ms: the delay in milliseconds.
        name: the name asked for, or a glob; any when left out.
        az: the availability zone whose resolver is asked; any when left out.
        client: IP address of who asks, or a glob; anybody when left out.
        record_type: "A", "AAAA", "TXT", ...; any when left out.
        jitter_ms: how far the delay may stray either way, milliseconds.
        at: who is slow, "resolver" or "edge", a DNS server of Route 53.
        edge: address of one DNS server, with `at` "edge"; any when left out.
        count: fire at most this many times; 0 for no limit.
        nth: fire only at the nth matching question; 0 for every one.
        probability: share of matching questions to fire at, 0 to 1.
        seed: seed for jitter and probability; 0 takes the stage's seed.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to clear it or to ask after it.

    Returns:
        {"rule": its id, "at", "match": what it matches, "fault": what it does}.
    """
    fault = {"kind": "slow", "delay_ms": delay_ms, "jitter_ms": jitter_ms}
    match = _match(name, az, client, record_type, edge)
    limits = limits_of(count, nth, probability, seed, after_ms, until_ms)
    return set_dns_rule(configuration, rule, at, match, fault, limits)


def hold_zone_version(
    zone: str = "",
    version: int = 0,
    age_ms: float = 0,
    az: str = "",
    client: str = "",
    at: str = "resolver",
    edge: str = "",
    after_ms: int = 0,
    until_ms: int = 0,
    rule: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Hold clients at an older version of a hosted zone; others see the newest.

    Without `version` and `age_ms` they are held at the version of now, whatever
    is changed from this moment on.

    Args:
        zone: the zone's name; every zone when left out.
        version: hold them at this version of the zone; one of the newest 256.
        age_ms: let them see every change so many milliseconds late.
        az: the availability zone whose clients are held; all when left out.
        client: IP address of who is held, or a glob; everybody when left out.
        at: "resolver" holds what clients are told, "edge" what the DNS servers
            of Route 53 tell the resolvers.
        edge: address of one DNS server, with `at` "edge"; any when left out.
        after_ms: begin this many milliseconds after the rule was set.
        until_ms: end this many milliseconds after the rule was set; 0 for never.
        rule: a name for the rule, to release it or to ask after it.

    Returns:
        {"rule": its id, "at", "match", "fault", "held": {zone: version}}.
    """
    fault: dict[str, Any] = {"kind": _STALE}
    chosen = {"zone": zone, "version": version, "age_ms": age_ms}
    fault.update({key: value for key, value in chosen.items() if value})
    match = _match("", az, client, "", edge)
    limits = limits_of(0, 0, 1, 0, after_ms, until_ms)
    return set_dns_rule(configuration, rule, at, match, fault, limits)


def release_zone_version(
    rule: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let clients see the newest version of every zone again.

    Args:
        rule: the name of a rule that `hold_zone_version` set; all of them when
            left out.

    Returns:
        {"removed": a list of {"rule", "seen", "fired"}}: how many questions each
        rule matched, and how many of those it decided.
    """
    removed = []
    with failing_plainly():
        edge = running(configuration).edge
        for entry in edge.rules():
            holds = entry["rule"]["fault"]["kind"] == _STALE
            if holds and rule in {"", entry["id"]}:
                last = edge.remove_rule(entry["id"])
                removed.append({"rule": last.pop("id"), **last})
    return {"removed": removed}


def _match(
    name: str, az: str, client: str, record_type: str, edge: str
) -> dict[str, Any]:
    match = {
        "name": name,
        "az": az,
        "client": client,
        "type": record_type,
        "edge": edge,
    }
    return {key: value for key, value in match.items() if value not in {"", "all"}}
