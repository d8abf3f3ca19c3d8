"""Change batches with what AWS does to them, as data.

One table for two uses: the contract must agree with every row, and every
mutant of the contract must disagree with at least one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gameday.model.zone import (
    Action,
    AliasTarget,
    Change,
    RecordSet,
    Rejection,
    Zone,
    apply_batch,
    new_zone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ZONE = "example.com."
ZONE_ID = "ZONE1"
OTHER = new_zone("ZONE2", "other.org")
EMPTY = new_zone(ZONE_ID, ZONE)
SOA = EMPTY.record_set(ZONE, "SOA")
NS = EMPTY.record_set(ZONE, "NS")
assert SOA is not None
assert NS is not None


def a(name: str, *addresses: str, ttl_s: int = 60) -> RecordSet:
    values = addresses or ("192.0.2.1",)
    return RecordSet(name=f"{name}.{ZONE}", type="A", ttl_s=ttl_s, values=values)


def text(name: str, *values: str) -> RecordSet:
    return RecordSet(name=f"{name}.{ZONE}", type="TXT", ttl_s=1, values=values)


def lock(value: str) -> RecordSet:
    return text("lock", f'"{value}"')


def cname(name: str, *values: str) -> RecordSet:
    values = values or ("target.example.net",)
    return RecordSet(name=f"{name}.{ZONE}", type="CNAME", ttl_s=60, values=values)


def alias(name: str, target: str, *, zone_id: str = ZONE_ID) -> RecordSet:
    return RecordSet(
        name=f"{name}.{ZONE}", type="A", alias=AliasTarget(zone_id=zone_id, name=target)
    )


def weighted(name: str, identifier: str, weight: int = 1, ttl_s: int = 60) -> RecordSet:
    return replace(a(name, ttl_s=ttl_s), set_identifier=identifier, weight=weight)


def routed(name: str, identifier: str, attribute: str, value: str) -> RecordSet:
    return replace(a(name), set_identifier=identifier, routing=((attribute, value),))


def create(record_set: RecordSet) -> Change:
    return Change(action=Action.CREATE, record_set=record_set)


def delete(record_set: RecordSet) -> Change:
    return Change(action=Action.DELETE, record_set=record_set)


def upsert(record_set: RecordSet) -> Change:
    return Change(action=Action.UPSERT, record_set=record_set)


def zone_with(*record_sets: RecordSet) -> Zone:
    """A zone that holds these sets however it came to them."""
    added = {each.key: each for each in record_sets}
    return replace(EMPTY, record_sets={**EMPTY.record_sets, **added})


@dataclass(frozen=True, kw_only=True)
class Row:
    """A zone, a batch, and what comes of it.

    `holds` are the sets beside SOA and NS afterwards; `refused` are the
    messages, all of them; exactly one of the two is given.
    """

    name: str
    zone: tuple[RecordSet, ...] = ()
    batch: tuple[Change, ...]
    holds: tuple[RecordSet, ...] | None = None
    refused: tuple[str, ...] = ()
    code: str = "InvalidChangeBatch"

    def outcome(self, apply: Callable[..., Zone | Rejection] = apply_batch) -> object:
        before = zone_with(*self.zone)
        outcome = apply(before, self.batch, other_zones={OTHER.id: OTHER})
        if isinstance(outcome, Rejection):
            return outcome
        return frozenset(outcome.record_sets.values())

    @property
    def expected(self) -> object:
        if self.holds is None:
            return Rejection(code=self.code, messages=self.refused)
        return frozenset(zone_with(*self.holds).record_sets.values())


def _tried(verb: str, what: str, type_: str, how: str) -> str:
    return (
        f"Tried to {verb} resource record set [name='{what}.{ZONE}', type='{type_}'] "
        f"but {how}"
    )


MISMATCH = "the values provided do not match the current values"
ABSENT = "it was not found"
EXISTS = "it already exists"


def _twice(what: str, type_: str = "A") -> str:
    return (
        "The request contains an invalid set of changes for a resource record set "
        f"'{type_} {what}.{ZONE}'"
    )


def _no_target(name: str, zone_id: str = ZONE_ID) -> str:
    return (
        f"Tried to create an alias that targets {name}, type A in zone {zone_id}, "
        "but that target was not found"
    )


def _one_of(change: str, found: str) -> str:
    return (
        "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
        "ResourceRecords], or TrafficPolicyInstanceId], but found "
        f"{found} in Change with [{change}]"
    )


def _bad_value(kind: str, meaning: str, value: str) -> str:
    return (
        f"Invalid Resource Record: 'FATAL problem: {kind} ({meaning}) encountered "
        f"with '{value}''"
    )


_W = weighted("w", "one")

CREATE_ROWS = (
    Row(name="create", batch=(create(a("x")),), holds=(a("x"),)),
    Row(
        name="create an identical set again",
        zone=(a("x"),),
        batch=(create(a("x")),),
        refused=(_tried("create", "x", "A", EXISTS),),
    ),
    Row(
        name="create with other values over an existing set",
        zone=(a("x"),),
        batch=(create(a("x", "192.0.2.9")),),
        refused=(_tried("create", "x", "A", EXISTS),),
    ),
    Row(
        name="create with another TTL over an existing set",
        zone=(a("x"),),
        batch=(create(a("x", ttl_s=5)),),
        refused=(_tried("create", "x", "A", EXISTS),),
    ),
    Row(
        name="another type beside it",
        zone=(a("x"),),
        batch=(create(text("x", '"t"')),),
        holds=(a("x"), text("x", '"t"')),
    ),
    Row(
        name="create twice in one batch",
        batch=(create(a("x")), create(a("x", "192.0.2.2"))),
        refused=(_twice("x"),),
    ),
    Row(
        name="an empty batch",
        batch=(),
        code="InvalidInput",
        refused=(
            (
                "1 validation error detected: Value '[]' at "
                "'changeBatch.changes' failed to "
                "satisfy constraint: Member must have length greater than or equal to 1"
            ),
        ),
    ),
)

DELETE_ROWS = (
    Row(name="delete", zone=(a("x"),), batch=(delete(a("x")),), holds=()),
    Row(
        name="delete with the values in another order",
        zone=(a("x", "192.0.2.1", "192.0.2.2"),),
        batch=(delete(a("x", "192.0.2.2", "192.0.2.1")),),
        holds=(),
    ),
    Row(
        name="delete with another value",
        zone=(a("x"),),
        batch=(delete(a("x", "192.0.2.9")),),
        refused=(_tried("delete", "x", "A", MISMATCH),),
    ),
    Row(
        name="delete with one of two values",
        zone=(a("x", "192.0.2.1", "192.0.2.2"),),
        batch=(delete(a("x", "192.0.2.1")),),
        refused=(_tried("delete", "x", "A", MISMATCH),),
    ),
    Row(
        name="delete with another TTL",
        zone=(a("x"),),
        batch=(delete(a("x", ttl_s=61)),),
        refused=(_tried("delete", "x", "A", MISMATCH),),
    ),
    Row(
        name="delete an alias with another target",
        zone=(a("t"), a("u"), alias("x", f"t.{ZONE}")),
        batch=(delete(alias("x", f"u.{ZONE}")),),
        refused=(_tried("delete", "x", "A", MISMATCH),),
    ),
    Row(
        name="delete of a weighted set with another weight",
        zone=(_W,),
        batch=(delete(weighted("w", "one", 2)),),
        refused=(
            (
                f"Tried to delete resource record set [name='w.{ZONE}', type='A', "
                f"set identifier='one'] but {MISMATCH}"
            ),
        ),
    ),
    Row(
        name="delete of a latency set with another region",
        zone=(routed("w", "one", "Region", "us-east-1"),),
        batch=(delete(routed("w", "one", "Region", "eu-west-1")),),
        refused=(
            (
                f"Tried to delete resource record set [name='w.{ZONE}', type='A', "
                f"set identifier='one'] but {MISMATCH}"
            ),
        ),
    ),
    Row(
        name="delete with another set identifier",
        zone=(_W,),
        batch=(delete(weighted("w", "two")),),
        refused=(
            (
                f"Tried to delete resource record set [name='w.{ZONE}', type='A', "
                f"set identifier='two'] but {ABSENT}"
            ),
        ),
    ),
    Row(
        name="delete of what is not there",
        batch=(delete(a("x")),),
        refused=(_tried("delete", "x", "A", ABSENT),),
    ),
    Row(
        name="delete twice in one batch",
        zone=(a("x"),),
        batch=(delete(a("x")), delete(a("x"))),
        refused=(_twice("x"),),
    ),
    Row(
        name="delete leaves the other name with the same identifier",
        zone=(_W, weighted("v", "one")),
        batch=(delete(_W),),
        holds=(weighted("v", "one"),),
    ),
    Row(
        name="delete the target of an alias",
        zone=(a("t"), alias("x", f"t.{ZONE}")),
        batch=(delete(a("t")),),
        holds=(alias("x", f"t.{ZONE}"),),
    ),
    Row(
        name="delete the zone's SOA",
        batch=(delete(SOA),),
        refused=("A HostedZone must contain exactly one SOA record.",),
    ),
    Row(
        name="delete the zone's NS",
        batch=(delete(NS),),
        refused=(
            "A HostedZone must contain at least one NS record for the zone itself.",
        ),
    ),
    Row(
        name="replace the zone's NS",
        batch=(delete(NS), create(replace(NS, ttl_s=60))),
        holds=(replace(NS, ttl_s=60),),
    ),
    Row(
        name="delete a delegation",
        zone=(replace(NS, name=f"sub.{ZONE}"),),
        batch=(delete(replace(NS, name=f"sub.{ZONE}")),),
        holds=(),
    ),
)

SWAP_ROWS = (
    Row(
        name="swap",
        zone=(lock("1"),),
        batch=(delete(lock("1")), create(lock("2"))),
        holds=(lock("2"),),
    ),
    Row(
        name="swap for the same value",
        zone=(lock("1"),),
        batch=(delete(lock("1")), create(lock("1"))),
        holds=(lock("1"),),
    ),
    Row(
        name="stale swap",
        zone=(lock("2"),),
        batch=(delete(lock("1")), create(lock("3"))),
        refused=(_tried("delete", "lock", "TXT", MISMATCH),),
    ),
    Row(
        name="swap of a lock that is gone",
        batch=(delete(lock("1")), create(lock("3"))),
        refused=(_tried("delete", "lock", "TXT", ABSENT),),
    ),
    Row(
        name="a stale lock refuses the whole flip",
        zone=(lock("2"), a("old"), a("new"), alias("root", f"old.{ZONE}")),
        batch=(
            delete(lock("1")),
            create(lock("3")),
            upsert(alias("root", f"new.{ZONE}")),
        ),
        refused=(_tried("delete", "lock", "TXT", MISMATCH),),
    ),
    Row(
        name="create before delete is no swap",
        zone=(lock("1"),),
        batch=(create(lock("2")), delete(lock("1"))),
        refused=(_tried("create", "lock", "TXT", EXISTS), _twice("lock", "TXT")),
    ),
    Row(
        name="delete then upsert",
        zone=(lock("1"),),
        batch=(delete(lock("1")), upsert(lock("2"))),
        holds=(lock("2"),),
    ),
    Row(
        name="upsert twice",
        batch=(upsert(lock("1")), upsert(lock("2"))),
        refused=(_twice("lock", "TXT"),),
    ),
    Row(
        name="delete, create and delete again",
        zone=(lock("1"),),
        batch=(delete(lock("1")), create(lock("2")), delete(lock("2"))),
        refused=(_twice("lock", "TXT"),),
    ),
)

UPSERT_ROWS = (
    Row(name="upsert of a new set", batch=(upsert(a("x")),), holds=(a("x"),)),
    Row(
        name="upsert over another value",
        zone=(a("x"),),
        batch=(upsert(a("x", "192.0.2.2")),),
        holds=(a("x", "192.0.2.2"),),
    ),
    Row(
        name="upsert turns an ordinary set into an alias",
        zone=(a("x"), a("t")),
        batch=(upsert(alias("x", f"t.{ZONE}")),),
        holds=(alias("x", f"t.{ZONE}"), a("t")),
    ),
    Row(
        name="upsert beside a set that dangles already",
        zone=(alias("x", f"gone.{ZONE}"),),
        batch=(upsert(a("y")),),
        holds=(alias("x", f"gone.{ZONE}"), a("y")),
    ),
)

ALIAS_ROWS = (
    Row(
        name="alias to a set of the zone",
        zone=(a("t"),),
        batch=(create(alias("x", f"t.{ZONE}")),),
        holds=(a("t"), alias("x", f"t.{ZONE}")),
    ),
    Row(
        name="alias written before its target in the same batch",
        batch=(create(alias("x", f"t.{ZONE}")), create(a("t"))),
        holds=(a("t"), alias("x", f"t.{ZONE}")),
    ),
    Row(
        name="alias to a weighted set",
        zone=(_W,),
        batch=(create(alias("x", f"w.{ZONE}")),),
        holds=(_W, alias("x", f"w.{ZONE}")),
    ),
    Row(
        name="alias to nothing",
        batch=(create(alias("x", f"gone.{ZONE}")),),
        refused=(_no_target(f"gone.{ZONE}"),),
    ),
    Row(
        name="alias to a name with another type only",
        zone=(text("t", '"t"'),),
        batch=(create(alias("x", f"t.{ZONE}")),),
        refused=(_no_target(f"t.{ZONE}"),),
    ),
    Row(
        name="alias to itself",
        batch=(create(alias("x", f"x.{ZONE}")),),
        refused=(_no_target(f"x.{ZONE}"),),
    ),
    Row(
        name="alias to a set that the same batch deletes",
        zone=(a("t"),),
        batch=(create(alias("x", f"t.{ZONE}")), delete(a("t"))),
        refused=(_no_target(f"t.{ZONE}"),),
    ),
    Row(
        name="the wedge: rollback must point at a tree that is gone",
        zone=(a("new"), alias("root", f"plan-110.{ZONE}"), alias("rollback", "t.")),
        batch=(
            upsert(alias("rollback", f"plan-110.{ZONE}")),
            upsert(alias("root", f"new.{ZONE}")),
        ),
        refused=(_no_target(f"plan-110.{ZONE}"),),
    ),
    Row(
        name="alias that names this zone but lies outside it",
        batch=(create(alias("x", "t.other.org.")),),
        refused=(
            (
                f"Tried to create an alias that targets t.other.org., type A in zone "
                f"{ZONE_ID}, but the alias target name does not lie within the "
                "target zone"
            ),
            _no_target("t.other.org."),
        ),
    ),
    Row(
        name="alias to nothing in another known zone",
        batch=(create(alias("x", "t.other.org.", zone_id=OTHER.id)),),
        refused=(_no_target("t.other.org.", OTHER.id),),
    ),
    Row(
        name="alias to a load balancer",
        batch=(create(alias("x", "lb.elb.amazonaws.com.", zone_id="Z35SXDOTRQ7X7K")),),
        holds=(alias("x", "lb.elb.amazonaws.com.", zone_id="Z35SXDOTRQ7X7K"),),
    ),
    Row(
        name="alias with a TTL",
        zone=(a("t"),),
        batch=(create(replace(alias("x", f"t.{ZONE}"), ttl_s=1)),),
        code="InvalidInput",
        refused=(
            _one_of(
                f"Action=CREATE, Name=x.{ZONE}, Type=A, SetIdentifier=null",
                "more than one",
            ),
        ),
    ),
    Row(
        name="alias with values",
        zone=(a("t"),),
        batch=(create(replace(alias("x", f"t.{ZONE}"), values=("192.0.2.1",))),),
        code="InvalidInput",
        refused=(
            _one_of(
                f"Action=CREATE, Name=x.{ZONE}, Type=A, SetIdentifier=null",
                "more than one",
            ),
        ),
    ),
    Row(
        name="neither alias nor values",
        batch=(upsert(RecordSet(name=f"x.{ZONE}", type="A")),),
        code="InvalidInput",
        refused=(
            _one_of(
                f"Action=UPSERT, Name=x.{ZONE}, Type=A, SetIdentifier=null", "none"
            ),
        ),
    ),
    Row(
        name="values without a TTL",
        batch=(create(replace(a("x"), ttl_s=None)),),
        code="InvalidInput",
        refused=(
            _one_of(
                f"Action=CREATE, Name=x.{ZONE}, Type=A, SetIdentifier=null", "none"
            ),
        ),
    ),
    Row(
        name="an SOA as an alias",
        zone=(a("t"),),
        batch=(upsert(replace(alias("x", f"t.{ZONE}"), type="NS")),),
        refused=(
            f"RRSet of type NS with DNS name x.{ZONE} cannot be an alias",
            _no_target(f"t.{ZONE}").replace("type A", "type NS"),
        ),
    ),
)

ROUTING_ROWS = (
    Row(
        name="two weighted sets",
        batch=(create(weighted("w", "one")), create(weighted("w", "two"))),
        holds=(weighted("w", "one"), weighted("w", "two")),
    ),
    Row(
        name="weighted with the same identifier",
        zone=(_W,),
        batch=(create(weighted("w", "one", 9)),),
        refused=(
            (
                f"Tried to create resource record set [name='w.{ZONE}', type='A', "
                f"set identifier='one'] but {EXISTS}"
            ),
        ),
    ),
    Row(
        name="weighted beside simple",
        zone=(a("w"),),
        batch=(create(_W),),
        refused=(
            (
                f"RRSet with DNS name w.{ZONE}, type A, SetIdentifier one cannot be "
                "created as a non-weighted set exists with the same name and type."
            ),
        ),
    ),
    Row(
        name="simple beside weighted",
        zone=(_W,),
        batch=(create(a("w")),),
        refused=(
            (
                f"RRSet with DNS name w.{ZONE}, type A cannot be created as other "
                "RRSets "
                "exist with the same name and type."
            ),
        ),
    ),
    Row(
        name="simple in place of weighted",
        zone=(_W,),
        batch=(delete(_W), create(a("w"))),
        holds=(a("w"),),
    ),
    Row(
        name="latency beside weighted",
        zone=(_W,),
        batch=(create(routed("w", "two", "Region", "us-east-1")),),
        refused=(
            (
                f"RRSet with DNS name w.{ZONE}, type A, SetIdentifier two cannot be "
                "created as a non-latency set exists with the same name and type."
            ),
        ),
    ),
    Row(
        name="multivalue beside weighted",
        zone=(_W,),
        batch=(create(routed("w", "two", "MultiValueAnswer", "true")),),
        refused=(
            (
                f"RRSet with DNS name w.{ZONE}, type A, SetIdentifier two cannot be "
                "created because a non multivalue answer rrset exists with the "
                "same name "
                "and type."
            ),
        ),
    ),
    Row(
        name="weighted sets with different TTLs",
        zone=(_W,),
        batch=(create(weighted("w", "two", ttl_s=5)),),
        refused=(
            (
                f"RRSet with DNS name w.{ZONE}, type A, SetIdentifier two cannot be "
                "created as weighted sets must contain the same TTL."
            ),
        ),
    ),
    Row(
        name="the TTL of all weighted sets at once",
        zone=(_W, weighted("w", "two")),
        batch=(
            upsert(weighted("w", "one", ttl_s=5)),
            upsert(weighted("w", "two", ttl_s=5)),
        ),
        holds=(weighted("w", "one", ttl_s=5), weighted("w", "two", ttl_s=5)),
    ),
    Row(
        name="a weight without an identifier",
        batch=(create(replace(a("w"), weight=1)),),
        code="InvalidInput",
        refused=(
            (
                "Invalid request: Missing field 'SetIdentifier' in Change with "
                f"[Action=CREATE, Name=w.{ZONE}, Type=A, SetIdentifier=null]"
            ),
        ),
    ),
    Row(
        name="an identifier without a policy",
        batch=(create(replace(a("w"), set_identifier="one")),),
        code="InvalidInput",
        refused=(
            (
                "Invalid request: Expected exactly one of [Weight, Region, Failover, "
                "GeoLocation, MultiValueAnswer, CidrRoutingConfig, or "
                "GeoProximityLocation], but found none in Change with "
                f"[Action=CREATE, Name=w.{ZONE}, Type=A, SetIdentifier=one]"
            ),
        ),
    ),
    Row(
        name="two policies on one set",
        batch=(create(replace(_W, routing=(("Region", "us-east-1"),))),),
        code="InvalidInput",
        refused=(
            (
                "Invalid request: Expected exactly one of [Weight, Region, Failover, "
                "GeoLocation, MultiValueAnswer, CidrRoutingConfig, or "
                "GeoProximityLocation], but found more than one in Change with "
                f"[Action=CREATE, Name=w.{ZONE}, Type=A, SetIdentifier=one]"
            ),
        ),
    ),
    Row(
        name="a weight out of range",
        batch=(create(weighted("w", "one", 256)),),
        code="InvalidInput",
        refused=(
            (
                "1 validation error detected: Value '256' at 'changeBatch.changes.1."
                "member.resourceRecordSet.weight' failed to satisfy constraint: Member "
                "must have value between 0 and 255"
            ),
        ),
    ),
    Row(
        name="a weight of zero",
        batch=(create(weighted("w", "one", 0)),),
        holds=(weighted("w", "one", 0),),
    ),
)

PLACE_ROWS = (
    Row(
        name="a name outside the zone",
        batch=(create(replace(a("x"), name="x.other.org.")),),
        refused=(f"RRSet with DNS name x.other.org. is not permitted in zone {ZONE}",),
    ),
    Row(
        name="a name that only ends like the zone",
        batch=(create(replace(a("x"), name="notexample.com.")),),
        refused=(
            f"RRSet with DNS name notexample.com. is not permitted in zone {ZONE}",
        ),
    ),
    Row(
        name="a good change and a name outside the zone",
        batch=(create(a("x")), create(replace(a("x"), name="x.other.org."))),
        refused=(f"RRSet with DNS name x.other.org. is not permitted in zone {ZONE}",),
    ),
    Row(
        name="CNAME beside A",
        zone=(a("x"),),
        batch=(create(cname("x")),),
        refused=(
            (
                f"RRSet of type CNAME with DNS name x.{ZONE} is not permitted as it "
                f"conflicts with other records with the same DNS name in zone {ZONE}"
            ),
        ),
    ),
    Row(
        name="A beside CNAME",
        zone=(cname("x"),),
        batch=(create(a("x")),),
        refused=(
            (
                f"RRSet of type A with DNS name x.{ZONE} is not permitted because a "
                "conflicting RRSet of type  CNAME with the same DNS name already "
                "exists "
                f"in zone {ZONE}"
            ),
        ),
    ),
    Row(
        name="CNAME in place of A",
        zone=(a("x"),),
        batch=(create(cname("x")), delete(a("x"))),
        holds=(cname("x"),),
    ),
    Row(
        name="CNAME at the apex",
        batch=(create(replace(cname("x"), name=ZONE)),),
        refused=(
            (
                f"RRSet of type CNAME with DNS name {ZONE} is not permitted at apex in "
                f"zone {ZONE}"
            ),
        ),
    ),
    Row(
        name="a second SOA",
        batch=(create(replace(SOA, name=f"x.{ZONE}")),),
        refused=("A HostedZone must contain exactly one SOA record.",),
    ),
    Row(
        name="an empty label",
        batch=(create(replace(a("x"), name=f"x..{ZONE}")),),
        refused=(
            (
                "FATAL problem: DomainLabelEmpty (Domain label is empty) "
                "encountered with "
                f"'x..{ZONE}'"
            ),
        ),
    ),
)

VALUE_ROWS = (
    Row(
        name="an A value that is no address",
        batch=(create(a("x", "192.0.2.256")),),
        refused=(
            _bad_value(
                "ARRDATAIllegalIPv4Address",
                "Value is not a valid IPv4 address",
                "192.0.2.256",
            ),
        ),
    ),
    Row(
        name="a value twice",
        batch=(create(a("x", "192.0.2.1", "192.0.2.1")),),
        refused=("Duplicate Resource Record: '192.0.2.1'",),
    ),
    Row(
        name="a CNAME with two values",
        batch=(create(cname("x", "a.example.net", "b.example.net")),),
        refused=(
            (
                f"RRSet of type CNAME with DNS name x.{ZONE} cannot have more than one "
                "value"
            ),
        ),
    ),
    Row(
        name="a TXT value without quotes",
        batch=(create(text("x", "bare")),),
        refused=(
            _bad_value(
                "InvalidCharacterString",
                "Value should be enclosed in quotation marks",
                "bare",
            ),
        ),
    ),
    Row(
        name="a TXT string that is too long",
        batch=(create(text("x", f'"{"t" * 256}"')),),
        refused=(
            _bad_value("CharacterStringTooLong", "Value is too long", f'"{"t" * 256}"'),
        ),
    ),
    Row(
        name="a type that Route 53 does not know",
        batch=(create(replace(a("x"), type="HINFO")),),
        code="InvalidInput",
        refused=(
            (
                "1 validation error detected: Value 'HINFO' at 'changeBatch.changes.1."
                "member.resourceRecordSet.type' failed to satisfy constraint: "
                "Member must "
                "satisfy enum value set"
            ),
        ),
    ),
    Row(
        name="a TTL out of range",
        batch=(create(a("x", ttl_s=2_147_483_648)),),
        code="InvalidInput",
        refused=(
            (
                "1 validation error detected: Value '2147483648' at "
                "'changeBatch.changes."
                "1.member.resourceRecordSet.tTL' failed to satisfy constraint: "
                "Member must "
                "have value between 0 and 2147483647"
            ),
        ),
    ),
    Row(
        name="more than 400 values",
        batch=(create(a("x", *(f"192.0.{n // 200}.{n % 200}" for n in range(401)))),),
        refused=("Cannot have more than 400 records in a RRSet.",),
    ),
    Row(
        name="every problem of a batch at once",
        zone=(a("y"),),
        batch=(
            create(a("x", "bad")),
            create(a("y")),
            delete(a("z")),
            create(alias("v", f"gone.{ZONE}")),
            create(replace(a("x"), name="x.other.org.")),
        ),
        refused=(
            _bad_value(
                "ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", "bad"
            ),
            _tried("create", "y", "A", EXISTS),
            _tried("delete", "z", "A", ABSENT),
            f"RRSet with DNS name x.other.org. is not permitted in zone {ZONE}",
            _no_target(f"gone.{ZONE}"),
        ),
    ),
    Row(
        name="a bad target is not reported again by its alias",
        batch=(create(a("t", "bad")), create(alias("x", f"t.{ZONE}"))),
        refused=(
            _bad_value(
                "ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", "bad"
            ),
        ),
    ),
)


def many(count: int, *, of: Callable[[RecordSet], Change], size: int = 1) -> Row:
    """A batch of `count` sets with `size` values each."""
    sets = tuple(
        a(f"h{n}", *(f"192.0.2.{m}" for m in range(size))) for n in range(count)
    )
    return Row(name=f"{count} times {size}", batch=tuple(map(of, sets)), holds=sets)


def too_many(row: Row, problem: str) -> Row:
    return replace(row, holds=None, refused=(problem,))


_RECORDS = "Number of records limit of 1000 exceeded."
_CHARACTERS = "RDATA character limit of 32000 exceeded."
_LONG = f'"{"t" * 198}"'


def _texts(count: int, of: Callable[[RecordSet], Change]) -> Row:
    sets = tuple(text(f"h{n}", _LONG) for n in range(count))
    return Row(name=f"{count} long texts", batch=tuple(map(of, sets)), holds=sets)


LIMIT_ROWS = (
    many(1_000, of=create),
    too_many(many(1_001, of=create), _RECORDS),
    many(500, of=upsert),
    too_many(many(501, of=upsert), _RECORDS),
    many(100, of=create, size=10),
    too_many(many(101, of=create, size=10), _RECORDS),
    _texts(160, create),
    too_many(_texts(161, create), _CHARACTERS),
    _texts(80, upsert),
    too_many(_texts(81, upsert), _CHARACTERS),
)

ROWS = (
    *CREATE_ROWS,
    *DELETE_ROWS,
    *SWAP_ROWS,
    *UPSERT_ROWS,
    *ALIAS_ROWS,
    *ROUTING_ROWS,
    *PLACE_ROWS,
    *VALUE_ROWS,
    *LIMIT_ROWS,
)
