"""What is known of an account, and what is said when nothing is?

The account-metadata service answers from DynamoDB. When that fails it does not: it
answers with an empty account, as if that were one, and whoever asked takes it for the
truth. In October 2025 such answers blocked legitimate users (AWS's post-event summary,
Support). It is the defect that this program is here to have.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from gameday.model.fallback import AccountStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.aws.directory import Directory

__all__ = ["ACCOUNT", "ACCOUNT_METADATA", "AccountMetadata", "enter_account"]

ACCOUNT_METADATA: Final = "account-metadata"
ACCOUNT: Final = "123456789012"

logger = logging.getLogger(__name__)


class AccountMetadata:
    """Tells of accounts what the directory says."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def serve(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return `account` and its status, both empty when they could not be read."""
        account = str(body["account"])
        try:
            entry = self._directory.find(f"account/{account}")
        except (BotoCoreError, ClientError) as error:
            logger.info("account %s could not be read: %s", account, error)
            entry = None
        if entry is None:
            return {"account": "", "status": ""}
        return {"account": account, "status": entry["status"]}


def enter_account(directory: Directory, account: str = ACCOUNT) -> None:
    """Enter an account that is in order; twice is the same as once."""
    directory.put(f"account/{account}", status=str(AccountStatus.ACTIVE))
