"""The zone model beside emulators that are right, batch by batch.

MiniStack judges a batch against the zone as it stands, as AWS does, so on the
ground where it is right the model must agree with it: accepted or refused, and
what is in the zone afterwards. Left out is what MiniStack is known to accept
and AWS refuses (names outside the zone, aliases to nothing, mixed routing,
malformed values, one key written twice in a batch other than CREATE, CREATE).
The embedded moto goes the same way over HTTP, with nothing left out of what the
model says.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from emulator_processes import ministack, running
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gameday.aws.route53_xml import parse_record_sets_xml, render_change_batch
from gameday.clock import SystemClock
from gameday.emulators.contract_ground import NEW_ZONE_REQUEST, ZONE_ID_PATTERN
from gameday.emulators.plain_calls import PlainCalls
from gameday.model.zone import (
    Action,
    AliasTarget,
    Change,
    RecordSet,
    Rejection,
    Zone,
    apply_batch,
    new_zone,
    parse_record_set,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = "example.com."
EXAMPLES = 120
SCRIPT_LENGTH_MAX = 8
APEX_TYPES = ("SOA", "NS")
TARGET = RecordSet(name=f"target.{ZONE}", type="A", ttl_s=1, values=("127.0.0.1",))

_references = itertools.count()


@pytest.fixture(scope="module")
def ministack_calls() -> Iterator[PlainCalls]:
    with (
        running(*ministack()) as url,
        PlainCalls(
            url, access_key="AKIAENACTORAZ1000001", clock=SystemClock()
        ) as calls,
    ):
        yield calls


@pytest.fixture
def moto_calls(moto_url: str) -> Iterator[PlainCalls]:
    with PlainCalls(
        moto_url, access_key="AKIAENACTORAZ1000001", clock=SystemClock()
    ) as calls:
        yield calls


class Side:
    """One hosted zone of an emulator."""

    def __init__(self, calls: PlainCalls) -> None:
        self.calls = calls
        mark = f"differential-{next(_references)}"
        body = NEW_ZONE_REQUEST.format(zone=ZONE, mark=mark)
        reply = calls.route53("POST", "/hostedzone", body.encode())
        found = ZONE_ID_PATTERN.search(reply.body.decode())
        assert found is not None, reply
        self.zone_id = found.group(1)

    def apply(self, changes: tuple[Change, ...]) -> bool:
        reply = self.calls.route53(
            "POST", f"/hostedzone/{self.zone_id}/rrset/", render_change_batch(changes)
        )
        assert reply.ok or reply.says("InvalidChangeBatch"), reply
        return reply.ok

    def contents(self) -> dict[object, object]:
        reply = self.calls.route53("GET", f"/hostedzone/{self.zone_id}/rrset")
        listed = parse_record_sets_xml(reply.body)
        assert not listed["IsTruncated"]
        return comparable(map(parse_record_set, listed["ResourceRecordSets"]))


def comparable(record_sets: Iterator[RecordSet]) -> dict[object, object]:
    """What is in a zone beside SOA and NS, the order of values aside."""
    return {
        each.key: (each.ttl_s, sorted(each.values), each.alias, each.weight)
        for each in record_sets
        if each.type not in APEX_TYPES
    }


# --- batches on common ground -------------------------------------------------

ADDRESSES = st.sampled_from(["127.0.10.1", "127.0.10.2", "127.0.10.3"])
ORDINARY = st.builds(
    lambda name, values, ttl_s: RecordSet(
        name=f"{name}.{ZONE}", type="A", ttl_s=ttl_s, values=tuple(values)
    ),
    st.sampled_from(["a", "b"]),
    st.lists(ADDRESSES, min_size=1, max_size=2, unique=True),
    st.sampled_from([1, 60]),
)
LOCKS = st.builds(
    lambda holder: RecordSet(
        name=f"lock.{ZONE}", type="TXT", ttl_s=1, values=(f'"enactor {holder}"',)
    ),
    st.integers(1, 3),
)
WEIGHTED = st.builds(
    lambda name, identifier, weight: RecordSet(
        name=f"{name}.{ZONE}",
        type="A",
        ttl_s=1,
        values=("127.0.10.1",),
        set_identifier=identifier,
        weight=weight,
    ),
    st.sampled_from(["tree-1", "tree-2"]),
    st.sampled_from(["lb-1", "lb-2"]),
    st.sampled_from([0, 100]),
)
# The zone id is the emulator's; `adopt` puts it in.
ALIASES = st.builds(
    lambda name, healthy: RecordSet(
        name=f"{name}.{ZONE}",
        type="A",
        alias=AliasTarget(zone_id="", name=TARGET.name, evaluate_target_health=healthy),
    ),
    st.sampled_from(["root", "rollback"]),
    st.booleans(),
)
RECORD_SETS = st.one_of(ORDINARY, LOCKS, LOCKS, WEIGHTED, ALIASES)


def change(action: Action, record_set: RecordSet) -> Change:
    return Change(action=action, record_set=record_set)


def same_key(one: RecordSet, other: RecordSet) -> bool:
    return one.key == other.key


PAIRS = st.tuples(RECORD_SETS, RECORD_SETS).filter(lambda pair: same_key(*pair))
SINGLES = st.builds(
    lambda action, record_set: (change(action, record_set),),
    st.sampled_from(list(Action)),
    RECORD_SETS,
)
SWAPS = st.builds(
    lambda old, new: (change(Action.DELETE, old), change(Action.CREATE, new)),
    LOCKS,
    LOCKS,
)
DOUBLES = PAIRS.map(
    lambda pair: (change(Action.CREATE, pair[0]), change(Action.CREATE, pair[1]))
)
UNITS = st.one_of(SINGLES, SINGLES, SINGLES, SWAPS, SWAPS, DOUBLES)
BATCHES = st.lists(
    UNITS, min_size=1, max_size=3, unique_by=lambda unit: unit[0].record_set.key
).map(lambda units: tuple(itertools.chain.from_iterable(units)))
SCRIPTS = st.lists(BATCHES, min_size=3, max_size=SCRIPT_LENGTH_MAX)


def adopt(changes: tuple[Change, ...], zone_id: str) -> tuple[Change, ...]:
    """Return the changes with every alias pointing into the given zone."""
    adopted = []
    for each in changes:
        record_set = each.record_set
        if record_set.alias is not None:
            alias = replace(record_set.alias, zone_id=zone_id)
            record_set = replace(record_set, alias=alias)
        adopted.append(change(each.action, record_set))
    return tuple(adopted)


def play(calls: PlainCalls, script: list[tuple[Change, ...]]) -> None:
    side = Side(calls)
    zone = new_zone(side.zone_id, ZONE)
    target = (change(Action.CREATE, TARGET),)
    for batch in (target, *(adopt(each, side.zone_id) for each in script)):
        outcome = apply_batch(zone, batch)
        accepted = side.apply(batch)
        assert accepted == isinstance(outcome, Zone), (batch, outcome)
        if not isinstance(outcome, Rejection):
            zone = outcome
        assert side.contents() == comparable(iter(zone.record_sets.values()))


GENTLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    # One emulator serves every example; each has a hosted zone of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@GENTLY
@given(script=SCRIPTS)
def test_the_model_agrees_with_ministack(
    ministack_calls: PlainCalls, script: list[tuple[Change, ...]]
):
    play(ministack_calls, script)


@GENTLY
@given(script=SCRIPTS)
def test_the_embedded_moto_agrees_with_the_model(
    moto_calls: PlainCalls, script: list[tuple[Change, ...]]
):
    play(moto_calls, script)
