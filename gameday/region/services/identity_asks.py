"""What does a customer ask of each of these services, end to end?

One question a service, by its name in the region's `services:`. A canary asks it and
nothing else: it never looks into the service.
"""

from __future__ import annotations

from itertools import count, cycle
from typing import TYPE_CHECKING, Final

from gameday.errors import ServiceUnavailable
from gameday.region.services.account_metadata import ACCOUNT
from gameday.region.services.customer_wiring import in_second_region, way_to
from gameday.region.services.global_tables import KEY, WRITTEN_AT
from gameday.region.services.global_tables_wiring import BASKETS_TABLE, home_and_copy
from gameday.region.services.iam import ANALYST, IAM, SIGN_IN
from gameday.region.services.redshift_queries import REDSHIFT, cluster_name
from gameday.region.services.sts import NODE_ROLE, STS
from gameday.region.services.support import SUPPORT
from gameday.region.wiring import clock_and_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.region.settings import ActorConfig

    Ask = Callable[[], object]

__all__ = ["IDENTITY_ASKS"]

_STAMP: Final = "canary"


def _sts(config: ActorConfig) -> Ask:
    way = way_to(config, STS, asker=STS)
    return lambda: way.ask({"role": NODE_ROLE, "session": "canary"})


def _sign_in(config: ActorConfig) -> Ask:
    way = way_to(config, IAM, asker=SIGN_IN)
    return lambda: way.ask({"operation": SIGN_IN, "user": ANALYST})


def _query(user: str) -> Callable[[ActorConfig], Ask]:
    """Return a query of one cluster after the other."""

    def ask_of(config: ActorConfig) -> Ask:
        way = way_to(config, REDSHIFT, asker=f"{user}-{config.aws_region}")
        clusters = cycle(range(1, config.integer("redshift_clusters") + 1))
        return lambda: way.ask(
            {"user": user, "cluster": cluster_name(next(clusters)), "sql": "select 1"}
        )

    return ask_of


def _support(config: ActorConfig) -> Ask:
    """Return opening a case, in the second region when the first gives no answer."""
    home = way_to(config, SUPPORT, asker="home")
    away = way_to(in_second_region(config), SUPPORT, asker="away")
    cases = count(1)

    def ask() -> None:
        case = {"account": ACCOUNT, "subject": f"case {next(cases)}"}
        try:
            decided = home.ask(case)
        except ServiceUnavailable:
            decided = away.ask(case)
        if decided["access"] == "blocked":
            raise ServiceUnavailable(service=SUPPORT, why="the account is blocked")

    return ask


def _global_tables(config: ActorConfig) -> Ask:
    """Return writing here and looking how old the copy in the other region is."""
    clock, policy = clock_and_policy(config, attempts_max=1)
    home, copy = home_and_copy(config)
    lag_max_ms = config.integer("replication_lag_max_ms")

    def ask() -> None:
        now_ms = clock.now_ms()
        policy.write(
            home.dynamodb.put_item,
            TableName=BASKETS_TABLE,
            Item={KEY: {"S": _STAMP}, WRITTEN_AT: {"N": str(now_ms)}},
        )
        reply = policy.read(
            copy.dynamodb.get_item,
            TableName=BASKETS_TABLE,
            Key={KEY: {"S": _STAMP}},
            ConsistentRead=True,
        )
        if "Item" not in reply:
            raise ServiceUnavailable(service="global-tables", why="nothing came over")
        lag_ms = now_ms - int(reply["Item"][WRITTEN_AT]["N"])
        if lag_ms > lag_max_ms:
            why = f"the copy is {lag_ms} ms old"
            raise ServiceUnavailable(service="global-tables", why=why)

    return ask


IDENTITY_ASKS: Mapping[str, Callable[[ActorConfig], Ask]] = {
    "sts": _sts,
    "iam-sign-in": _sign_in,
    "redshift-queries": _query("cluster"),
    "redshift-iam-queries": _query("iam"),
    "redshift-queries-west": lambda config: _query("cluster")(in_second_region(config)),
    "redshift-iam-queries-west": lambda config: _query("iam")(in_second_region(config)),
    "support": _support,
    "global-tables": _global_tables,
}
