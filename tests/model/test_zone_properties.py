"""What holds for every zone and every batch, whatever they are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from zone_cases import EMPTY, ZONE, ZONE_ID, create, delete, lock, upsert, zone_with

from gameday.aws.route53_xml import (
    parse_change_batch_xml,
    parse_record_sets_xml,
    render_change_batch,
    render_record_sets,
)
from gameday.model.zone import (
    Action,
    AliasTarget,
    Change,
    RecordSet,
    Rejection,
    Zone,
    apply_batch,
    list_record_sets,
    net_changes,
    parse_change_batch,
    parse_record_set,
    render_change,
    render_record_set,
)

# Few names and values, so that batches collide with what is there.
NAMES = st.sampled_from(["a", "b", "a-b", "x.a", r"\052", "plan-000110"]).map(
    lambda label: f"{label}.{ZONE}"
)
ADDRESSES = st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"])
TTLS = st.sampled_from([1, 60])
TEXTS = st.sampled_from(['"1"', '"two words" "and \\" more"', '"<&>"'])


@st.composite
def ordinary(draw: st.DrawFn) -> RecordSet:
    record_type = draw(st.sampled_from(["A", "A", "TXT", "CNAME"]))
    values = {
        "A": st.lists(ADDRESSES, min_size=1, max_size=3, unique=True),
        "TXT": st.lists(TEXTS, min_size=1, max_size=2, unique=True),
        "CNAME": st.just(["target.example.net"]),
    }[record_type]
    return RecordSet(
        name=draw(NAMES),
        type=record_type,
        ttl_s=draw(TTLS),
        values=tuple(draw(values)),
    )


@st.composite
def weighted(draw: st.DrawFn) -> RecordSet:
    return RecordSet(
        name=draw(NAMES),
        type="A",
        ttl_s=60,
        values=(draw(ADDRESSES),),
        set_identifier=draw(st.sampled_from(["lb-1", "lb-2"])),
        weight=draw(st.sampled_from([0, 1, 255])),
    )


@st.composite
def alias(draw: st.DrawFn) -> RecordSet:
    target = AliasTarget(zone_id=ZONE_ID, name=draw(NAMES))
    return RecordSet(name=draw(NAMES), type="A", alias=target)


RECORD_SETS = st.one_of(ordinary(), weighted(), alias())


def grown(record_sets: list[RecordSet]) -> Zone:
    """The zone after each set was written in turn, where that was allowed."""
    zone = EMPTY
    for record_set in record_sets:
        outcome = apply_batch(zone, (upsert(record_set),))
        zone = zone if isinstance(outcome, Rejection) else outcome
    return zone


ZONES = st.lists(RECORD_SETS, max_size=12).map(grown)


@st.composite
def change_of(draw: st.DrawFn, zone: Zone) -> Change:
    """Delete or replace something that is there, or anything at all."""
    existing = draw(st.sampled_from(sorted(zone.record_sets.values(), key=repr)))
    match draw(st.sampled_from(["delete", "delete", "create", "upsert", "any"])):
        case "delete":
            return delete(replace(existing, values=existing.values[::-1]))
        case "create":
            return create(draw(RECORD_SETS))
        case "upsert":
            return upsert(draw(RECORD_SETS))
        case _:
            action = draw(st.sampled_from(list(Action)))
            return Change(action=action, record_set=draw(RECORD_SETS))


@st.composite
def zones_with_batches(draw: st.DrawFn) -> tuple[Zone, tuple[Change, ...]]:
    zone = draw(ZONES)
    batch = draw(st.lists(change_of(zone), min_size=1, max_size=4))
    return zone, tuple(batch)


TRIALS = zones_with_batches()


def alike(one: Zone, other: Zone) -> bool:
    return one.record_sets.keys() == other.record_sets.keys() and all(
        other.record_sets[key].same_as(record_set)
        for key, record_set in one.record_sets.items()
    )


@given(TRIALS)
def test_a_batch_never_alters_the_zone_it_is_given(
    trial: tuple[Zone, tuple[Change, ...]],
):
    zone, batch = trial
    before = dict(zone.record_sets)

    outcome = apply_batch(zone, batch)

    assert zone.record_sets == before
    if isinstance(outcome, Zone):
        assert outcome.record_sets is not zone.record_sets


@given(TRIALS)
def test_a_batch_does_all_that_it_says_or_is_refused_with_reasons(
    trial: tuple[Zone, tuple[Change, ...]],
):
    zone, batch = trial
    outcome = apply_batch(zone, batch)

    if isinstance(outcome, Rejection):
        assert outcome.messages
        assert len(set(outcome.messages)) == len(outcome.messages)
        return
    expected = dict(zone.record_sets)
    for change in batch:
        if change.action is Action.DELETE:
            assert expected.pop(change.record_set.key).same_as(change.record_set)
        else:
            expected[change.record_set.key] = change.record_set
    assert outcome.record_sets == expected


@given(TRIALS)
def test_one_bad_change_refuses_every_batch(trial: tuple[Zone, tuple[Change, ...]]):
    zone, batch = trial
    outside = RecordSet(name="x.invalid.", type="A", ttl_s=1, values=("192.0.2.1",))

    assert isinstance(apply_batch(zone, (*batch, create(outside))), Rejection)


@given(TRIALS, ZONES)
def test_an_older_version_among_the_other_zones_is_never_looked_at(
    trial: tuple[Zone, tuple[Change, ...]], older: Zone
):
    """The guard hands over the whole account, the zone itself included."""
    zone, batch = trial

    outcome = apply_batch(zone, batch, other_zones={ZONE_ID: older})

    assert outcome == apply_batch(zone, batch)


@given(ZONES)
def test_every_set_can_be_created_once_and_deleted_once(zone: Zone):
    for record_set in zone.record_sets.values():
        assert isinstance(apply_batch(zone, (create(record_set),)), Rejection)
        if record_set.type in ("SOA", "NS"):
            continue
        shuffled = replace(record_set, values=record_set.values[::-1])
        gone = apply_batch(zone, (delete(shuffled),))
        assert isinstance(gone, Zone)
        assert record_set.key not in gone.record_sets
        assert isinstance(apply_batch(gone, (delete(record_set),)), Rejection)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_of_any_number_of_stale_swappers_exactly_one_wins(seen: list[int]):
    """Each believes what it last saw; only who saw the latest value gets through."""
    zone, current = zone_with(lock("0")), 0
    for number, believed in enumerate(seen, start=4):
        outcome = apply_batch(
            zone, (delete(lock(str(believed))), create(lock(str(number))))
        )
        assert isinstance(outcome, Zone) == (believed == current)
        if isinstance(outcome, Zone):
            zone, current = outcome, number
    assert (
        sum(record_set.type == "TXT" for record_set in zone.record_sets.values()) == 1
    )


@given(ZONES, ZONES)
def test_the_difference_leads_from_one_zone_to_the_other(before: Zone, after: Zone):
    changes = net_changes(before, after)

    if not changes:
        assert alike(before, after)
        return
    outcome = apply_batch(before, changes)
    if isinstance(outcome, Rejection):
        # The only reason there can be: a new alias whose target is gone.
        assert all("that target was not found" in each for each in outcome.messages)
    else:
        assert alike(outcome, after)


@given(ZONES, ZONES)
def test_the_difference_can_be_carried_out_line_by_line(before: Zone, after: Zone):
    zone: Zone | Rejection = before
    for change in net_changes(before, after):
        assert isinstance(zone, Zone)
        zone = apply_batch(zone, (change,))
        if isinstance(zone, Rejection):
            assert "that target was not found" in zone.messages[0] or (
                "exist with the same name and type" in zone.messages[0]
                or "exists with the same name and type" in zone.messages[0]
                or "the same TTL" in zone.messages[0]
            )
            return
    assert isinstance(zone, Zone)
    assert alike(zone, after)


@given(ZONES)
def test_a_zone_does_not_differ_from_itself(zone: Zone):
    assert net_changes(zone, zone) == ()


@given(ZONES, st.integers(1, 5))
def test_pages_join_to_the_whole_zone(zone: Zone, max_items: int):
    whole = list_record_sets(zone).record_sets
    joined: list[RecordSet] = []
    page = list_record_sets(zone, max_items=max_items)
    joined += page.record_sets
    while page.next_key is not None:
        page = list_record_sets(
            zone,
            start_name=page.next_key.name,
            start_type=page.next_key.type,
            start_identifier=page.next_key.set_identifier,
            max_items=max_items,
        )
        joined += page.record_sets

    assert tuple(joined) == whole
    assert set(whole) == set(zone.record_sets.values())


@given(ZONES)
def test_a_zone_survives_the_listing_on_the_wire(zone: Zone):
    page = list_record_sets(zone)

    shapes = parse_record_sets_xml(render_record_sets(page))["ResourceRecordSets"]

    assert tuple(map(parse_record_set, shapes)) == page.record_sets
    assert tuple(map(render_record_set, page.record_sets)) == tuple(shapes)


@given(TRIALS)
def test_a_batch_survives_the_wire(trial: tuple[Zone, tuple[Change, ...]]):
    _, batch = trial
    params = parse_change_batch_xml(render_change_batch(batch, comment="why & how"))

    assert params["ChangeBatch"]["Comment"] == "why & how"
    assert parse_change_batch(params) == batch
    assert tuple(map(render_change, batch)) == tuple(params["ChangeBatch"]["Changes"])


@settings(max_examples=200)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_a_body_is_a_batch_or_a_value_error(body: bytes):
    try:
        parse_change_batch(parse_change_batch_xml(body))
    except ValueError:
        pass
    else:
        raise AssertionError("this cannot be a batch")
