"""When may an experiment begin?

A baseline measured on a region that is still starting is worthless. A stage is
ready when every resolver has an answer for every endpoint, where the region keeps
leases every droplet has one, where it runs services each works as its canary sees it,
and where it has a load balancer all customers are served. A region of somebody else's
programs may leave its endpoints alone; it gets a while and then begins as it is.

The zones are looked at before any resolver is asked (`stage/publication.py`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gameday.chaos.looking_up import look_up
from gameday.chaos.observing import recorded
from gameday.clock import SystemClock
from gameday.errors import RegionFailed
from gameday.model.balancing_seen import served_shares
from gameday.region.consistency import uses_reference_settings
from gameday.stage.publication import Publication

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.chaos.running import Running
    from gameday.region.topology import Region

__all__ = ["READY_DEADLINE_S", "await_ready", "ready_deadline_s"]

READY_DEADLINE_S = 45.0
"""From the start of the actors to the last lease and the first look at each service."""

READY_S_PER_ACTOR = 6.0
"""On top for each actor beyond a dozen: they all start at once and share the cores."""

_DOZEN = 12

SERVICE_CANARIES = "gameday.region.services.main:canaries"
"""The program whose looks are waited for."""

STRANGERS_DEADLINE_S = 5.0
"""How long strangers' programs get to publish their endpoints."""

_POLL_S = 0.1
_LEASES_POLL_S = 0.25
_LOOKS_SERVED_MIN = 2
"""Visits of all customers in a row that every one of them was served in."""


def await_ready(
    stage: Running,
    *,
    deadline_s: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> float:
    """Wait until the stage is ready; return the seconds it took.

    Raises RegionFailed with what is missing when the deadline passes, or when
    an actor dies meanwhile. Unless given, the deadline allows for the region's size and
    for the time over which hosts take on their droplets.
    """
    if deadline_s is None:
        deadline_s = ready_deadline_s(stage.state.region, stage.state.settings)
    began = time.monotonic()
    publication = Publication()
    ours = uses_reference_settings(stage.state.region)
    for missing, poll_s in (
        (lambda s: publication.missing(s.edge, s.endpoints), _POLL_S),
        (_unanswered, _POLL_S),
        (_unleased, _LEASES_POLL_S),
        (_unserved, _LEASES_POLL_S),
        (_unbalanced, _LEASES_POLL_S),
    ):
        while lack := missing(stage):
            _raise_if_an_actor_died(stage)
            if progress:
                progress(lack)
            waited_s = time.monotonic() - began
            if not ours and waited_s > STRANGERS_DEADLINE_S:
                return round(waited_s, 3)
            if waited_s > deadline_s:
                raise RegionFailed(f"not ready after {deadline_s:.0f} s: {lack}")
            time.sleep(poll_s)
    return round(time.monotonic() - began, 3)


def ready_deadline_s(region: Region, settings: Mapping[str, Any]) -> float:
    """Return how long a region may take, by its size and how droplets are taken on.

    Args:
        region: what is started.
        settings: numbers that win over the region's.
    """
    beyond = max(len(region.actors) - _DOZEN, 0)
    given: Mapping[str, Any] = {**region.settings, **settings}
    commission_ms = float(given.get("droplet_commission_ms", 0))
    return READY_DEADLINE_S + READY_S_PER_ACTOR * beyond + commission_ms / 1000


def _unanswered(stage: Running) -> str:
    for endpoint in stage.endpoints:
        for az in stage.zones_of("all"):
            if not look_up(stage, endpoint, az).addresses:
                return f"{endpoint} has no answer in {az}"
    return ""


def _unleased(stage: Running) -> str:
    from gameday.aws.leases import LEASES_TABLE, LeaseTable

    state = stage.state
    if LEASES_TABLE not in {table.name for table in state.region.tables}:
        return ""
    wanted = _droplets(stage)
    leases = LeaseTable(stage.operator("dynamodb"), stage.policy()).all()
    now_ms = SystemClock().now_ms()
    held = sum(lease.expires_at_ms > now_ms for lease in leases)
    return "" if held >= wanted else f"{held} of {wanted} droplets have a lease"


def _unserved(stage: Running) -> str:
    from gameday.model.canaries_seen import last_canary_looks
    from gameday.model.service_health import CanarySays

    region = stage.state.region
    watched = [
        name
        for name, entry in region.services.items()
        if entry.canary and region.actors[entry.canary].run == SERVICE_CANARIES
    ]
    if not watched:
        return ""
    looks = last_canary_looks(recorded(stage))
    for name in watched:
        if name not in looks or looks[name].says is not CanarySays.WORKS:
            return f"{name} does not work yet, as its canary sees it"
    return ""


def _unbalanced(stage: Running) -> str:
    if stage.state.region.balancer is None:
        return ""
    shares = served_shares(recorded(stage))[-_LOOKS_SERVED_MIN:]
    if len(shares) == _LOOKS_SERVED_MIN and min(shares) == 1.0:
        return ""
    return f"customers of the load balancer got {shares[-1:] or 'no'} connections"


def _droplets(stage: Running) -> int:
    from gameday.region.known_settings import KNOWN_SETTINGS

    given = {**stage.state.region.settings, **stage.state.settings}
    default = KNOWN_SETTINGS["droplets"].default
    return int(given.get("droplets", default))


def _raise_if_an_actor_died(stage: Running) -> None:
    from gameday.stage.state import read_stage

    for name, actor in read_stage(stage.state.id).actors.items():
        if actor.state.startswith("exited"):
            log = stage.state.log_file(name)
            raise RegionFailed(f"{name} {actor.state} while starting; see {log}")
