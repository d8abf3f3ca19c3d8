"""Which plan trees may be deleted, and what must the delete batch assert?

Clean-up selects its victims at one time and deletes them at another. As built
it goes by age alone: every tree well older than the plan just applied. Between
the two a slow enactor may have made an old tree live again.

The guard has three strengths. `NONE` never asks. `AT_SCAN` asks while
selecting, which leaves the gap open. `IN_BATCH` asks in the delete batch: root
and rollback are deleted and created again with the exact values seen, so the
batch is refused if either moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.model.safeguards import CleanupGuard
from gameday.model.zone import Action, Change

if TYPE_CHECKING:
    from gameday.model.enactment import EndpointView
    from gameday.model.plan import Generation

__all__ = ["delete_changes", "select_victims"]


def select_victims(
    view: EndpointView, *, applied: Generation, keep_plans: int, guard: CleanupGuard
) -> tuple[Generation, ...]:
    """Return the generations whose trees are old enough to delete.

    Args:
        view: the zone as it was listed.
        applied: the generation that the selecting enactor has just applied.
        keep_plans: how many generations up to `applied` are spared.
        guard: whether a tree that root or rollback points at is spared too.
    """
    old = tuple(g for g in view.trees if g <= applied - keep_plans)
    if guard is CleanupGuard.NONE:
        return old
    referenced = {view.active, view.kept_for_rollback}
    return tuple(g for g in old if g not in referenced)


def delete_changes(
    view: EndpointView, victims: tuple[Generation, ...], *, guard: CleanupGuard
) -> tuple[Change, ...]:
    """Return the changes that delete the victims' trees, members before leaves.

    Under `CleanupGuard.IN_BATCH` they follow the assertion that root and
    rollback still are what `view` showed.
    """
    assertions = []
    if guard is CleanupGuard.IN_BATCH:
        for alias in (view.root, view.rollback):
            if alias is not None:
                assertions.append(Change(action=Action.DELETE, record_set=alias))
                assertions.append(Change(action=Action.CREATE, record_set=alias))
    doomed = (record for victim in victims for record in view.trees.get(victim, ()))
    deletions = sorted(
        (Change(action=Action.DELETE, record_set=record) for record in doomed),
        key=lambda change: change.record_set.alias is None,
    )
    return (*assertions, *deletions)
