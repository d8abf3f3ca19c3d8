"""Can a new instance be reached as soon as its owner may expect it?

What a customer does who launches an instance: find it in EC2, give it the usual time,
connect to it. The newest instance that has had that time must answer; when it ended in
the meantime, nothing is said of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.clock import monotonic_ms
from gameday.errors import ServiceUnavailable
from gameday.model.instance_address import instance_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.aws.instances import Instances
    from gameday.clock import Clock

__all__ = ["NETWORK_SERVICE", "NetworkCustomer"]

NETWORK_SERVICE = "network-manager"
"""Its name in the `services:` of a region."""


class NetworkCustomer:
    """Connects to the newest instance.

    Args:
        instances: as EC2 lists them.
        answers: connects to (instance, address); whether that instance answered.
        patience_ms: how long a new instance may take.
        clock: of the host.
    """

    def __init__(
        self,
        *,
        instances: Instances,
        answers: Callable[[str, str], bool],
        patience_ms: int,
        clock: Clock,
    ) -> None:
        self._instances = instances
        self._answers = answers
        self._patience_ms = patience_ms
        self._clock = clock
        self._seen_at_ms: dict[str, int] = {}
        self._newest: tuple[str, str] | None = None

    def find(self) -> bool:
        """Find the newest instance that has had its time; return whether there is one.

        Raises the botocore error when EC2 cannot be asked: that is not the network's.
        """
        running = self._instances.running()
        now_ms = monotonic_ms(self._clock)
        self._seen_at_ms = {
            instance: self._seen_at_ms.get(instance, now_ms)
            for instance in running.values()
        }
        due = [
            (droplet, instance)
            for droplet, instance in running.items()
            if now_ms - self._seen_at_ms[instance] >= self._patience_ms
        ]
        self._newest = due[-1] if due else None
        return bool(due)

    def connect(self) -> None:
        """Connect to the instance that was found.

        Raises ServiceUnavailable when it runs and does not answer.
        """
        if self._newest is None:
            return
        droplet, instance = self._newest
        if self._answers(instance, instance_address(droplet)):
            return
        if self._instances.running().get(droplet) == instance:
            raise ServiceUnavailable(
                service=NETWORK_SERVICE,
                why=f"{instance} runs and does not answer",
            )
