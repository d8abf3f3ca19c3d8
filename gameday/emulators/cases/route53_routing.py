"""How do weighted, multivalue and alias record sets share a name?

The reference region's plan trees are weighted aliases; its outage is an alias
whose target was deleted. Whether Route 53 refuses that deletion is written
nowhere; the outage implies that it does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.emulators.cases.sources import (
    ALIAS_SYNTAX,
    ALIAS_TARGET_LOG,
    CHANGE_BATCH,
    CREATE_LOG,
    DELETE_LOG,
)
from gameday.emulators.contract_case import Case
from gameday.emulators.contract_ground import refusal, told
from gameday.model.zone import Action, RecordSet

if TYPE_CHECKING:
    from gameday.emulators.contract_ground import Ground

__all__ = ["CASES", "MISSING_TARGET", "WEIGHTED_DELETE"]

GROUP = "Route 53: routing and aliases"
IMPLIED = "undocumented; implied by the outage of October 2025"


def _play_weighted_pair(ground: Ground) -> str:
    reply = _create(
        ground, ground.weighted("pair", "lb-1"), ground.weighted("pair", "lb-2")
    )
    if reply:
        return reply
    found = sorted(each.set_identifier for each in ground.sets("pair"))
    return "" if found == ["lb-1", "lb-2"] else f"the name holds {found}"


def _play_weighted_create(ground: Ground) -> str:
    _create(ground, ground.weighted("rival", "lb-1"))
    other = ground.weighted("rival", "lb-1", weight=2)
    reply = ground.change((Action.CREATE, other))
    count = len(ground.sets("rival"))
    return f"{count} sets share the identifier" if count != 1 else refusal(reply)


def _play_weighted_wrong_weight(ground: Ground) -> str:
    _create(ground, ground.weighted("heavy", "lb-1", weight=5))
    other = ground.weighted("heavy", "lb-1", weight=6)
    reply = ground.change((Action.DELETE, other))
    return refusal(reply) if ground.sets("heavy") else "the live set is gone"


def _play_weighted_delete(ground: Ground) -> str:
    _create(
        ground, ground.weighted("tree-1", "lb-1"), ground.weighted("tree-2", "lb-1")
    )
    reply = ground.change((Action.DELETE, ground.weighted("tree-1", "lb-1")))
    if not ground.sets("tree-2"):
        return "the set of another name with the same identifier went too"
    return "" if reply.ok and not ground.sets("tree-1") else told(reply)


def _play_simple_beside_weighted(ground: Ground) -> str:
    _create(ground, ground.weighted("mixed", "lb-1"))
    return refusal(ground.change((Action.CREATE, ground.address("mixed"))))


def _play_multivalue(ground: Ground) -> str:
    made = [_multivalue(ground, "multi", each) for each in ("a", "b")]
    reply = _create(ground, *made)
    if reply:
        return reply
    found = sorted((each.set_identifier, each.routing) for each in ground.sets("multi"))
    if found != [(each.set_identifier, each.routing) for each in made]:
        return f"the name holds {found}"
    mixed = ground.change((Action.CREATE, ground.weighted("multi", "c")))
    return refusal(mixed)


def _multivalue(ground: Ground, name: str, identifier: str) -> RecordSet:
    return replace(
        ground.address(name),
        set_identifier=identifier,
        routing=(("MultiValueAnswer", "true"),),
    )


def _play_alias(ground: Ground) -> str:
    reply = _create(ground, ground.address("target"), ground.alias("points", "target"))
    if reply:
        return reply
    found = [each.alias for each in ground.sets("points")]
    expected = [ground.alias("points", "target").alias]
    return "" if found == expected else f"the name holds {found}"


def _play_missing_target(ground: Ground) -> str:
    reply = ground.change((Action.CREATE, ground.alias("alias", "nowhere")))
    return refusal(reply)


def _play_other_type(ground: Ground) -> str:
    """A TXT set of that name is no target for an A alias."""
    _create(ground, ground.text("words", "1"))
    return refusal(ground.change((Action.CREATE, ground.alias("typed", "words"))))


def _play_target_deleted(ground: Ground) -> str:
    _create(ground, ground.address("leaf"), ground.alias("dangling", "leaf"))
    reply = ground.change((Action.DELETE, ground.address("leaf")))
    if not reply.ok:
        return told(reply)
    if not ground.sets("dangling"):
        return "the alias went too"
    return "the target is still there" if ground.sets("leaf") else ""


def _play_alias_wrong_target(ground: Ground) -> str:
    _create(
        ground,
        ground.address("blue"),
        ground.address("green"),
        ground.alias("root", "blue"),
    )
    reply = ground.change((Action.DELETE, ground.alias("root", "green")))
    return refusal(reply) if ground.sets("root") else "the live alias is gone"


def _play_alias_and_values(ground: Ground) -> str:
    _create(ground, ground.address("both-target"))
    both = replace(ground.alias("both", "both-target"), ttl_s=1, values=("127.0.0.1",))
    return refusal(ground.change((Action.CREATE, both)), code="InvalidInput")


def _play_nothing_said(ground: Ground) -> str:
    empty = RecordSet(name=ground.below("neither"), type="A")
    return refusal(ground.change((Action.CREATE, empty)), code="InvalidInput")


def _create(ground: Ground, *record_sets: RecordSet) -> str:
    """Create the sets in one batch; returns why not, if refused."""
    reply = ground.change(*((Action.CREATE, each) for each in record_sets))
    return "" if reply.ok else told(reply)


WEIGHTED_DELETE = Case(
    name="weighted-delete",
    group=GROUP,
    expected="DELETE of one weighted set leaves the other names alone",
    source=CHANGE_BATCH,
    play=_play_weighted_delete,
)
MISSING_TARGET = Case(
    name="missing-target",
    group=GROUP,
    expected="An alias to a record set that does not exist is refused",
    source=ALIAS_TARGET_LOG,
    play=_play_missing_target,
)

CASES: tuple[Case, ...] = (
    Case(
        name="weighted-pair",
        group=GROUP,
        expected="Weighted sets with different identifiers share a name",
        source=CHANGE_BATCH,
        play=_play_weighted_pair,
    ),
    Case(
        name="weighted-create-existing",
        group=GROUP,
        expected="CREATE with a set identifier that exists is refused",
        source=CREATE_LOG,
        play=_play_weighted_create,
    ),
    Case(
        name="weighted-wrong-weight",
        group=GROUP,
        expected="DELETE of a weighted set with another weight is refused",
        source=DELETE_LOG,
        play=_play_weighted_wrong_weight,
    ),
    WEIGHTED_DELETE,
    Case(
        name="simple-beside-weighted",
        group=GROUP,
        expected="A simple set beside weighted ones is refused",
        source=CHANGE_BATCH,
        play=_play_simple_beside_weighted,
    ),
    Case(
        name="multivalue",
        group=GROUP,
        expected="Multivalue sets share a name with each other, not with weighted",
        source=CHANGE_BATCH,
        play=_play_multivalue,
    ),
    Case(
        name="alias",
        group=GROUP,
        expected="An alias to a record set of the zone is accepted and listed",
        source=ALIAS_SYNTAX,
        play=_play_alias,
    ),
    MISSING_TARGET,
    Case(
        name="target-of-other-type",
        group=GROUP,
        expected="An alias to a name that has no set of its type is refused",
        source=ALIAS_TARGET_LOG,
        play=_play_other_type,
    ),
    Case(
        name="target-deleted",
        group=GROUP,
        expected="DELETE of an alias's target is accepted; the alias dangles",
        source=IMPLIED,
        play=_play_target_deleted,
    ),
    Case(
        name="alias-wrong-target",
        group=GROUP,
        expected="DELETE of an alias with another target is refused",
        source=DELETE_LOG,
        play=_play_alias_wrong_target,
    ),
    Case(
        name="alias-and-values",
        group=GROUP,
        expected="An alias with TTL and values is InvalidInput",
        source="log in boto/boto3#157",
        relied_on=False,
        play=_play_alias_and_values,
    ),
    Case(
        name="neither-alias-nor-values",
        group=GROUP,
        expected="A set with neither alias nor values is InvalidInput",
        source="log in aws/aws-sdk-ruby#1119",
        relied_on=False,
        play=_play_nothing_said,
    ),
)
