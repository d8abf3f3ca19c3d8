"""Is this a rule, and what does it say?

A rule comes as JSON from a person, an experiment or a program. Whatever names
something that does not exist (a key, an actor, a service, an operation, a kind
of fault) is refused with the nearest name that does: a rule that silently never
fires makes a game day pass for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from gameday.edge.caller import ANONYMOUS, UNKNOWN_PREFIX
from gameday.edge.document_fields import Fields
from gameday.edge.fault_document import ensure_strikes, parse_fault
from gameday.edge.limits_document import parse_limits
from gameday.edge.rules import Match, Rule
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.service_models import ServiceModels

__all__ = ["Vocabulary", "parse_rule"]

_USUAL_SERVICES = ("dynamodb", "route53", "cloudwatch", "sts", "sqs", "ec2", "elbv2")
"""Where an operation without a service is looked for, and its nearest name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names that a rule may use.

    Attributes:
        actors: names of the region's actors.
        vias: "gateway" and the names of the load balancers.
        models: services and operations.
        zones_of_actors: availability zone by actor; others are outside all.
    """

    actors: frozenset[str]
    vias: frozenset[str]
    models: ServiceModels
    zones_of_actors: Mapping[str, str]


def parse_rule(document: Any, vocabulary: Vocabulary, *, rule_id: str) -> Rule:
    """Return the rule that a document describes.

    Args:
        document: the rule as JSON.
        vocabulary: names that exist.
        rule_id: its id, unless it brings its own.

    Raises:
        InvalidInput: with every problem.
    """
    fields = Fields(document)
    own_id = fields.text("id", rule_id)
    fields.text("owner", "")
    match = _parse_match(fields.inner("match"), vocabulary)
    fault = parse_fault(fields)
    ensure_strikes(fields, fault, match.services, match.operations)
    rule = Rule(
        id=own_id or rule_id,
        match=match,
        fault=fault,
        **parse_limits(fields, rule_id=str(own_id or rule_id)),
    )
    fields.refuse_unknown()
    fields.raise_if_wrong()
    return rule


def _parse_match(fields: Fields, vocabulary: Vocabulary) -> Match:
    actors = fields.texts("actor")
    for name in actors:
        if not _is_actor(name, vocabulary.actors):
            known = vocabulary.actors | {ANONYMOUS}
            fields.wrong("actor", unknown_name("actor", name, known))
    services = fields.texts("service")
    for name in services:
        if not _any_is(name, vocabulary.models.names):
            fields.wrong(
                "service", unknown_name("service", name, vocabulary.models.names)
            )
    vias = fields.texts("via")
    for name in vias:
        if not _any_is(name, vocabulary.vias):
            fields.wrong("via", unknown_name("way in", name, vocabulary.vias))
    operations = fields.texts("operation")
    _ensure_operations(fields, operations, services, vocabulary.models)
    match = Match(
        actors=actors,
        callers=_parse_callers(fields, vocabulary.zones_of_actors),
        services=services,
        operations=operations,
        regions=fields.texts("region"),
        resources=fields.texts("resource"),
        vias=vias,
        parameters=_parse_expression(fields),
    )
    fields.refuse_unknown()
    return match


def _parse_callers(
    fields: Fields, zones_of_actors: Mapping[str, str]
) -> frozenset[str] | None:
    """Return the actors of the zones that are asked for, None for anybody."""
    zones = frozenset(zones_of_actors.values())
    asked = fields.texts("az")
    for name in asked:
        if not _any_is(name, zones):
            fields.wrong("az", unknown_name("availability zone", name, zones))
    if not asked:
        return None
    return frozenset(
        actor
        for actor, zone in zones_of_actors.items()
        if any(fnmatchcase(zone, name) for name in asked)
    )


def _is_actor(name: str, actors: frozenset[str]) -> bool:
    return name == ANONYMOUS or name.startswith(UNKNOWN_PREFIX) or _any_is(name, actors)


def _any_is(pattern: str, names: frozenset[str]) -> bool:
    return pattern in names or any(fnmatchcase(name, pattern) for name in names)


def _ensure_operations(
    fields: Fields,
    operations: tuple[str, ...],
    services: tuple[str, ...],
    models: ServiceModels,
) -> None:
    if not operations:
        return
    exact = tuple(name for name in sorted(models.names) if name in services)
    loaded = [models.get(name) for name in exact or _USUAL_SERVICES]
    known = frozenset(name for model in loaded if model for name in model.operations)
    for name in operations:
        if not _any_is(name, known) and (exact or not models.offers(name)):
            of = f"{' or '.join(exact)} operation" if exact else "operation"
            fields.wrong("operation", unknown_name(of, name, known))


def _parse_expression(fields: Fields) -> Callable[[Any], bool] | None:
    text = fields.text("parameters", None)
    if text is None or not isinstance(text, str):
        return None
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        fields.wrong("parameters", f"{text!r} is not JMESPath: {_first_line(error)}")
        return None

    def fits(parameters: Any) -> bool:
        try:
            found = expression.search(parameters)
        except JMESPathError:
            # A function met a value of the wrong type: this call does not fit.
            return False
        # JMESPath counts 0 as true; empty texts, lists and objects are false.
        return found is not None and found is not False and found not in ("", [], {})

    return fits


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
