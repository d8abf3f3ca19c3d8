"""Can an instance be launched now?

EC2's launch path: it needs a droplet whose lease is held, and lets in less while
operators throttle intake. It reads the leases through the endpoint that the enactors
maintain; when that is gone it knows what it saw, until those leases have run out.
Instances that run are not touched by any of this.

Each outcome is a CloudWatch metric, by EC2's own error code, which is how a customer's
launches can be followed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, LaunchRefused
from gameday.model.launch import Refusal, choose_droplet
from gameday.model.launches_seen import LAUNCH_METRIC, LAUNCHES_NAMESPACE

if TYPE_CHECKING:
    from gameday.aws.instances import Instances
    from gameday.aws.leases import LeaseTable
    from gameday.aws.lever_store import LeverStore
    from gameday.clock import Clock
    from gameday.model.launch import LeaseWatch
    from gameday.model.token_bucket import TokenBucket

__all__ = ["LAUNCHED", "LaunchDesk"]

LAUNCHED = "launched"

logger = logging.getLogger(__name__)


class LaunchDesk:
    """Takes requests for instances, one at a time.

    Args:
        instances: EC2 and the table of placements, by the gateway.
        leases: by the managed endpoint.
        levers: the operators', by the gateway.
        watch: what is known of the leases.
        limit: what is let in while operators throttle.
        instances_max: of more than these the oldest are ended before the next launch.
        cloudwatch: where outcomes are told.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        instances: Instances,
        leases: LeaseTable,
        levers: LeverStore,
        watch: LeaseWatch,
        limit: TokenBucket,
        instances_max: int,
        cloudwatch: Any,
        clock: Clock,
    ) -> None:
        self._instances = instances
        self._leases = leases
        self._levers = levers
        self._watch = watch
        self._limit = limit
        self._most = instances_max
        self._cloudwatch = cloudwatch
        self._clock = clock

    def ask(self) -> str:
        """Ask for one instance; return LAUNCHED or EC2's error code."""
        try:
            instance_id = self.launch()
        except LaunchRefused as refusal:
            logger.info("%s", refusal)
            outcome = refusal.code
        else:
            logger.info("launched %s", instance_id)
            outcome = LAUNCHED
        self._tell(outcome)
        return outcome

    def launch(self) -> str:
        """Launch one instance on a leased droplet; return its id.

        Raises LaunchRefused with the code that a customer gets.
        """
        now_ms = self._now_ms()
        self._look(now_ms)
        try:
            if self._levers.read().admission.throttle and not self._is_let_in(now_ms):
                raise LaunchRefused(Refusal.REQUEST_LIMIT, "intake is throttled")
            return self._launch()
        except (BotoCoreError, ClientError, Indeterminate, ValueError) as error:
            raise LaunchRefused(Refusal.UNAVAILABLE, str(error)) from error

    def watch(self) -> None:
        """Look at the leases, which are believed only after they were seen to change.

        Whoever launches rarely looks in between, or every launch finds nothing.
        """
        self._look(self._now_ms())

    def _launch(self) -> str:
        running = self._instances.running()
        for old, old_id in list(running.items())[: max(0, len(running) - self._most)]:
            self._instances.end(old_id)
            self._instances.give_back(old)
            del running[old]
        droplet = self._claim(set(running))
        try:
            return self._instances.launch(droplet)
        except (BotoCoreError, ClientError):
            # It did not happen; after an unknown outcome the droplet stays taken.
            self._instances.give_back(droplet)
            raise

    def _claim(self, occupied: set[str]) -> str:
        while True:
            held = self._watch.held(now_ms=self._now_ms())
            droplet = choose_droplet(held, occupied=occupied)
            if droplet is None:
                raise LaunchRefused(
                    Refusal.INSUFFICIENT_CAPACITY,
                    f"{len(held)} droplets are leased and none of them is free",
                )
            if self._instances.claim(droplet):
                return droplet
            occupied.add(droplet)

    def _look(self, now_ms: int) -> None:
        try:
            leases = self._leases.all()
        except (BotoCoreError, ClientError) as error:
            logger.debug("leases were not seen: %s", error)
        else:
            self._watch.look(leases, now_ms=now_ms)

    def _is_let_in(self, now_ms: int) -> bool:
        if self._limit.ready_at_ms(now_ms) > now_ms:
            return False
        self._limit.take(now_ms)
        return True

    def _now_ms(self) -> int:
        return self._clock.monotonic_ns() // 1_000_000

    def _tell(self, outcome: str) -> None:
        try:
            self._cloudwatch.put_metric_data(
                Namespace=LAUNCHES_NAMESPACE,
                MetricData=[
                    {
                        "MetricName": LAUNCH_METRIC,
                        "Dimensions": [{"Name": "Outcome", "Value": outcome}],
                        "Value": 1.0,
                    }
                ],
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("the outcome %s was not told: %s", outcome, error)
