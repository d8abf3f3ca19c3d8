"""Can a container be launched now?

ECS, EKS and Fargate, as far as a launch goes: the control plane records the task by the
endpoint that the enactors maintain, an instance is launched by EC2's launch path, and
the task is started on it. Without a table it cannot record; without a leased droplet
that is free, or under the throttle, it has nowhere to run. What runs is not touched.

A task that was recorded and never started is a record without a task: the customer was
told so, and asks again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from gameday.errors import Indeterminate, LaunchRefused

if TYPE_CHECKING:
    from gameday.aws.container_tasks import ContainerTasks
    from gameday.aws.instances import Instances
    from gameday.aws.requests import RequestQueue
    from gameday.region.droplets.launches import LaunchDesk

__all__ = ["CONTAINER_FLEET", "TASK_REQUESTS", "ContainerService"]

CONTAINER_FLEET = "containers"
TASK_REQUESTS = "gameday-task-requests"

logger = logging.getLogger(__name__)


class ContainerService:
    """Launches what customers ask for, one container after the other.

    Args:
        requests: of customers.
        tasks: the cluster's.
        instances: the cluster's own; the oldest make room.
        desk: launches one of them.
    """

    def __init__(
        self,
        *,
        requests: RequestQueue,
        tasks: ContainerTasks,
        instances: Instances,
        desk: LaunchDesk,
    ) -> None:
        self._requests = requests
        self._tasks = tasks
        self._instances = instances
        self._desk = desk
        self._is_prepared = False

    def turn(self) -> bool:
        """Serve the request that has waited longest; return whether there was one."""
        if not self._is_prepared:
            self._requests.prepare()
            self._instances.prepare()
            self._tasks.prepare()
            self._is_prepared = True
        taken = self._requests.take(1)
        if not taken:
            self._desk.watch()
        for request in taken:
            refusal = self._launch(request.id)
            logger.info("task %s: %s", request.id, refusal or "started")
            self._requests.answer(request, refusal=refusal)
        return bool(taken)

    def _launch(self, task: str) -> str:
        """Launch a task; return why not, "" when it runs."""
        try:
            self._tasks.accept(task)
            instance_id = self._desk.launch()
            self._tasks.forget_ended(set(self._instances.running().values()))
            self._tasks.start(instance_id)
        except (BotoCoreError, ClientError, Indeterminate, LaunchRefused) as error:
            return str(error)
        return ""
