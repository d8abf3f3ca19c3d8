"""How are the services put together that others sign in by, and those that ask them?

As in `region/wiring.py`, whose clients they take. `looked_up` is what failed in October
2025: DynamoDB, by its public name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gameday.model.fallback import FallsBackOn
from gameday.model.query_path import PINNED_REGION, GroupLookup
from gameday.model.replacement import ReplacementGate
from gameday.region.droplets.wiring import wire_launch_desk
from gameday.region.services.account_metadata import (
    ACCOUNT_METADATA,
    AccountMetadata,
    enter_account,
)
from gameday.region.services.customer_wiring import (
    SECOND_REGION,
    desk,
    dynamodb_there,
    known_directory,
    looked_up,
    way_to,
)
from gameday.region.services.iam import ANALYST, IAM, IdentityService, enrol
from gameday.region.services.redshift_hosts import HostAutomation
from gameday.region.services.redshift_queries import (
    REDSHIFT,
    QueryService,
    cluster_name,
    make_cluster,
)
from gameday.region.services.sts import NODE_ROLE, STS, TokenService
from gameday.region.services.support import SUPPORT, SupportService
from gameday.region.wiring import clock_and_policy, gateway_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.services.request_desk import RequestDesk
    from gameday.region.settings import ActorConfig

__all__ = [
    "wire_account_metadata",
    "wire_host_automation",
    "wire_iam",
    "wire_queries",
    "wire_sts",
    "wire_support",
]


def wire_sts(config: ActorConfig) -> RequestDesk:
    """Return STS, whose customers' role is known."""
    _, policy = clock_and_policy(config, attempts_max=1)
    known_directory(config).put(f"role/{NODE_ROLE}")
    service = TokenService(
        directory=looked_up(config, config.actor),
        sts=gateway_client("sts", config),
        policy=policy,
    )
    return desk(config, STS, service.serve)


def wire_iam(config: ActorConfig) -> RequestDesk:
    """Return IAM, with one user whom it knows."""
    _, policy = clock_and_policy(config, attempts_max=1)
    known_directory(config).put(f"user/{ANALYST}")
    iam = gateway_client("iam", config)
    enrol(iam, policy)
    service = IdentityService(
        directory=looked_up(config, config.actor), iam=iam, policy=policy
    )
    return desk(config, IAM, service.serve)


def wire_queries(config: ActorConfig) -> RequestDesk:
    """Return what answers the queries of a region's clusters."""
    _, policy = clock_and_policy(config, attempts_max=1)
    redshift = gateway_client("redshift", config)
    for number in range(1, config.integer("redshift_clusters") + 1):
        make_cluster(redshift, policy, cluster_name(number))
    is_local = config.integer("group_lookup_local")
    service = QueryService(
        region=config.aws_region,
        lookup=GroupLookup.LOCAL if is_local else GroupLookup.PINNED,
        iam={
            region: way_to(replace(config, aws_region=region), IAM, is_serving=True)
            for region in {PINNED_REGION, config.aws_region}
        },
        directory=looked_up(config, config.actor),
        redshift=redshift,
        redshift_data=gateway_client("redshift-data", config),
        policy=policy,
    )
    return desk(config, REDSHIFT, service.serve)


def wire_host_automation(
    config: ActorConfig,
) -> tuple[HostAutomation, Callable[[], None]]:
    """Return what keeps the clusters' hosts, and its look at what can be launched on.

    It launches by EC2's launch path, as customers do.
    """
    clock, policy = clock_and_policy(config, attempts_max=1)
    clusters = config.integer("redshift_clusters")
    launch_desk, instances, _ = wire_launch_desk(
        config, fleet=REDSHIFT, instances_max=clusters
    )
    instances.prepare()
    needs_launches = config.integer("replacement_needs_launches")
    automation = HostAutomation(
        clusters=[cluster_name(number) for number in range(1, clusters + 1)],
        redshift=gateway_client("redshift", config),
        sts=way_to(config, STS),
        launch=launch_desk.ask,
        gate=(
            ReplacementGate.LAUNCHES_SUCCEED if needs_launches else ReplacementGate.NONE
        ),
        credentials_ttl_ms=config.integer("redshift_credentials_ms"),
        evidence_ms=config.integer("replacement_evidence_ms"),
        modifying_max=config.integer("replacements_max"),
        policy=policy,
        clock=clock,
    )
    return automation, launch_desk.watch


def wire_account_metadata(config: ActorConfig) -> RequestDesk:
    """Return what tells of accounts, with one that is in order."""
    enter_account(known_directory(config))
    service = AccountMetadata(looked_up(config, config.actor))
    return desk(config, ACCOUNT_METADATA, service.serve)


def wire_support(config: ActorConfig) -> RequestDesk:
    """Return Support of this region; accounts are known in the first one."""
    _, policy = clock_and_policy(config, attempts_max=1)
    doubts = config.integer("support_doubts_answers")
    service = SupportService(
        metadata=way_to(
            replace(config, aws_region=PINNED_REGION)
            if config.aws_region == SECOND_REGION
            else config,
            ACCOUNT_METADATA,
            is_serving=True,
        ),
        falls_back_on=(
            FallsBackOn.ERRORS_AND_INVALID_ANSWERS if doubts else FallsBackOn.ERRORS
        ),
        dynamodb=dynamodb_there(config, config.actor),
        policy=policy,
    )
    return desk(config, SUPPORT, service.serve)
