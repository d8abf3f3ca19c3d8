"""May this user sign in, and which groups is the user in?

IAM looks up the user in DynamoDB first; without that look-up nobody signs in and no
group is known. It keeps nothing, so it is back with DynamoDB, or as soon as operators
pin it to the internal path: in October 2025 an hour before the public name was back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gameday.aws.retries import error_code
from gameday.errors import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameday.aws.directory import Directory
    from gameday.aws.retries import CallPolicy

__all__ = ["ANALYST", "IAM", "LIST_GROUPS", "SIGN_IN", "IdentityService", "enrol"]

IAM: Final = "iam"
SIGN_IN: Final = "sign-in"
LIST_GROUPS: Final = "list-groups"
ANALYST: Final = "analyst"
_GROUP: Final = "analysts"


class IdentityService:
    """Signs users in and tells their groups.

    Args:
        directory: of users.
        iam: the emulator's IAM, by the gateway.
        policy: how its calls are made.
    """

    def __init__(self, *, directory: Directory, iam: Any, policy: CallPolicy) -> None:
        self._directory = directory
        self._iam = iam
        self._policy = policy

    def serve(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do for `user` what `operation` says."""
        user = str(body["user"])
        if self._directory.find(f"user/{user}") is None:
            raise ServiceUnavailable(service=IAM, why=f"AccessDenied: no user {user}")
        match body["operation"]:
            case "sign-in":
                self._policy.read(self._iam.get_login_profile, UserName=user)
                return {"signed_in": user}
            case "list-groups":
                reply = self._policy.read(self._iam.list_groups_for_user, UserName=user)
                return {"groups": [each["GroupName"] for each in reply["Groups"]]}
            case other:
                raise ServiceUnavailable(service=IAM, why=f"no operation {other!r}")


def enrol(iam: Any, policy: CallPolicy, user: str = ANALYST) -> None:
    """Make the user whom canaries and warehouses know; twice is the same as once."""
    _once(policy, iam.create_user, UserName=user)
    _once(policy, iam.create_login_profile, UserName=user, Password="gameday-1")  # noqa: S106 - emulated
    _once(policy, iam.create_group, GroupName=_GROUP)
    _once(policy, iam.add_user_to_group, GroupName=_GROUP, UserName=user)


def _once(policy: CallPolicy, call: Callable[..., Any], **arguments: str) -> None:
    try:
        policy.write(call, **arguments)
    except ClientError as error:
        if error_code(error) != "EntityAlreadyExists":
            raise
