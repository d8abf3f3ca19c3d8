"""Which checkers are there, and what do they all say of one history?

A checker that crashes gives `unknown` with the exception's text: never a pass,
and never the end of the other checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.checkers import (
    answers_changed,
    blocked_by_invalid_answer,
    capacity_removed,
    empty_endpoint,
    failover_on_too_early,
    flapping_overload,
    foreign_region_on_query_path,
    launch_without_network,
    live_tree_deleted,
    lost_leases,
    overloaded_removal,
    plan_regression,
    poller_stuck,
    recovery_order,
    stuck_leases,
    stuck_replacement,
    sync_starved,
    two_lock_holders,
    undetected_outage,
    unleased_launch,
    unsafe_plan_applied,
    unserved_customer,
    wedged_enactors,
)
from gameday.model.history import History
from gameday.model.run_span import within_run
from gameday.model.verdict import Finding, Validity
from gameday.model.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ALL", "Checker", "judge_all"]

Checker = Callable[[History, World], Finding]
"""A pure function; it is given the history of the run only, cut at its end."""

ALL: Mapping[str, Checker] = MappingProxyType(
    {
        module.HAZARD: module.check
        for module in (
            empty_endpoint,
            plan_regression,
            wedged_enactors,
            live_tree_deleted,
            lost_leases,
            stuck_leases,
            unleased_launch,
            recovery_order,
            launch_without_network,
            poller_stuck,
            sync_starved,
            capacity_removed,
            overloaded_removal,
            flapping_overload,
            failover_on_too_early,
            two_lock_holders,
            answers_changed,
            unsafe_plan_applied,
            undetected_outage,
            stuck_replacement,
            unserved_customer,
            blocked_by_invalid_answer,
            foreign_region_on_query_path,
        )
    }
)
"""Every checker by the name of its hazard, the gravest hazard first."""


def judge_all(
    history: History,
    world: World,
    *,
    hazards: Iterable[str] | None = None,
    checkers: Mapping[str, Checker] = ALL,
) -> tuple[Finding, ...]:
    """Return the finding of every checker, or of the named ones.

    Args:
        history: the whole history; what follows the run's end is left out here.
        world: the region it happened in.
        hazards: names to judge; None for all. Raises KeyError for an unknown one.
        checkers: where the names are looked up.
    """
    run = within_run(history)
    chosen = tuple(checkers) if hazards is None else tuple(hazards)
    return tuple(_judge(name, checkers[name], run, world) for name in chosen)


def _judge(name: str, checker: Checker, history: History, world: World) -> Finding:
    try:
        return checker(history, world)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no pass
        return Finding(
            hazard=name,
            validity=Validity.UNKNOWN,
            summary=f"the checker failed: {type(error).__name__}: {error}",
        )
