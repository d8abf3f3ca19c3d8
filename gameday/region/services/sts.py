"""Who gets temporary credentials?

STS looks up the role in DynamoDB before it issues anything; without that look-up there
are no credentials. Its customers reach it through the region's network load balancer.
So it failed twice in October 2025, for two reasons: while DynamoDB's internal endpoint
was gone, and again hours later, while network load balancers took healthy capacity out
of DNS (AWS's post-event summary, STS). It keeps nothing, so it is back with what it
needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gameday.errors import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.aws.directory import Directory
    from gameday.aws.retries import CallPolicy

__all__ = ["NODE_ROLE", "STS", "TokenService"]

STS: Final = "sts"
NODE_ROLE: Final = "warehouse-node"
_ACCOUNT: Final = "123456789012"


class TokenService:
    """Issues credentials for roles.

    Args:
        directory: of roles.
        sts: the emulator's STS, by the gateway.
        policy: how its calls are made.
    """

    def __init__(self, *, directory: Directory, sts: Any, policy: CallPolicy) -> None:
        self._directory = directory
        self._sts = sts
        self._policy = policy

    def serve(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return credentials for `role`, which `session` names."""
        role = str(body["role"])
        if self._directory.find(f"role/{role}") is None:
            raise ServiceUnavailable(service=STS, why=f"AccessDenied: no role {role}")
        # Issuing twice is harmless, so a lost reply is asked for again.
        reply = self._policy.read(
            self._sts.assume_role,
            RoleArn=f"arn:aws:iam::{_ACCOUNT}:role/{role}",
            RoleSessionName=str(body["session"]),
        )
        return {"access_key": reply["Credentials"]["AccessKeyId"]}
