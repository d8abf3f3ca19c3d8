"""What does a customer of each service ask, and which canary is whose?

A canary asks end to end, as a customer does: an invocation and its reply, a message or
a record and the invocation that it leads to, a task, a contact. A region file says
which actor watches which service; what each asks stands in `ASKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from gameday.aws.requests import RequestQueue, render_request
from gameday.errors import ServiceUnavailable
from gameday.region.monitoring.service_canary import ServiceCanary
from gameday.region.services.contacts import CONTACT_REQUESTS
from gameday.region.services.containers import TASK_REQUESTS
from gameday.region.services.function_wiring import wire_clicks
from gameday.region.services.identity_asks import IDENTITY_ASKS
from gameday.region.services.invocations import FUNCTION, SYNC_QUEUE
from gameday.region.services.pollers import ORDERS_QUEUE
from gameday.region.services.wiring import wire_client
from gameday.region.wiring import clock_and_policy, gateway_client

if TYPE_CHECKING:
    from gameday.clock import Clock
    from gameday.region.settings import ActorConfig

__all__ = ["ASKS", "Ask", "wire_first_customer", "wire_service_canaries"]

Ask = Callable[[], object]
"""What a customer does; raises what `ServiceCanary` takes for no service."""


def wire_service_canaries(config: ActorConfig) -> tuple[list[ServiceCanary], Clock]:
    """Return the canary of each service whose canary this actor is, and a clock.

    Raises ValueError for a service of which nobody knows what a customer asks.
    """
    unknown = sorted(config.canaries.keys() - ASKS.keys())
    if unknown:
        raise ValueError(
            f"{config.actor} is the canary of {unknown[0]!r}, and does not know what "
            f"to ask; it knows {', '.join(sorted(ASKS))}"
        )
    clock, _ = clock_and_policy(config)
    canaries = [
        ServiceCanary(
            service=service,
            ask=ASKS[service](config),
            cloudwatch=gateway_client("cloudwatch", config),
        )
        for service in config.canaries
    ]
    return canaries, clock


def wire_first_customer(config: ActorConfig) -> tuple[Clock, Callable[[], bool]]:
    """Return a clock, and what invokes a function and answers whether it worked."""
    clock, _ = clock_and_policy(config)
    ask = ASKS["lambda"](config)

    def is_served() -> bool:
        try:
            ask()
        except ServiceUnavailable:
            return False
        return True

    return clock, is_served


def _asks_through(
    queue: str, service: str, patience: str
) -> Callable[[ActorConfig], Ask]:
    def make(config: ActorConfig) -> Ask:
        _, policy = clock_and_policy(config, attempts_max=1)
        requests = RequestQueue(gateway_client("sqs", config), policy, name=queue)
        way = wire_client(config, service, send=requests.put, patience=patience)
        return lambda: way.ask({"function": FUNCTION})

    return make


def _ask_stream(config: ActorConfig) -> Ask:
    _, policy = clock_and_policy(config, attempts_max=1)
    stream = wire_clicks(config, policy)
    way = wire_client(
        config,
        "kinesis-poller",
        send=lambda request: stream.put([render_request(request)]),
        patience="event_patience_ms",
    )
    return lambda: way.ask({})


ASKS: Mapping[str, Callable[[ActorConfig], Ask]] = MappingProxyType(
    {
        "lambda": _asks_through(SYNC_QUEUE, "lambda", "invocation_patience_ms"),
        "sqs-poller": _asks_through(ORDERS_QUEUE, "sqs-poller", "event_patience_ms"),
        "kinesis-poller": _ask_stream,
        "ecs-eks-fargate": _asks_through(
            TASK_REQUESTS, "ecs-eks-fargate", "task_patience_ms"
        ),
        "connect": _asks_through(CONTACT_REQUESTS, "connect", "contact_patience_ms"),
        **IDENTITY_ASKS,
    }
)
"""By service, what makes what its canary asks."""
