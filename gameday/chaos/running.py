"""Which stage do the activities of an experiment act on?

The control notes the stage's id in the experiment's configuration, where every
activity finds it. An activity that is called by hand takes $GAMEDAY_STAGE, and
else the newest stage that is alive.

Activities run on several threads (background activities, the hypothesis that
is asked continuously), so connections are kept for each thread apart.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from chaoslib.exceptions import ActivityFailed

from gameday.edge.control_client import ControlClient
from gameday.errors import GamedayError
from gameday.model.enactment import EndpointView, observe
from gameday.model.zone_wire import parse_record_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gameday.stage.state import StageState

__all__ = [
    "GATEWAY_KEY",
    "STAGE_KEY",
    "Running",
    "disconnect",
    "failing_plainly",
    "running",
]

GATEWAY_KEY = "gameday_gateway_url"
"""Names the edge in the configuration, for HTTP activities of Chaos Toolkit's own."""
STAGE_KEY = "gameday_stage"
"""The configuration key under which the control notes the stage's id."""

_threads = threading.local()
_lock = threading.Lock()
_connected: dict[str, list[Any]] = {}
"""Every client of every thread, by the gateway that it is connected to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A stage that is running, as activities see it."""

    state: StageState

    @property
    def edge(self) -> ControlClient:
        """This thread's client of the edge's control interface."""
        url = self.state.gateway_url
        client: ControlClient = _kept((url, ""), lambda: ControlClient(url))
        return client

    @property
    def seed(self) -> int:
        """The seed that the stage was opened with."""
        return self.state.seed

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The endpoints that the region maintains, the main one first."""
        return tuple(self.state.region.endpoints)

    def endpoint(self, name: str) -> str:
        """Return the endpoint `name`, the main one when it is empty.

        Raises ActivityFailed naming the endpoints that there are.
        """
        chosen = name.rstrip(".").lower() or self.endpoints[0]
        if chosen not in self.endpoints:
            known = ", ".join(self.endpoints)
            raise ActivityFailed(f"no endpoint is named {name!r}; known: {known}")
        return chosen

    def zones_of(self, az: str) -> tuple[str, ...]:
        """Return the availability zone `az`, or every one for "all" or "".

        Raises ActivityFailed naming the zones that there are.
        """
        known = tuple(self.state.region.availability_zones)
        if az in {"", "all"}:
            return known
        if az not in known:
            raise ActivityFailed(f"no zone is named {az!r}; known: {', '.join(known)}")
        return (az,)

    def resolver(self, az: str) -> tuple[str, int]:
        """Return the address and port of a zone's resolver."""
        address, port = self.state.edge["resolvers"][az]
        return str(address), int(port)

    @property
    def load_balancer_port(self) -> int:
        """The port on which every load balancer listens."""
        return int(self.state.edge["load_balancer_port"])

    def view(self, endpoint: str) -> EndpointView:
        """Return the endpoint's zone as AWS has it, before any propagation.

        It is read from the edge and is no call to Route 53, so that looking
        does not spend the account's request rate.
        """
        zone = self.edge.zone(endpoint)
        return observe(endpoint, map(parse_record_set, zone["record_sets"]))

    def operator(self, service: str) -> Any:
        """Return this thread's boto3 client for `service`, as the operator."""
        from gameday.aws.sessions import Caller, client

        region = self.state.region
        caller = Caller(
            access_key=region.operator_access_key,
            endpoint_url=self.state.gateway_url,
            region=region.aws_region,
        )
        key = (self.state.gateway_url, service)
        return _kept(key, lambda: client(service, caller))

    def policy(self) -> Any:
        """Return the retry policy of the operator's calls."""
        from gameday.aws.retries import CallPolicy
        from gameday.clock import SystemClock

        return CallPolicy(clock=SystemClock(), random=Random(self.seed))


def running(configuration: Mapping[str, Any] | None = None) -> Running:
    """Return the stage to act on; raises ActivityFailed when there is none."""
    from gameday.stage.state import find_stage, read_stage

    noted = str((configuration or {}).get(STAGE_KEY, ""))
    try:
        state = read_stage(noted) if noted else find_stage()
    except GamedayError as error:
        raise ActivityFailed(_one_line(error)) from error
    return Running(state=state)


def disconnect(stage: Running) -> None:
    """Close the connections of all threads; an edge waits for them when it ends.

    To be called when no activity runs any more.
    """
    with _lock:
        clients = _connected.pop(stage.state.gateway_url, [])
    for client in clients:
        client.close()


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn gameday's errors into ActivityFailed with all of it on one line.

    Chaos Toolkit keeps the first line of an exception and drops the rest.
    """
    try:
        yield
    except GamedayError as error:
        raise ActivityFailed(_one_line(error)) from error


def _one_line(error: Exception) -> str:
    return "; ".join(line for line in str(error).splitlines() if line.strip())


def _kept(key: tuple[str, str], connect: Callable[[], Any]) -> Any:
    """Return this thread's client for a gateway and service, made when needed."""
    kept: dict[tuple[str, str], Any] = _threads.__dict__.setdefault("kept", {})
    with _lock:
        open_here = _connected.setdefault(key[0], [])
        if key not in kept or kept[key] not in open_here:
            kept[key] = connect()
            open_here.append(kept[key])
    return kept[key]
