"""What a region file says of its services, and what is wrong with it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from gameday.bundled import fixtures_folder
from gameday.documents import parse_document
from gameday.errors import InvalidInput
from gameday.model.service_graph import Evidence, Need, Recovery, ServiceGraph
from gameday.region.topology import Region, load_region, parse_region

HEAD = """\
name: small
aws_region: us-east-1
availability_zones: [az1]
load_balancers: [{name: lb-1, address: 127.0.10.1, az: az1}]
endpoints: [orders.gameday.test]
actors:
  canary: {command: [sleep, "1"], access_key: AKIACANARY0000000001}
services:
"""

NEED = (
    "{fails: it stops, recovers: with it, recovery: by-itself, source: ours, "
    "evidence: chosen}"
)


def region(services: str) -> Region:
    text = HEAD + textwrap.indent(textwrap.dedent(services), "  ")
    document = parse_document(text.replace("NEED", NEED), file="region.yaml")
    return parse_region(document, folder=Path.cwd())


def mistakes(services: str) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        region(services)
    return [str(reason) for reason in refusal.value.reasons]


def test_services_become_a_graph():
    graph = region("""\
        records: {what: the records, endpoint: orders.gameday.test, canary: canary}
        orders:
          what: the orders
          needs:
            records: NEED
        """).service_graph()

    assert graph.layers == (("records",), ("orders",))
    assert graph.service("orders").needs == (
        Need(
            on="records",
            fails="it stops",
            recovers="with it",
            recovery=Recovery.BY_ITSELF,
            source="ours",
            evidence=Evidence.CHOSEN,
        ),
    )
    assert graph.service("records").canary == "canary"


def test_a_region_need_not_name_any():
    bare = load_region(fixtures_folder() / "regions" / "bare.yaml")

    assert bare.service_graph() == ServiceGraph(services=())


NOTHING = "this depends on nothing; name a service"
ALONE = ", or leave `needs` out for one that stands by itself"
NOBODY_FIRST = "nothing on this cycle could recover first; take one of its needs out"

# (the services, the line, where, what is wrong)
MISTAKES = [
    (
        """\
        records: {what: records}
        orders:
          what: orders
          needs:
            recods: NEED
        """,
        13,
        "orders.needs.recods",
        "unknown service 'recods'; did you mean 'records'?",
    ),
    (
        """\
        orders:
          what: orders
          needs: {}
        """,
        11,
        "orders.needs",
        NOTHING + ALONE,
    ),
    (
        """\
        orders:
          what: orders
          needs:
        """,
        11,
        "orders.needs",
        NOTHING + ALONE,
    ),
    (
        """\
        orders:
          what: orders
          needs:
            "": NEED
        """,
        12,
        "orders.needs.",
        NOTHING,
    ),
    (
        """\
        orders:
          what: orders
          needs: {orders: NEED}
        """,
        11,
        "orders.needs.orders",
        f"orders needs orders: {NOBODY_FIRST}",
    ),
    (
        """\
        lambda: {what: functions, needs: {nlb: NEED}}
        nlb: {what: balancers, needs: {network: NEED}}
        network:
          what: network
          needs:
            lambda: NEED
        """,
        9,
        "lambda.needs.nlb",
        f"lambda needs nlb needs network needs lambda: {NOBODY_FIRST}",
    ),
    (
        "orders: {what: orders, endpoint: order.gameday.test}",
        9,
        "orders.endpoint",
        "unknown endpoint 'order.gameday.test'; did you mean 'orders.gameday.test'?",
    ),
    (
        "orders: {what: orders, canary: canari}",
        9,
        "orders.canary",
        "unknown actor 'canari'; did you mean 'canary'?",
    ),
    (
        "orders: {what: orders, lever: throtle}",
        9,
        "orders.lever",
        "unknown lever 'throtle'; did you mean 'throttle'?",
    ),
    (
        "orders: {what: orders, need: {}}",
        9,
        "orders.need",
        "unknown key 'need'; did you mean 'needs'?",
    ),
]


@pytest.mark.parametrize(("services", "line", "where", "message"), MISTAKES)
def test_a_mistake_has_its_line_and_the_nearest_name(
    services: str, line: int, where: str, message: str
):
    assert mistakes(services) == [f"region.yaml:{line}: services.{where}: {message}"]


def test_every_mistake_is_told_at_once():
    found = mistakes("""\
        a: {what: first, needs: {b: NEED}}
        b: {what: second, needs: {a: NEED, d: NEED}}
        """)

    assert [text.split(": ")[1] for text in found] == [
        "services.a.needs.b",
        "services.b.needs.d",
    ]


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("recovery: by-itself", "recovery: by-itslf", "did you mean 'by-itself'?"),
        ("evidence: chosen", "evidence: guessed", "known: chosen, inferred, stated"),
        ("fails: it stops, ", "", "this key is required"),
        ("source: ours", "source: ''", "should have at least 1 character"),
    ],
)
def test_a_need_says_what_breaks_and_who_says_so(field: str, wrong: str, message: str):
    (found,) = mistakes(f"""\
        records: {{what: records}}
        orders: {{what: orders, needs: {{records: {NEED.replace(field, wrong)}}}}}
        """)

    assert message in found


# --- the reference region ------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> ServiceGraph:
    file = fixtures_folder() / "regions" / "reference.yaml"
    return load_region(file).service_graph()


def test_the_reference_region_has_every_service_of_the_incident(
    reference: ServiceGraph,
):
    assert {service.name for service in reference.services} >= {
        *("dns", "dynamodb", "dynamodb-internal", "dynamodb-public", "dwfm"),
        *("ec2-launch", "network-manager", "nlb", "lambda", "sqs-poller"),
        *("kinesis-poller", "ecs-eks-fargate", "connect", "redshift", "iam-sign-in"),
        *("sts", "support", "global-tables"),
    }


def test_recovery_goes_dns_leases_network_load_balancers_and_then_the_rest(
    reference: ServiceGraph,
):
    """The order of the record comes out of the needs."""
    assert reference.longest_chain()[:5] == (
        "dns",
        "dynamodb-public",
        "dwfm",
        "network-manager",
        "nlb",
    )
    assert set(reference.falls_with("nlb")) == {
        *("lambda", "sts", "connect", "sqs-poller", "kinesis-poller")
    }


@pytest.mark.parametrize(
    ("service", "needs"),
    [
        ("dwfm", {"dynamodb-public"}),
        ("ec2-launch", {"dwfm"}),
        ("network-manager", {"dwfm"}),
        ("nlb", {"network-manager"}),
        ("lambda", {"dynamodb-public", "ec2-launch", "nlb"}),
        ("ecs-eks-fargate", {"dynamodb-public", "ec2-launch"}),
        ("connect", {"dynamodb-public", "lambda", "nlb"}),
        ("sts", {"dynamodb-internal", "nlb"}),
        ("iam-sign-in", {"dynamodb-internal"}),
        ("redshift", {"dynamodb-public", "ec2-launch", "iam-api"}),
        ("support", {"account-metadata"}),
        ("global-tables", {"dynamodb-public"}),
    ],
)
def test_services_need_what_the_record_says(
    reference: ServiceGraph, service: str, needs: set[str]
):
    assert {need.on for need in reference.service(service).needs} == needs


def test_what_uses_the_internal_endpoint_does_not_wait_for_the_public_name(
    reference: ServiceGraph,
):
    """STS and sign-in were back at +91 and +97 min, the public name at +157."""
    waits = reference.falls_with("dynamodb-public")

    assert {"iam-sign-in", "iam-api"}.isdisjoint(waits)
    assert "sts" in reference.falls_with("dynamodb-internal")


def test_exactly_what_did_not_come_back_unaided_takes_operators(
    reference: ServiceGraph,
):
    by_operators = {
        (service.name, need.on)
        for service in reference.services
        for need in service.needs
        if need.recovery is Recovery.BY_OPERATORS
    }

    assert by_operators == {
        ("dynamodb-internal", "dns"),
        ("dwfm", "dynamodb-public"),
        ("nlb", "network-manager"),
        ("lambda", "nlb"),
        ("sqs-poller", "dynamodb-public"),
        ("sqs-poller", "lambda"),
        ("kinesis-poller", "lambda"),
        ("redshift", "ec2-launch"),
        ("support", "account-metadata"),
    }
