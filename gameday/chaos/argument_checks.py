"""Do the arguments of an activity fit its function and the region?

The function's own signature says which arguments there are and of what kind.
For gameday's activities more is known: which actors, endpoints, zones and load
balancers the region has, and, because the rule that an activity would set is
built and parsed here, everything that the edge would refuse later.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput
from gameday.model.mitigations import Mitigation
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gameday.region.topology import Region

__all__ = ["Vocabulary", "argument_problems"]

_OURS = "gameday.chaos."
_RULE_SETTERS = frozenset(
    {
        "drop_requests",
        "drop_responses",
        "duplicate_requests",
        "hold",
        "inject_error",
        "inject_latency",
        "inject_throttle",
        "reject_skewed_signatures",
        "serve_stale_reads",
    }
)
_DNS_RULE_SETTERS = frozenset({"fail_dns", "hold_zone_version", "slow_dns"})
_DNS_FAILURES = ("drop", "empty", "nxdomain", "refused", "servfail", "truncate")
_PROVIDED = frozenset({"configuration", "secrets"})
"""Arguments that Chaos Toolkit provides by itself."""

_ARGUMENT_OF_FIELD = {"on": "leg", "as": "how", "id": "rule", "type": "record_type"}
"""Where an argument has another name than the field of the rule it becomes."""

_KINDS: Mapping[Any, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "a text"),
    dict: ((dict,), "a mapping"),
    list: ((list,), "a list"),
}
_CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("fail_dns", "kind"): _DNS_FAILURES,
    ("release", "outcome"): ("deliver", "lose-reply", "drop"),
    ("partition_az", "direction"): ("both", "inbound-only", "outbound-only"),
    ("partition_az", "how"): ("hang", "reset"),
    ("pull_levers", "mitigation"): tuple(map(str, Mitigation)),
    ("take_load_balancer_down", "state"): ("refusing", "black-holed", "resetting"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names that arguments may use.

    Attributes:
        callers: actors and their other identities, the operator included.
        actors: programs of the region.
        endpoints: DNS names.
        zones: availability zones.
        zones_of_callers: the zone of each caller that is in one.
        load_balancers: their names.
        dns_edges: addresses of the DNS servers.
        clocks: programs whose clock can be set.
        rules: names of rules that some activity of the experiment sets.
    """

    callers: frozenset[str]
    actors: frozenset[str]
    endpoints: frozenset[str]
    zones: frozenset[str]
    zones_of_callers: Mapping[str, str]
    load_balancers: frozenset[str]
    dns_edges: frozenset[str]
    clocks: frozenset[str]
    rules: frozenset[str]

    @classmethod
    def of(cls, region: Region, activities: Sequence[Mapping[str, Any]]) -> Vocabulary:
        """Return the names of a region and of an experiment's own rules."""
        return cls(
            callers=frozenset(region.access_keys().values()),
            actors=frozenset(region.actors),
            endpoints=frozenset(region.endpoints),
            zones=frozenset(region.availability_zones),
            zones_of_callers=region.zones_of_callers(),
            load_balancers=frozenset(lb.name for lb in region.load_balancers),
            dns_edges=frozenset(region.dns.edges),
            clocks=frozenset(filter(region.has_settable_clock, region.actors)),
            rules=frozenset(_rules_set(activities)),
        )


def argument_problems(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    vocabulary: Vocabulary,
    *,
    filled_in: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield (argument, what is wrong with it) for a call of `function`.

    Args:
        function: the activity.
        arguments: as they stand in the experiment.
        vocabulary: names that exist.
        filled_in: an argument that Chaos Toolkit adds.
    """
    parameters = inspect.signature(function).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    known = [name for name in parameters if name not in _PROVIDED]
    problems: list[tuple[str, str]] = []
    for name, value in arguments.items():
        if name not in parameters and not takes_any:
            problems.append((name, unknown_name("argument", name, known)))
        elif name in parameters and not _is_filled_in_later(value):
            problems += _kind_problems(name, value, parameters[name].annotation)
    problems += [
        ("", f"{function.__name__} needs the argument {name!r}")
        for name, parameter in parameters.items()
        if name not in arguments and name not in _PROVIDED and name != filled_in
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    if not problems and function.__module__.startswith(_OURS):
        problems += _name_problems(function, arguments, vocabulary)
        told = {name for name, _ in problems}
        of_rule = _rule_problems(function, arguments, vocabulary)
        problems += [each for each in of_rule if each[0] not in told]
    yield from problems


def _kind_problems(name: str, value: Any, annotation: Any) -> list[tuple[str, str]]:
    accepted, wanted = _KINDS.get(
        typing.get_origin(annotation) or annotation, ((object,), "")
    )
    stray_bool = isinstance(value, bool) and bool not in accepted
    if isinstance(value, accepted) and (not stray_bool or object in accepted):
        return []
    if name == "operation" and isinstance(value, list):
        return []
    return [(name, f"should be {wanted}, not {value!r}")]


def _name_problems(
    function: Callable[..., Any], arguments: Mapping[str, Any], names: Vocabulary
) -> Iterator[tuple[str, str]]:
    # What sets a rule is checked with the rule; globs are allowed there.
    sets_rule = function.__name__ in _RULE_SETTERS | _DNS_RULE_SETTERS
    known = {
        "actor": names.callers if function.__name__ == "await_call" else names.actors,
        "endpoint": names.endpoints | {"all"}
        if function.__name__ == "plan_regressions"
        else names.endpoints,
        "az": names.zones
        if function.__name__ in {"heal_az", "partition_az"}
        else names.zones | {"all"},
        "load_balancer": names.load_balancers,
        "edge": names.dns_edges,
        "rule": names.rules,
        "since_rule": names.rules,
    }
    for name, value in arguments.items():
        if _is_filled_in_later(value) or value == "":
            continue
        choices = _CHOICES.get((function.__name__, name))
        if choices and value not in choices:
            yield name, unknown_name(name, value, choices)
        elif name in known and not sets_rule and value not in known[name]:
            yield name, unknown_name(name.replace("_", " "), value, known[name])
    yield from _plan_problems(function, arguments, names)
    yield from _clock_problems(function, arguments, names)


def _clock_problems(
    function: Callable[..., Any], arguments: Mapping[str, Any], names: Vocabulary
) -> Iterator[tuple[str, str]]:
    actor = arguments.get("actor")
    sets_clock = function.__name__ in {"jump_clock", "restore_clock", "skew_clock"}
    if sets_clock and actor in names.actors - names.clocks:
        how = "give it `clock: adjustable` in the region file"
        yield "actor", f"the clock of {actor} cannot be set; {how}"


def _plan_problems(
    function: Callable[..., Any], arguments: Mapping[str, Any], names: Vocabulary
) -> Iterator[tuple[str, str]]:
    if function.__name__ != "publish_plan":
        return
    weights = arguments.get("weights") or {}
    for endpoint, shares in weights.items():
        if endpoint not in names.endpoints:
            yield "weights", unknown_name("endpoint", endpoint, names.endpoints)
        for load_balancer in shares if isinstance(shares, Mapping) else ():
            if load_balancer not in names.load_balancers:
                yield (
                    "weights",
                    unknown_name("load balancer", load_balancer, names.load_balancers),
                )
    for name in arguments.get("drop_load_balancers") or ():
        if name not in names.load_balancers:
            yield (
                "drop_load_balancers",
                unknown_name("load balancer", str(name), names.load_balancers),
            )


def _rule_problems(
    function: Callable[..., Any], arguments: Mapping[str, Any], names: Vocabulary
) -> Iterator[tuple[str, str]]:
    """Yield what the edge would say of the rule that the activity sets."""
    if function.__name__ not in _RULE_SETTERS | _DNS_RULE_SETTERS:
        return
    from gameday.chaos.activities.rule_setting import rules_of

    if any(_is_filled_in_later(value) for value in arguments.values()):
        return
    for_dns = function.__name__ in _DNS_RULE_SETTERS
    parse = _dns_rule_parser(names) if for_dns else _rule_parser(names)
    for document in rules_of(function, arguments):
        try:
            parse(document)
        except InvalidInput as error:
            for reason in error.reasons:
                field, _, message = reason.message.partition(": ")
                last = field.rpartition(".")[2].partition("[")[0]
                yield _ARGUMENT_OF_FIELD.get(last, last), message or reason.message


def _rule_parser(names: Vocabulary) -> Callable[[Any], object]:
    from gameday.aws.service_models import service_models
    from gameday.edge.rule_document import Vocabulary as EdgeVocabulary
    from gameday.edge.rule_document import parse_rule

    words = EdgeVocabulary(
        actors=names.callers,
        vias=names.load_balancers | {"gateway"},
        models=service_models(),
        zones_of_actors=names.zones_of_callers,
    )
    return lambda document: parse_rule(document, words, rule_id="r1")


def _dns_rule_parser(names: Vocabulary) -> Callable[[Any], object]:
    from gameday.edge.dns_rule_document import DnsVocabulary, parse_dns_rule

    # Each endpoint has a hosted zone of its own.
    words = DnsVocabulary(azs=names.zones, edges=names.dns_edges, zones=names.endpoints)
    return lambda document: parse_dns_rule(document, words, rule_id="d1")


def _rules_set(activities: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for activity in activities:
        provider = activity.get("provider")
        arguments = provider.get("arguments") if isinstance(provider, Mapping) else None
        if not isinstance(arguments, Mapping):
            continue
        func = provider.get("func") if isinstance(provider, Mapping) else None
        setters = _RULE_SETTERS | _DNS_RULE_SETTERS
        if func in setters and isinstance(arguments.get("rule"), str):
            yield arguments["rule"]


def _is_filled_in_later(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
