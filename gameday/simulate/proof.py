"""What is still missing before one may say "it collapsed", or "this helps"?

Both words are easy to earn by accident: an overloaded host also loses its leases, a
mitigation that is never let go looks like a cure, and one that starves renewals has
a fine curve for a while. So each claim has its criteria, and each function returns
those that a run does not meet, with the numbers. Empty: the claim stands for this
pair of runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.simulate.drill import Drill
    from gameday.simulate.series import Series

__all__ = ["collapse_gaps", "mitigation_gaps"]

WELL = 0.99
"""A host is well while it holds this share of its leases."""

_STUCK_BUSY_MIN = 0.95
_STUCK_LATE_MIN = 0.95
_STUCK_GOODPUT_MAX = 0.01
_AMPLIFICATION_MIN = 10
_GROWTH_ERROR_MAX = 0.1
_RISE_MAX = 0.01
_COST_MAX = 0.02


def collapse_gaps(drill: Drill, *, stuck: Series, control: Series) -> tuple[str, ...]:
    """Return what a run without a trigger lacks to be called a collapse.

    `stuck` is the drill in which nobody acts, `control` the same parameters without
    an outage: two fates of one host.
    """
    return tuple(_collapse_gaps(drill, stuck, control))


def mitigation_gaps(
    drill: Drill,
    *,
    null: Series,
    treated: Series,
    control: Series,
    treated_control: Series,
) -> tuple[str, ...]:
    """Return what a mitigation lacks to be called one that works.

    `null` and `treated` differ in nothing but the mitigation, draws included;
    `control` and `treated_control` likewise, without an outage.
    """
    return (
        *_recovery_gaps(drill, null, treated),
        *_cost_gaps(drill, control, treated_control),
    )


def _collapse_gaps(drill: Drill, stuck: Series, control: Series) -> Iterator[str]:
    fleet = drill.fleet
    free_ms = drill.horizon_ms - drill.outage.to_ms
    longest_ms = max(fleet.timeout_ms, fleet.lease_ms, fleet.fleet_time_ms)
    if free_ms < 10 * longest_ms:
        yield f"the trigger is gone for {free_ms} ms only, not for {10 * longest_ms}"
    if min(control.held_share()) < WELL:
        yield (
            "without an outage the same host loses leases: "
            f"{min(control.held_share()):.3f} held"
        )
    half_ms = drill.outage.to_ms + free_ms // 2
    second_half_ms = drill.horizon_ms - half_ms
    held, held_before = stuck.held_at(drill.horizon_ms), stuck.held_at(half_ms)
    if stuck.back_at_ms(WELL) is not None:
        yield f"the host is well: {held:.3f} held"
    elif held > held_before + _RISE_MAX:
        yield f"leases are coming back: {held:.3f} held, {held_before:.3f} before"
    workers_ms = second_half_ms * sum(host.workers for host in stuck.hosts)
    busy_ms = stuck.total("busy_ms", from_ms=half_ms)
    if busy_ms < _STUCK_BUSY_MIN * workers_ms:
        yield f"workers are idle: {busy_ms / workers_ms:.3f} of their time is used"
    late_ms = stuck.total("late_ms", from_ms=half_ms)
    if late_ms < _STUCK_LATE_MIN * busy_ms:
        yield f"work is useful: only {late_ms / busy_ms:.3f} of it comes too late"
    useful = stuck.total("useful", from_ms=half_ms)
    capacity = len(stuck.hosts) * fleet.establish_per_s * second_half_ms / 1000
    if useful > _STUCK_GOODPUT_MAX * capacity:
        yield f"goodput is {useful / capacity:.3f} of what could be established"
    attempts = stuck.total("attempts", from_ms=half_ms)
    if attempts < _AMPLIFICATION_MIN * max(1, useful):
        yield f"{attempts} attempts for {useful} leases: no amplification"
    grown = stuck.queued_at(drill.horizon_ms) - stuck.queued_at(half_ms)
    expected = len(stuck.hosts) * fleet.queue_growth_per_s * second_half_ms / 1000
    if abs(grown - expected) > _GROWTH_ERROR_MAX * expected:
        yield f"the queue grew by {grown}, not by n/T - mu_e: {expected:.0f}"


def _recovery_gaps(drill: Drill, null: Series, treated: Series) -> Iterator[str]:
    fleet = drill.fleet
    if null.back_at_ms(WELL) is not None:
        yield "the host recovers without it"
    back_ms = treated.back_at_ms(WELL)
    if back_ms is None or back_ms > drill.let_go_ms:
        yield (
            f"{treated.held_at(drill.let_go_ms - 1):.2f} held while it lasts, "
            f"{treated.held_at(drill.horizon_ms):.2f} after it"
        )
        return
    if treated.worst_host(from_ms=back_ms) < WELL - 0.01:
        yield f"the worst host holds {treated.worst_host(from_ms=back_ms):.2f}"
    if treated.lost_lease_minutes() >= null.lost_lease_minutes():
        yield "as many lease minutes are lost as without it"
    last_ms = 3 * fleet.renew_every_ms
    renewed = treated.total(
        "renewed", from_ms=drill.let_go_ms - last_ms, to_ms=drill.let_go_ms
    )
    if back_ms <= drill.let_go_ms - last_ms and renewed < 0.9 * 3 * treated.droplets:
        yield f"renewals starve: {renewed} in three intervals"


def _cost_gaps(drill: Drill, control: Series, treated: Series) -> Iterator[str]:
    useful, without = treated.total("useful"), control.total("useful")
    if useful < (1 - _COST_MAX) * without:
        yield f"without an outage it costs renewals: {useful} instead of {without}"
    age_ms, age_without_ms = (
        max(row.oldest_renewal_ms for host in series.hosts for row in host.rows)
        for series in (treated, control)
    )
    if age_ms > age_without_ms + _COST_MAX * drill.fleet.renew_every_ms:
        yield f"without an outage leases get older: {age_ms}, not {age_without_ms} ms"
    if treated.total("openings"):
        yield f"without an outage it opens {treated.total('openings')} times"
