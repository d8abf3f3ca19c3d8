"""Do the services' programs do the same again from the same beginning?

The explorer can put back the state of DynamoDB and Route 53, not that of SQS, Kinesis,
EC2, ECS and CloudWatch, so it cannot search among these programs. What it asks of a
program can be asked all the same: in its surroundings, where no thread, no socket, no
clock and no chance of the program's own is let through, a second execution makes the
same calls and gets the same replies.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gameday.aws.attempts import ANSWERER, Attempt, Reply, answered_here
from gameday.aws.lever_store import LeverStore
from gameday.aws.loading import models_loaded_once
from gameday.emulators.in_process import InProcessEmulator
from gameday.errors import ServiceUnavailable
from gameday.explore.actor import Actor
from gameday.explore.region_actors import GATEWAY_URL
from gameday.explore.surrounding import surrounded
from gameday.explore.surroundings import SURROUNDINGS, Surroundings
from gameday.model.levers import AS_BUILT, InvocationLevers
from gameday.region.finding import find_region
from gameday.region.process_specs import (
    Addresses,
    Variant,
    actor_config,
    operator_config,
)
from gameday.region.provisioning import provision
from gameday.region.services import canary_wiring, function_wiring, wiring
from gameday.region.settings import ActorConfig
from gameday.region.wiring import clock_and_policy, gateway_client

REGION = find_region("services")
PROGRAMS: dict[str, Callable[[ActorConfig], tuple[Any, Any]]] = {
    "customers": function_wiring.wire_traffic,
    "lambda": function_wiring.wire_invocations,
    "lambda-fleet": function_wiring.wire_function_fleet,
    "sqs-poller": function_wiring.wire_queue_poller,
    "kinesis-poller": function_wiring.wire_stream_poller,
    "ecs": wiring.wire_containers,
    "connect": wiring.wire_contacts,
}
ROUNDS = 3


class Witness:
    """An answerer that notes what was asked and answered."""

    def __init__(self) -> None:
        self._emulator = InProcessEmulator()
        self.seen: list[tuple[str, bytes, int, bytes]] = []

    def answer(self, attempt: Attempt) -> Reply:
        reply = self._emulator.answer(attempt)
        self.seen.append((attempt.url, attempt.body, reply.status, reply.body))
        return reply


def config_of(name: str) -> ActorConfig:
    return actor_config(REGION, name, addresses=_addresses(), variant=_variant())


def _addresses() -> Addresses:
    return Addresses(
        gateway_url=GATEWAY_URL,
        load_balancer_port=80,
        resolvers=dict.fromkeys(REGION.availability_zones, ("127.0.20.1", 53)),
        config_folder=Path(),
    )


def _variant() -> Variant:
    return Variant(
        safeguards=REGION.design("fenced"), settings={}, seed=7, stage="operator"
    )


def executed(
    act: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, bytes, int, bytes]]:
    """Return every call of an execution with its reply."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIALAMBDA0000000001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "gameday")
    witness = Witness()

    def sleep(duration_ms: float) -> None:
        seen.slept_ms += duration_ms

    seen = Surroundings.of(Actor(name="services", program=act), number=1, sleep=sleep)

    def run() -> None:
        ANSWERER.set(witness)
        SURROUNDINGS.set(seen)
        config = operator_config(REGION, addresses=_addresses(), variant=_variant())
        provision(replace(config, endpoints=()), access_key="AKIAOPERATOR00000001")
        act()

    with answered_here() as strays, surrounded(), models_loaded_once():
        copy_context().run(run)
    assert strays == []
    return witness.seen


def every_program() -> None:
    turns = [wire(config_of(name))[0].turn for name, wire in PROGRAMS.items()]
    for _ in range(ROUNDS):
        for turn in turns:
            assert turn() in {True, False}


def every_canary() -> None:
    config = config_of("service-canary")
    _, policy = clock_and_policy(config)
    store = LeverStore(gateway_client("dynamodb", config), policy)
    store.write(replace(AS_BUILT, invocations=InvocationLevers(poller_batches=2)))
    function_wiring.wire_clicks(config, policy).prepare()
    for service in config.canaries:
        with pytest.raises(ServiceUnavailable, match="no reply within"):
            canary_wiring.ASKS[service](config)()


@pytest.mark.parametrize("act", [every_program, every_canary])
def test_a_second_execution_makes_the_same_calls_and_gets_the_same_replies(
    act: Callable[[], None], monkeypatch: pytest.MonkeyPatch
):
    first = executed(act, monkeypatch)

    assert len(first) > ROUNDS * len(PROGRAMS)
    assert executed(act, monkeypatch) == first
