"""When does a container launch, when does a contact get through, and why not?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from function_region import FunctionRegion
from test_launches import DROPLETS, Region

from gameday.aws.container_tasks import CLUSTER, TASKS_TABLE, ContainerTasks
from gameday.aws.instances import Instances
from gameday.aws.requests import Request, RequestQueue
from gameday.aws.service_client import ServiceClient
from gameday.aws.sessions import Caller, client
from gameday.errors import ServiceUnavailable
from gameday.region.services.contacts import CONTACT_REQUESTS, ContactService
from gameday.region.services.containers import TASK_REQUESTS, ContainerService
from gameday.region.services.fleet import (
    HealthCheck,
    ServiceFleet,
    that_do_not_answer,
)


class ContainerRegion(Region):
    """A launch desk, and containers that are launched by it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        caller = Caller(access_key="AKIAECS0000000000001", endpoint_url=url)
        self.ecs, sqs = client("ecs", caller), client("sqs", caller)
        self.clients += [self.ecs, sqs]
        self.dynamodb.create_table(
            TableName=TASKS_TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "task", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "task", "KeyType": "HASH"}],
        )
        self.requests = RequestQueue(sqs, self.policy, name=TASK_REQUESTS)
        managed = client("dynamodb", caller)
        managed.meta.events.register("before-send", self.way.guard)
        self.clients.append(managed)
        self.service = ContainerService(
            requests=self.requests,
            tasks=ContainerTasks(ecs=self.ecs, records=managed, policy=self.policy),
            instances=self.instances,
            desk=self.desk,
        )
        self.service.turn()
        self.customer = ServiceClient(
            sqs,
            self.policy,
            replies="gameday-replies-customer",
            service="ecs-eks-fargate",
            send=self._send,
            clock=self.clock,
            patience_ms=1_000,
            poll_ms=250,
        )

    def launch(self) -> str:
        """Ask for a container; return why there is none, "" when it runs."""
        try:
            self.customer.ask({})
        except ServiceUnavailable as refusal:
            return refusal.why
        return ""

    def _send(self, request: Request) -> None:
        self.requests.put(request)
        self.service.turn()

    def tasks(self) -> int:
        return len(self.ecs.list_tasks(cluster=CLUSTER)["taskArns"])


@pytest.fixture
def containers(moto_url: str) -> Iterator[ContainerRegion]:
    made = ContainerRegion(moto_url)
    yield made
    for each in made.clients:
        each.close()


@pytest.fixture
def functions(moto_url: str) -> Iterator[FunctionRegion]:
    made = FunctionRegion(moto_url)
    yield made
    made.close()


def test_a_container_runs_on_an_instance_that_was_launched_for_it(
    containers: ContainerRegion,
):
    containers.known(*DROPLETS)

    assert containers.launch() == ""
    assert containers.tasks() == 1
    assert len(containers.instances.running()) == 1


def test_without_a_leased_droplet_there_is_nowhere_to_run(
    containers: ContainerRegion,
):
    assert containers.launch().startswith("InsufficientInstanceCapacity")
    assert containers.tasks() == 0


def test_without_its_table_the_control_plane_launches_nothing(
    containers: ContainerRegion,
):
    containers.known(*DROPLETS)
    containers.way.is_cut = True

    assert "Could not connect" in containers.launch()
    assert containers.instances.running() == {}

    containers.way.is_cut = False
    assert containers.launch() == ""


def test_an_instance_that_is_gone_takes_its_task_along(containers: ContainerRegion):
    for _ in range(4):
        containers.known(*DROPLETS)
        assert containers.launch() == ""

    members = containers.ecs.list_container_instances(cluster=CLUSTER)
    assert len(members["containerInstanceArns"]) == 3


def fleet_of(
    region: ContainerRegion, *, ill: set[str], wanted: int = 1
) -> ServiceFleet:
    """Return a fleet whose instances on some droplets do not answer."""
    return ServiceFleet(
        desk=region.desk,
        wanted=wanted,
        check=HealthCheck(
            failing=that_do_not_answer(lambda _instance, droplet: droplet not in ill),
            failures_max=2,
            grace_ms=0,
            clock=region.clock,
        ),
        prepare=region.instances.prepare,
    )


def test_a_fleet_replaces_what_somebody_ended_and_frees_its_droplet(
    containers: ContainerRegion,
):
    fleet = fleet_of(containers, ill=set())
    containers.known("droplet-1")
    fleet.turn()
    (instance_id,) = containers.instances.running().values()

    containers.instances.end(instance_id)
    containers.known("droplet-1")
    fleet.turn()

    assert list(containers.instances.running()) == ["droplet-1"]
    assert instance_id not in containers.instances.running().values()


def test_an_instance_that_does_not_answer_is_taken_for_ill_and_ended(
    containers: ContainerRegion,
):
    ill: set[str] = set()
    fleet = fleet_of(containers, ill=ill)
    containers.known("droplet-1")
    fleet.turn()
    (instance_id,) = containers.instances.running().values()
    ill.add("droplet-1")

    for _ in range(2):
        containers.known("droplet-1", "droplet-2")
        fleet.turn()

    assert len(containers.instances.running()) == 1
    assert instance_id not in containers.instances.running().values()


def test_a_fleet_launches_all_that_is_missing_and_no_more(
    containers: ContainerRegion,
):
    fleet = fleet_of(containers, ill=set(), wanted=2)
    containers.known(*DROPLETS)

    for _ in range(2):
        fleet.turn()
        assert len(containers.instances.running()) == 2


def test_what_ec2_does_not_launch_stays_missing(containers: ContainerRegion):
    ill = {"droplet-1"}
    fleet = fleet_of(containers, ill=ill)
    containers.known("droplet-1")
    fleet.turn()
    containers.way.is_cut = True
    containers.clock.sleep_ms(60_000)

    for _ in range(3):
        fleet.turn()
    assert len(containers.desk.staying()) == 0


def test_nobody_ends_the_instances_of_another_fleet(
    containers: ContainerRegion,
):
    containers.known(*DROPLETS)
    assert containers.launch() == ""
    others = Instances(
        ec2=containers.ec2,
        dynamodb=containers.dynamodb,
        policy=containers.policy,
        fleet="functions",
    )

    assert others.running() == {}


class Contacts:
    """The service of contacts, whose agents can be out of reach."""

    def __init__(self, functions: FunctionRegion) -> None:
        self.functions = functions
        self.agents_are_there = True
        self.requests = functions.queue(CONTACT_REQUESTS)
        flows = functions.way_to("lambda", functions.queues.sync.put, caller="flows")
        self.service = ContactService(
            requests=self.requests,
            records=functions.managed,
            policy=functions.policy,
            invoke=lambda: flows.ask({}),
            reach_agent=self._reach_agent,
        )
        self.service.turn()

    def _reach_agent(self) -> None:
        if not self.agents_are_there:
            raise ServiceUnavailable(service="nlb", why="no target answers")

    def call(self) -> str:
        """Call; return why nobody answers, "" when it went through."""
        try:
            self.functions.way_to("connect", self._send).ask({})
        except ServiceUnavailable as refusal:
            return refusal.why
        return ""

    def _send(self, request: Request) -> None:
        self.requests.put(request)
        self.functions.clock.meanwhile = [self.functions.service.turn]
        self.service.turn()
        self.functions.clock.meanwhile = []


def test_a_contact_needs_its_table_a_function_and_the_agents_side(
    functions: FunctionRegion,
):
    contacts = Contacts(functions)
    assert contacts.call() == ""

    contacts.agents_are_there = False
    assert contacts.call() == "nlb did not serve: no target answers"
    contacts.agents_are_there = True

    functions.instances = 0
    assert contacts.call().startswith("lambda did not serve: TooManyRequests")
    functions.instances = 4

    functions.way.is_cut = True
    assert "Could not connect" in contacts.call()
    functions.way.is_cut = False
    assert contacts.call() == ""
