"""How is a container task started on an instance, and forgotten with it?

The instance joins the cluster and the task is started on it by name, so that a task
runs where its launch put it. An instance that EC2 has ended leaves the cluster with
whatever ran on it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from gameday.aws.retries import CallPolicy

__all__ = ["CLUSTER", "TASKS_TABLE", "ContainerTasks"]

CLUSTER = "gameday"
TASKS_TABLE = "gameday-tasks"
_FAMILY = "gameday"


class ContainerTasks:
    """The tasks of one cluster.

    Args:
        ecs: ECS's client.
        records: DynamoDB's, by the managed endpoint: the control plane's own table.
        policy: how calls are made.
    """

    def __init__(self, *, ecs: Any, records: Any, policy: CallPolicy) -> None:
        self._ecs = ecs
        self._records = records
        self._policy = policy

    def prepare(self) -> None:
        """Make the cluster and what its tasks are made of."""
        self._policy.write(self._ecs.create_cluster, clusterName=CLUSTER)
        self._policy.write(
            self._ecs.register_task_definition,
            family=_FAMILY,
            containerDefinitions=[{"name": "web", "image": "web", "memory": 128}],
        )

    def accept(self, task: str) -> None:
        """Record that a task is wanted; Indeterminate when it may be recorded."""
        self._policy.write(
            self._records.put_item,
            TableName=TASKS_TABLE,
            Item={"task": {"S": task}, "wanted": {"S": "RUNNING"}},
        )

    def start(self, instance_id: str) -> None:
        """Start a task on an instance; Indeterminate when it may have been started."""
        joined = self._policy.write(
            self._ecs.register_container_instance,
            cluster=CLUSTER,
            instanceIdentityDocument=json.dumps({"instanceId": instance_id}),
        )["containerInstance"]
        self._policy.write(
            self._ecs.start_task,
            cluster=CLUSTER,
            taskDefinition=_FAMILY,
            containerInstances=[joined["containerInstanceArn"]],
        )

    def forget_ended(self, running: Collection[str]) -> None:
        """Take every instance out of the cluster that does not run any more."""
        arns = self._policy.read(self._ecs.list_container_instances, cluster=CLUSTER)[
            "containerInstanceArns"
        ]
        if not arns:
            return
        members = self._policy.read(
            self._ecs.describe_container_instances,
            cluster=CLUSTER,
            containerInstances=arns,
        )["containerInstances"]
        for member in members:
            if member["ec2InstanceId"] not in running:
                self._policy.write(
                    self._ecs.deregister_container_instance,
                    cluster=CLUSTER,
                    containerInstance=member["containerInstanceArn"],
                    force=True,
                )
