"""How are a fleet's instances launched, found and ended, and where is each?

EC2 says which instances run; a table says which droplet each one occupies, because no
API of EC2 tells. The droplet is claimed before the launch, by a conditional write, and
given back after the end: a crash between leaves a droplet taken, never one with two.
A launch whose reply was lost is looked for by its tag before anybody tries again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gameday.aws.retries import CallPolicy, error_code
from gameday.errors import Indeterminate

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLACEMENTS_TABLE", "Instances"]

PLACEMENTS_TABLE = "gameday-placements"
_IMAGE_NAME = "gameday"
_DROPLET_TAG = "droplet"
_FLEET_TAG = "fleet"
_ALIVE = ("pending", "running")


class Instances:
    """The instances of one fleet, and the droplets that they are on.

    Args:
        ec2: EC2's client.
        dynamodb: of the table of placements, which all fleets share.
        policy: how calls are made.
        fleet: whose instances; those of others are neither found nor ended.
    """

    def __init__(
        self, *, ec2: Any, dynamodb: Any, policy: CallPolicy, fleet: str = "customers"
    ) -> None:
        self._ec2 = ec2
        self._dynamodb = dynamodb
        self._policy = policy
        self._fleet = fleet
        self._image = ""

    def prepare(self) -> None:
        """Find the image that is launched, or register it when there is none."""
        named = [{"Name": "name", "Values": [_IMAGE_NAME]}]
        found = self._policy.read(
            self._ec2.describe_images, Owners=["self"], Filters=named
        )["Images"]
        self._image = (
            found[0]["ImageId"]
            if found
            else self._policy.write(self._ec2.register_image, Name=_IMAGE_NAME)[
                "ImageId"
            ]
        )

    def running(self, *others: str) -> dict[str, str]:
        """Return the instances that live, by droplet, the oldest first.

        Those of these other fleets among them.
        """
        reply = self._policy.read(
            self._ec2.describe_instances,
            Filters=[
                {"Name": f"tag:{_FLEET_TAG}", "Values": [self._fleet, *others]},
                {"Name": "instance-state-name", "Values": list(_ALIVE)},
            ],
        )
        found = sorted(
            _instances(reply), key=lambda each: (each["LaunchTime"], each["InstanceId"])
        )
        return {_droplet(each): each["InstanceId"] for each in found}

    def claim(self, droplet: str) -> bool:
        """Take the droplet for a launch; return whether it was free."""
        try:
            self._policy.write(
                self._dynamodb.put_item,
                TableName=PLACEMENTS_TABLE,
                Item={"droplet": {"S": droplet}},
                ConditionExpression="attribute_not_exists(droplet)",
            )
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def give_back(self, droplet: str) -> None:
        """Free the droplet; freeing it twice is the same as once."""
        self._policy.write(
            self._dynamodb.delete_item,
            TableName=PLACEMENTS_TABLE,
            Key={"droplet": {"S": droplet}},
        )

    def launch(self, droplet: str) -> str:
        """Launch an instance on a droplet that was claimed; return its id.

        Raises Indeterminate when the reply was lost and no such instance is found,
        else the botocore error.
        """
        tags = [
            {"Key": _DROPLET_TAG, "Value": droplet},
            {"Key": _FLEET_TAG, "Value": self._fleet},
        ]
        try:
            reply = self._policy.write(
                self._ec2.run_instances,
                ImageId=self._image,
                InstanceType="t3.micro",
                MinCount=1,
                MaxCount=1,
                TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
            )
        except Indeterminate:
            found = self.running().get(droplet)
            if found is None:
                raise
            return found
        return str(reply["Instances"][0]["InstanceId"])

    def end(self, instance_id: str) -> None:
        """Terminate an instance; ending it twice is the same as once."""
        self._policy.write(self._ec2.terminate_instances, InstanceIds=[instance_id])


def _instances(reply: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for reservation in reply["Reservations"]:
        yield from reservation["Instances"]


def _droplet(instance: dict[str, Any]) -> str:
    return next(
        str(tag["Value"]) for tag in instance["Tags"] if tag["Key"] == _DROPLET_TAG
    )
