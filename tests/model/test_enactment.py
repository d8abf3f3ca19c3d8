"""The batches of one endpoint, from literals alone; the zone contract judges."""

from __future__ import annotations

from gameday.model.enactment import (
    EndpointView,
    Stale,
    flip_changes,
    install_changes,
    lock_record,
    observe,
    parse_lock,
    relock_changes,
    tree_changes,
    unlock_changes,
)
from gameday.model.plan import Generation, Weights
from gameday.model.retention import delete_changes, select_victims
from gameday.model.safeguards import CleanupGuard, Freshness, Rollback, Safeguards
from gameday.model.zone import Change, Rejection, Zone, apply_batch, new_zone

ENDPOINT = "dynamodb.us-east-1.gameday.test"
ADDRESSES = {"lb-1": "127.0.10.1", "lb-2": "127.0.10.2"}
AS_BUILT = Safeguards()
COMPARE_AND_SWAP = Safeguards(freshness=Freshness.IN_BATCH)
TOLERANT = Safeguards(rollback=Rollback.TOLERANT)


def empty_zone() -> Zone:
    return new_zone("Z1", f"{ENDPOINT}.")


def view_of(zone: Zone) -> EndpointView:
    return observe(ENDPOINT, zone.record_sets.values())


def tree(generation: int) -> tuple[Change, ...]:
    return tree_changes(
        Weights(endpoint=ENDPOINT, shares=(("lb-1", 10), ("lb-2", 20))),
        Generation(generation),
        addresses=ADDRESSES,
        zone_id="Z1",
        ttl_s=1,
    )


def flip(
    view: EndpointView, generation: int, safeguards: Safeguards = AS_BUILT
) -> tuple[Change, ...]:
    changes = flip_changes(
        view, Generation(generation), zone_id="Z1", safeguards=safeguards
    )
    assert not isinstance(changes, Stale)
    return changes


def applied(zone: Zone, changes: tuple[Change, ...]) -> Zone:
    after = apply_batch(zone, changes)
    assert isinstance(after, Zone), after
    return after


def rejected(zone: Zone, changes: tuple[Change, ...]) -> Rejection:
    rejection = apply_batch(zone, changes)
    assert isinstance(rejection, Rejection)
    return rejection


def installed(zone: Zone, *generations: int, safeguards: Safeguards = AS_BUILT) -> Zone:
    for generation in generations:
        zone = applied(zone, tree(generation))
        zone = applied(zone, flip(view_of(zone), generation, safeguards))
    return zone


def test_the_first_flip_points_root_and_rollback_at_the_only_tree():
    view = view_of(installed(empty_zone(), 1))

    assert (view.active, view.kept_for_rollback) == (1, 1)
    assert view.live_weights.shares == (("lb-1", 10), ("lb-2", 20))


def test_a_flip_keeps_the_previous_tree_for_rollback():
    view = view_of(installed(empty_zone(), 1, 2))

    assert (view.active, view.kept_for_rollback) == (2, 1)


def test_as_built_a_stale_plan_overwrites_a_newer_one():
    view = view_of(installed(empty_zone(), 1, 3, 2))

    assert (view.active, view.kept_for_rollback) == (2, 3)


def test_compare_and_swap_refuses_a_stale_plan_by_its_own_check():
    zone = applied(installed(empty_zone(), 3), tree(2))

    refusal = flip_changes(
        view_of(zone), Generation(2), zone_id="Z1", safeguards=COMPARE_AND_SWAP
    )

    assert refusal == Stale(generation=Generation(2), active=Generation(3))


def test_compare_and_swap_is_rejected_when_the_root_moved_after_the_check():
    zone = applied(installed(empty_zone(), 1), (*tree(2), *tree(3)))
    late = flip(view_of(zone), 2, COMPARE_AND_SWAP)
    zone = applied(zone, flip(view_of(zone), 3, COMPARE_AND_SWAP))

    assert rejected(zone, late).code == "InvalidChangeBatch"


def test_deleting_the_live_tree_leaves_the_wedge_that_no_strict_flip_leaves():
    zone = installed(empty_zone(), 1, 3, 2)
    victims = select_victims(
        view_of(zone),
        applied=Generation(4),
        keep_plans=2,
        guard=CleanupGuard.NONE,
    )
    deletion = delete_changes(view_of(zone), victims, guard=CleanupGuard.NONE)
    zone = applied(zone, deletion)
    zone = applied(zone, tree(4))

    rejection = rejected(zone, flip(view_of(zone), 4))

    assert victims == (1, 2)
    assert "plan-000002" in rejection.messages[0]


def test_a_tolerant_flip_heals_an_endpoint_whose_live_tree_is_gone():
    zone = installed(empty_zone(), 1, 3, 2)
    zone = applied(
        zone,
        delete_changes(view_of(zone), (Generation(2),), guard=CleanupGuard.NONE),
    )
    zone = applied(zone, tree(4))
    zone = applied(zone, flip(view_of(zone), 4, TOLERANT))

    assert view_of(zone).active == 4


def test_a_plan_installed_by_hand_ends_the_wedge_of_a_strict_design():
    zone = installed(empty_zone(), 1, 3, 2)
    zone = applied(
        zone,
        delete_changes(view_of(zone), (Generation(2),), guard=CleanupGuard.NONE),
    )

    by_hand = install_changes(
        Weights(endpoint=ENDPOINT, shares=(("lb-1", 10), ("lb-2", 20))),
        Generation(4),
        addresses=ADDRESSES,
        zone_id="Z1",
        ttl_s=1,
    )
    zone = applied(zone, by_hand)

    assert (view_of(zone).active, view_of(zone).kept_for_rollback) == (4, 4)
    assert view_of(installed(zone, 5)).active == 5


def test_a_lock_taken_twice_is_refused():
    taken = relock_changes(ENDPOINT, current=None, holder="a/1", alive_until_ms=10)
    zone = applied(empty_zone(), taken)

    again = relock_changes(ENDPOINT, current=None, holder="b/1", alive_until_ms=20)

    assert "already exists" in rejected(zone, again).messages[0]


def test_a_batch_under_a_lost_lock_changes_nothing():
    mine = lock_record(ENDPOINT, holder="a/1", alive_until_ms=10)
    zone = applied(
        empty_zone(),
        relock_changes(ENDPOINT, current=None, holder="a/1", alive_until_ms=10),
    )
    zone = applied(
        zone, relock_changes(ENDPOINT, current=mine, holder="b/1", alive_until_ms=20)
    )
    late = relock_changes(ENDPOINT, current=mine, holder="a/1", alive_until_ms=30)

    assert "do not match" in rejected(zone, (*late, *tree(1))).messages[0]


def test_a_released_lock_is_free():
    mine = lock_record(ENDPOINT, holder="a/1", alive_until_ms=10)
    zone = applied(
        empty_zone(),
        relock_changes(ENDPOINT, current=None, holder="a/1", alive_until_ms=10),
    )

    assert view_of(applied(zone, unlock_changes(mine))).lock is None


def test_a_lock_says_who_holds_it_and_until_when():
    lock = parse_lock(lock_record(ENDPOINT, holder="enactor-az1/7f", alive_until_ms=42))

    assert (lock.holder, lock.alive_until_ms) == ("enactor-az1/7f", 42)


def test_a_lock_in_an_unknown_form_never_expires():
    record = lock_record(ENDPOINT, holder="x", alive_until_ms=1)
    strange = parse_lock(
        type(record)(name=record.name, type="TXT", ttl_s=0, values=('"who knows"',))
    )

    assert strange.holder == "who knows"
    assert strange.alive_until_ms > 10**15


def test_building_a_tree_twice_changes_nothing():
    once = applied(empty_zone(), tree(1))

    assert applied(once, tree(1)) == once
