"""Where are plans kept, and which one is the newest?

A DynamoDB table with the region as partition key and the generation as sort
key. A plan is written once, under the condition that its generation does not
exist; two planners can race and one of them is told so. The newest plan is a
consistent query from the top.

The table beside it holds named switches; `freeze` is the global stop switch.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from gameday.aws.retries import CallPolicy, error_code
from gameday.errors import StaleGeneration
from gameday.model.plan import Generation, Plan, parse_plan, render_plan

__all__ = ["PLANS_TABLE", "SWITCHES_TABLE", "PlanStore", "Switches"]

PLANS_TABLE = "gameday-plans"
SWITCHES_TABLE = "gameday-switches"


class PlanStore:
    """The plans of one region."""

    def __init__(self, client: Any, policy: CallPolicy, *, region: str) -> None:
        self._client = client
        self._policy = policy
        self._region = region

    def newest(self) -> Plan | None:
        """Return the plan with the highest generation, None before the first."""
        reply = self._policy.read(
            self._client.query,
            TableName=PLANS_TABLE,
            KeyConditionExpression="#r = :r",
            ExpressionAttributeNames={"#r": "region"},
            ExpressionAttributeValues={":r": {"S": self._region}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        items = reply["Items"]
        return parse_plan(items[0]["document"]["S"]) if items else None

    def write(self, plan: Plan) -> None:
        """Write a plan whose generation must not exist yet.

        Raises StaleGeneration when it does, and Indeterminate when no usable
        reply came; a reader can tell by `newest()`.
        """
        try:
            self._policy.write(
                self._client.put_item,
                TableName=PLANS_TABLE,
                Item={
                    "region": {"S": self._region},
                    "generation": {"N": str(plan.generation)},
                    "document": {"S": render_plan(plan)},
                },
                ConditionExpression="attribute_not_exists(generation)",
            )
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                raise StaleGeneration(
                    generation=plan.generation,
                    applied=plan.generation,
                    endpoint=f"the plan store of {self._region}",
                ) from error
            raise

    def next_generation(self) -> Generation:
        """Return the generation that a new plan should try to take."""
        newest = self.newest()
        return Generation(newest.generation + 1 if newest else 1)


class Switches:
    """The named switches that operators set and automation reads."""

    def __init__(self, client: Any, policy: CallPolicy) -> None:
        self._client = client
        self._policy = policy

    def is_on(self, name: str) -> bool:
        """Answer whether the switch is on; a switch never set is off."""
        reply = self._policy.read(
            self._client.get_item,
            TableName=SWITCHES_TABLE,
            Key={"name": {"S": name}},
            ConsistentRead=True,
        )
        return bool(reply.get("Item", {}).get("on", {}).get("BOOL", False))

    def turn(self, name: str, *, on: bool) -> None:
        """Set the switch; setting it twice is the same as once."""
        self._policy.write(
            self._client.put_item,
            TableName=SWITCHES_TABLE,
            Item={"name": {"S": name}, "on": {"BOOL": on}},
        )
