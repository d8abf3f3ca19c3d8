"""Can an instance be launched now?

EC2's launch path: it needs a droplet whose lease is held, and lets in less while
operators throttle intake or bound the network manager's queue. It reads the leases
through the endpoint that the enactors maintain; when that is gone it knows what it saw,
until those leases have run out. Instances that run are not touched by any of this.

Nothing about a droplet changes without its lease, so a termination waits for it too.
The terminations of a whole outage are carried out when the leases are back, at once:
that is what the network manager gets to hear then, beside the launches.

Each outcome is a CloudWatch metric, by EC2's own error code, which is how a customer's
launches can be followed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from gameday.aws.metrics import datum, tell_metrics
from gameday.clock import monotonic_ms
from gameday.errors import Indeterminate, LaunchRefused, ServiceUnavailable
from gameday.model.launch import Refusal, choose_droplet
from gameday.model.launches_seen import LAUNCH_METRIC, LAUNCHES_NAMESPACE
from gameday.model.network_change import ChangeKind, NetworkChange

if TYPE_CHECKING:
    from gameday.aws.instances import Instances
    from gameday.aws.leases import LeaseTable
    from gameday.aws.lever_store import LeverStore
    from gameday.clock import Clock
    from gameday.model.launch import LeaseWatch
    from gameday.model.token_bucket import TokenBucket
    from gameday.region.network.changes import NetworkChanges

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
        network: is told of launches and terminations; None where nobody listens.
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
        network: NetworkChanges | None = None,
    ) -> None:
        self._instances = instances
        self._leases = leases
        self._levers = levers
        self._watch = watch
        self._limit = limit
        self._most = instances_max
        self._cloudwatch = cloudwatch
        self._clock = clock
        self._network = network
        self._ending: dict[str, str] = {}

    def staying(self) -> dict[str, str]:
        """Return the instances by droplet that nobody wants to end, oldest first."""
        running = self._instances.running()
        return {d: i for d, i in running.items() if self._ending.get(d) != i}

    def retire(self, droplet: str, instance_id: str) -> None:
        """End an instance as soon as its droplet is leased."""
        self._ending[droplet] = instance_id

    def tell_again(self) -> None:
        """Tell the network of every instance that runs; it knows most of them already.

        A launch path that died after a launch may have told nobody.
        """
        for droplet, instance_id in self._instances.running().items():
            self._is_told(ChangeKind.LAUNCHED, instance_id, droplet)

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

    def ask_or_raise(self) -> None:
        """Do the same as a canary does; ServiceUnavailable with EC2's error code."""
        outcome = self.ask()
        if outcome != LAUNCHED:
            raise ServiceUnavailable(service="ec2-launch", why=outcome)

    def launch(self) -> str:
        """Launch one instance on a leased droplet; return its id.

        Raises LaunchRefused with the code that a customer gets.
        """
        now_ms = monotonic_ms(self._clock)
        self._look(now_ms)
        try:
            self._end_leased()
            levers = self._levers.read()
            if levers.admission.throttle and not self._is_let_in(now_ms):
                raise LaunchRefused(Refusal.REQUEST_LIMIT, "intake is throttled")
            if self._network:
                self._network.flush()
                self._network.raise_if_full(operators_max=levers.network_backlog_max)
            return self._launch()
        except (BotoCoreError, ClientError, Indeterminate, ValueError) as error:
            raise LaunchRefused(Refusal.UNAVAILABLE, str(error)) from error

    def watch(self) -> None:
        """Look at the leases, which are believed only after they were seen to change.

        Whoever launches rarely looks in between, or every launch finds nothing.
        """
        self._look(monotonic_ms(self._clock))

    def _launch(self) -> str:
        staying = self.staying()
        for old in list(staying)[: max(0, len(staying) - self._most)]:
            self.retire(old, staying.pop(old))
        self._end_leased()
        droplet = self._claim({*staying, *self._ending})
        try:
            instance_id = self._instances.launch(droplet)
        except (BotoCoreError, ClientError):
            # It did not happen; after an unknown outcome the droplet stays taken.
            self._instances.give_back(droplet)
            raise
        self._is_told(ChangeKind.LAUNCHED, instance_id, droplet)
        return instance_id

    def _end_leased(self) -> None:
        """End what somebody is done with, where the droplet is leased.

        The droplet is free once the network was told; else the address of the next
        instance on it would lead to this one.
        """
        for droplet in self._watch.held(now_ms=monotonic_ms(self._clock)):
            instance_id = self._ending.get(droplet)
            if instance_id is None:
                continue
            self._instances.end(instance_id)
            if self._is_told(ChangeKind.TERMINATED, instance_id, droplet):
                self._instances.give_back(droplet)
                del self._ending[droplet]

    def _is_told(self, kind: ChangeKind, instance_id: str, droplet: str) -> bool:
        if self._network is None:
            return True
        return self._network.put(
            NetworkChange(kind=kind, instance=instance_id, droplet=droplet)
        )

    def _claim(self, occupied: set[str]) -> str:
        while True:
            held = self._watch.held(now_ms=monotonic_ms(self._clock))
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

    def _tell(self, outcome: str) -> None:
        tell_metrics(
            self._cloudwatch,
            LAUNCHES_NAMESPACE,
            [datum(LAUNCH_METRIC, 1.0, Outcome=outcome)],
            what=f"the outcome {outcome}",
        )
