"""May somebody open a case, and is it kept?

The desk of one region looks the account up, then writes the case into its region's
table. A look-up that fails is bypassed, so that nobody is locked out by our own
trouble. One that answers wrongly does not fail, and that is what locked everybody out
in October 2025, after the failover to another region had worked as designed (AWS's
post-event summary, Support).

An answer carries what it rests on, so that whoever reads the history can judge it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from gameday.errors import ServiceUnavailable
from gameday.model.fallback import AccountAnswer, FallsBackOn, support_access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.retries import CallPolicy
    from gameday.aws.service_client import ServiceClient

__all__ = ["CASES_TABLE", "SUPPORT", "SupportService"]

SUPPORT: Final = "support"
CASES_TABLE: Final = "gameday-cases"


class SupportService:
    """Opens cases in one region.

    Args:
        metadata: the way to what is known of accounts.
        falls_back_on: what makes the look-up count for nothing.
        dynamodb: returns the client by which this region's cases are reached now.
        policy: how its calls are made.
    """

    def __init__(
        self,
        *,
        metadata: ServiceClient,
        falls_back_on: FallsBackOn,
        dynamodb: Callable[[], Any],
        policy: CallPolicy,
    ) -> None:
        self._metadata = metadata
        self._falls_back_on = falls_back_on
        self._dynamodb = dynamodb
        self._policy = policy

    def serve(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Open the case `subject` for `account` if it may; return what was decided.

        A case that is allowed and cannot be written is no service, and an error.
        """
        account = str(body["account"])
        answer = self._look_up(account)
        access = support_access(
            answer, asked=account, falls_back_on=self._falls_back_on
        )
        decided = {
            "access": str(access),
            "asked": account,
            "answer": None if answer is None else asdict(answer),
        }
        # The desk must be able to keep a case before it says anything about it.
        self._policy.write(
            self._dynamodb().put_item,
            TableName=CASES_TABLE,
            Item={
                "account": {"S": account},
                "subject": {"S": str(body["subject"])},
                "access": {"S": str(access)},
            },
        )
        return decided

    def _look_up(self, account: str) -> AccountAnswer | None:
        try:
            answer = self._metadata.ask({"account": account})
        except ServiceUnavailable:
            return None
        return AccountAnswer(
            account=str(answer.get("account", "")), status=str(answer.get("status", ""))
        )
