"""Where does each of these services start, and how does it go on?

One function an actor, as in `gameday.region.main`; the region file names them
(`gameday.region.services.identity_main:sts`). Those that end in `_west` are the same
programs in the second region.
"""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gameday.clock import SystemClock
from gameday.errors import Indeterminate
from gameday.region.monitoring.service_canary import ServiceCanary
from gameday.region.services.customer_wiring import in_second_region
from gameday.region.services.global_tables_wiring import (
    wire_replication,
    wire_two_regions,
)
from gameday.region.services.identity_wiring import (
    wire_account_metadata,
    wire_host_automation,
    wire_iam,
    wire_queries,
    wire_sts,
    wire_support,
)
from gameday.region.turns import run_turns
from gameday.region.wiring import gateway_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.region.services.request_desk import RequestDesk
    from gameday.region.settings import ActorConfig

__all__ = [
    "account_metadata",
    "global_tables",
    "iam",
    "iam_west",
    "redshift",
    "redshift_hosts",
    "redshift_west",
    "sts",
    "support",
    "support_west",
    "two_regions",
]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_BEGIN_AGAIN_MS = 250


def sts(config: ActorConfig) -> None:
    """Issue credentials until stopped."""
    _serve(config, wire_sts)


def iam(config: ActorConfig) -> None:
    """Sign users in and tell their groups until stopped."""
    _serve(config, wire_iam)


def iam_west(config: ActorConfig) -> None:
    """Do the same in the second region."""
    _serve(in_second_region(config), wire_iam)


def redshift(config: ActorConfig) -> None:
    """Answer queries until stopped."""
    _serve(config, wire_queries)


def redshift_west(config: ActorConfig) -> None:
    """Do the same in the second region."""
    _serve(in_second_region(config), wire_queries)


def account_metadata(config: ActorConfig) -> None:
    """Tell of accounts until stopped."""
    _serve(config, wire_account_metadata)


def support(config: ActorConfig) -> None:
    """Open cases until stopped."""
    _serve(config, wire_support)


def support_west(config: ActorConfig) -> None:
    """Do the same in the second region."""
    _serve(in_second_region(config), wire_support)


def redshift_hosts(config: ActorConfig) -> None:
    """Keep the hosts of the clusters until stopped."""
    clock = SystemClock()
    automation, watch = _wired(lambda: wire_host_automation(config))
    is_prepared = False

    def turn() -> bool:
        nonlocal is_prepared
        watch()
        is_prepared = is_prepared or automation.prepare()
        if is_prepared:
            automation.turn()
        return False

    run_turns(turn, clock=clock, rest_ms=config.setting("redshift_check_ms"))


def global_tables(config: ActorConfig) -> None:
    """Carry changes over in both directions, each at its own pace, until stopped."""
    rest_ms = config.setting("replication_rest_ms")
    with ThreadPoolExecutor(max_workers=2) as threads:
        directions = [
            threads.submit(run_turns, each.turn, clock=SystemClock(), rest_ms=rest_ms)
            for each in wire_replication(config)
        ]
        ended, _ = wait(directions, return_when=FIRST_EXCEPTION)
        for each in ended:
            each.result()


def two_regions(config: ActorConfig) -> None:
    """Write again and again like the customer of two regions, and say how it went."""
    customer = wire_two_regions(config)
    canary = ServiceCanary(
        service="two-regions",
        ask=customer.write,
        cloudwatch=gateway_client("cloudwatch", config),
    )
    run_turns(
        lambda: not canary.look() and False,
        clock=SystemClock(),
        rest_ms=config.setting("customer_write_every_ms"),
    )


def _serve(config: ActorConfig, wire: Callable[[ActorConfig], RequestDesk]) -> None:
    desk = _wired(lambda: wire(config))
    run_turns(desk.turn, clock=SystemClock(), rest_ms=config.setting("request_poll_ms"))


def _wired(wire: Callable[[], T]) -> T:
    """Return what is wired, tried again while AWS cannot be reached for it."""
    while True:
        try:
            return wire()
        except (BotoCoreError, ClientError, Indeterminate) as error:
            logger.warning("cannot begin yet: %s", error)
            SystemClock().sleep_ms(_BEGIN_AGAIN_MS)
