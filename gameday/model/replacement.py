"""May a host be replaced now, or would that take a working cluster away?

A data warehouse node works with credentials that expire. When they cannot be refreshed
its automation replaces the host: the cluster goes to "modifying", an instance is
launched, the cluster is available again. While launches fail, that workflow cannot end,
and every cluster that begins it is lost until they succeed: in October 2025 the last
came back 25 hours after DNS did (AWS's post-event summary, Redshift).

The dangerous ordering: take the old host out, then launch. The gate asks for evidence
first: no replacement begins while launches fail. What is held back keeps trying to
refresh, which works as soon as the dependency is back and needs no launch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Host",
    "Launch",
    "ReplacementGate",
    "Step",
    "after_launch",
    "after_refresh",
    "begin_replacement",
    "launches_succeed",
    "next_step",
]


class ReplacementGate(StrEnum):
    """What a replacement needs to begin."""

    NONE = "none"
    """As built: expired credentials are enough."""
    LAUNCHES_SUCCEED = "launches-succeed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One launch that was tried, by a replacement or by a canary."""

    at_ms: int
    succeeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host of a cluster.

    Attributes:
        credentials_until_ms: when its credentials expire.
        is_modifying: whether its replacement has begun and not ended.
    """

    credentials_until_ms: int
    is_modifying: bool = False

    def is_available(self, now_ms: int) -> bool:
        """Answer whether it serves queries."""
        return not self.is_modifying and now_ms < self.credentials_until_ms


class Step(StrEnum):
    """What the automation does for a host next."""

    NOTHING = "nothing"
    REFRESH = "refresh"
    """Ask for new credentials; the host stays."""
    REPLACE = "replace"
    """Take it out and launch another."""
    LAUNCH = "launch"
    """Try again to launch what takes its place."""


def launches_succeed(
    launches: Sequence[Launch], *, window_ms: int, now_ms: int
) -> bool:
    """Answer whether the newest launch within the window succeeded.

    No launch within it is no evidence, and then the answer is no; something small has
    to try one.
    """
    recent = [each for each in launches if now_ms - each.at_ms <= window_ms]
    return bool(recent) and max(recent, key=lambda each: each.at_ms).succeeded


def next_step(
    host: Host,
    *,
    gate: ReplacementGate,
    launches_work: bool,
    modifying: int,
    modifying_max: int,
    now_ms: int,
) -> Step:
    """Return what to do for a host.

    Args:
        host: as it is.
        gate: what a replacement needs to begin.
        launches_work: what `launches_succeed` answers.
        modifying: hosts whose replacement has begun and not ended.
        modifying_max: the most that the gate lets be modified at once.
        now_ms: when.
    """
    if host.is_modifying:
        return Step.LAUNCH
    if now_ms < host.credentials_until_ms:
        return Step.NOTHING
    if gate is ReplacementGate.NONE:
        return Step.REPLACE
    return Step.REPLACE if launches_work and modifying < modifying_max else Step.REFRESH


def begin_replacement(host: Host) -> Host:
    """Return the host taken out of its cluster."""
    return replace(host, is_modifying=True)


def after_refresh(host: Host, *, refreshed: bool, until_ms: int) -> Host:
    """Return the host after new credentials were asked for; no reply is no."""
    return replace(host, credentials_until_ms=until_ms) if refreshed else host


def after_launch(host: Host, *, launched: bool, until_ms: int) -> Host:
    """Return what stands in the host's place after a launch was tried.

    Without a reply it may have been launched: ask again under the same client token,
    and say here what that answered.
    """
    return Host(credentials_until_ms=until_ms) if launched else host
