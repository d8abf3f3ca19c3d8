from __future__ import annotations

from test_enactment import applied, empty_zone, flip, installed, tree, view_of

from gameday.model.plan import Generation
from gameday.model.retention import delete_changes, select_victims
from gameday.model.safeguards import CleanupGuard
from gameday.model.zone import Rejection, apply_batch


def victims(zone, guard: CleanupGuard, *, applied_generation: int = 5):
    return select_victims(
        view_of(zone),
        applied=Generation(applied_generation),
        keep_plans=2,
        guard=guard,
    )


def test_as_built_age_alone_decides():
    zone = installed(empty_zone(), 1, 2, 3, 4, 5, 2)

    assert victims(zone, CleanupGuard.NONE) == (1, 2, 3)


def test_a_guard_spares_what_root_and_rollback_point_at():
    zone = installed(empty_zone(), 1, 3, 4, 5, 2)
    zone = applied(zone, flip(view_of(zone), 1))

    assert victims(zone, CleanupGuard.AT_SCAN) == (3,)
    assert victims(zone, CleanupGuard.IN_BATCH) == (3,)


def test_plans_newer_than_the_one_applied_are_never_victims():
    zone = applied(installed(empty_zone(), 5), (*tree(6), *tree(9)))

    assert victims(zone, CleanupGuard.NONE) == ()


def test_a_guard_at_scan_leaves_the_gap_open():
    zone = installed(empty_zone(), 2, 4, 5)
    seen = view_of(zone)
    chosen = victims(zone, CleanupGuard.AT_SCAN)
    zone = applied(zone, flip(view_of(zone), 2))

    deletion = delete_changes(seen, chosen, guard=CleanupGuard.AT_SCAN)

    assert view_of(applied(zone, deletion)).trees.get(Generation(2)) is None


def test_a_guard_in_the_batch_is_rejected_when_the_root_moved():
    zone = installed(empty_zone(), 2, 4, 5)
    seen = view_of(zone)
    chosen = victims(zone, CleanupGuard.IN_BATCH)
    zone = applied(zone, flip(view_of(zone), 2))

    deletion = delete_changes(seen, chosen, guard=CleanupGuard.IN_BATCH)

    assert isinstance(apply_batch(zone, deletion), Rejection)


def test_a_guarded_deletion_leaves_root_and_rollback_as_they_were():
    zone = installed(empty_zone(), 1, 2, 4, 5)
    before = view_of(zone)
    chosen = victims(zone, CleanupGuard.IN_BATCH)

    after = view_of(
        applied(zone, delete_changes(before, chosen, guard=CleanupGuard.IN_BATCH))
    )

    assert (after.root, after.rollback) == (before.root, before.rollback)
    assert set(after.trees) == {4, 5}
