"""How does anybody reach a service of the region, and DynamoDB like one of them?

A service that has a managed endpoint of its own, such as sts.us-east-1.gameday.test,
takes requests by that name; others by the gateway. STS is behind the region's network
load balancer, where there is one: whoever gets no connection has not asked. Regions are
told apart by the credential scope of a call, as emulators do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gameday.aws.directory import Directory
from gameday.aws.lever_store import LeverStore
from gameday.aws.requests import RequestQueue
from gameday.aws.service_client import ServiceClient
from gameday.region.balancing.wiring import wire_reach
from gameday.region.services.dynamodb_path import DynamoDbPath
from gameday.region.services.levers_seen import LeversSeen
from gameday.region.services.request_desk import RequestDesk, request_queue
from gameday.region.services.sts import STS
from gameday.region.wiring import clock_and_policy, gateway_client, managed_client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.region.settings import ActorConfig

__all__ = [
    "SECOND_REGION",
    "desk",
    "dynamodb_path",
    "dynamodb_there",
    "in_second_region",
    "known_directory",
    "looked_up",
    "way_to",
]

SECOND_REGION: Final = "us-west-2"
"""Where what does not depend on the first region goes on. Its endpoint is nobody's here
to maintain: it is reached by the gateway."""


def in_second_region(config: ActorConfig) -> ActorConfig:
    """Return the configuration of the same program in the second region."""
    return replace(config, aws_region=SECOND_REGION)


def way_to(
    config: ActorConfig, service: str, *, asker: str = "", is_serving: bool = False
) -> ServiceClient:
    """Return an actor's way to a service of its region.

    Args:
        config: of the actor.
        service: who is asked.
        asker: tells two parts of one actor apart that ask at the same time.
        is_serving: somebody waits for the actor itself. It waits half as long, so that
            it has time left to say that nothing came.
    """
    clock, policy = clock_and_policy(config, attempts_max=1)
    back = gateway_client("sqs", config)
    name = next(
        (each for each in config.endpoints if each.startswith(f"{service}.")), None
    )
    front = back
    if name is not None:
        front, _ = managed_client(config, name, pool_connections_max=1, service="sqs")
    caller = f"{config.actor}-{asker}" if asker else config.actor
    requests = RequestQueue(front, policy, name=request_queue(service), found_by=back)
    return ServiceClient(
        back,
        policy,
        replies=f"gameday-replies-{caller}-{service}",
        service=service,
        send=requests.put,
        clock=clock,
        patience_ms=config.integer("request_timeout_ms") // (2 if is_serving else 1),
        poll_ms=config.integer("request_poll_ms"),
        reach=_in_between(config, service),
    )


def desk(
    config: ActorConfig,
    service: str,
    serve: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> RequestDesk:
    """Return what takes the requests of a service of this region."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    requests = RequestQueue(
        gateway_client("sqs", config), policy, name=request_queue(service)
    )
    return RequestDesk(requests=requests, serve=serve, clock=clock)


def dynamodb_path(config: ActorConfig, program: str) -> DynamoDbPath:
    """Return a program's way to DynamoDB in the first region."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    public, _ = managed_client(config, config.endpoints[0], pool_connections_max=1)
    internal = gateway_client("dynamodb", config)
    return DynamoDbPath(
        program=program,
        public=public,
        internal=internal,
        levers=LeversSeen(
            LeverStore(internal, policy),
            clock=clock,
            poll_ms=config.setting("lever_poll_ms"),
        ),
    )


def dynamodb_there(config: ActorConfig, program: str) -> Callable[[], Any]:
    """Return what chooses the DynamoDB client of the region that an actor is in."""
    if config.aws_region == SECOND_REGION:
        there = gateway_client("dynamodb", config)
        return lambda: there
    return dynamodb_path(config, program).client


def looked_up(config: ActorConfig, program: str) -> Directory:
    """Return the directory of its region, as a service reaches it."""
    _, policy = clock_and_policy(config, attempts_max=1)
    return Directory(dynamodb_there(config, program), policy)


def known_directory(config: ActorConfig) -> Directory:
    """Return the same past all names, for entries that have been there for years."""
    _, policy = clock_and_policy(config)
    here = gateway_client("dynamodb", config)
    return Directory(lambda: here, policy)


def _in_between(config: ActorConfig, service: str) -> Callable[[], None]:
    """Return what gets through to a service by what its region has in front of it."""
    if service != STS or config.aws_region == SECOND_REGION:
        return lambda: None
    return wire_reach(config, STS)
