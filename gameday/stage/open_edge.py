"""What does a test that brings its own boto3 program get to hold?

An edge in front of an emulator, a client factory, and rules whose lifetime is
a `with` block, so that a test that fails leaves no fault behind.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.edge.control_client import ControlClient
    from gameday.model.history import History
    from gameday.stage.opening import Stage

__all__ = ["OpenEdge"]


@dataclass(frozen=True, slots=True)
class OpenEdge:
    """An edge with nothing but an emulator behind it.

    Attributes:
        stage: the stage that it belongs to.
        control: the edge's control interface: rules, holds, zones, history.
    """

    stage: Stage
    control: ControlClient

    @property
    def url(self) -> str:
        """Where AWS answers; what AWS_ENDPOINT_URL of a program should be."""
        return self.stage.gateway_url

    def client(self, service: str, *, read_timeout_s: float = 10.0) -> Any:
        """Return a boto3 client with a single attempt, as the operator."""
        from gameday.aws.sessions import Caller, client

        region = self.stage.state.region
        caller = Caller(
            access_key=region.operator_access_key,
            endpoint_url=self.url,
            region=region.aws_region,
        )
        return client(service, caller, read_timeout_s=read_timeout_s)

    @contextmanager
    def rule(self, fault: dict[str, Any], **match: Any) -> Iterator[str]:
        """Set a rule for the length of a `with` block; yields its id.

        Args:
            fault: e.g. {"kind": "error", "code": "Throttling"}.
            **match: actor, service, operation, region, resource, parameters.

        Raises:
            InvalidInput: an unknown key, name or fault, with the nearest one.
        """
        rule = self.control.set_rule({"match": match, "fault": fault})
        try:
            yield rule
        finally:
            self.control.remove_rule(rule)

    @contextmanager
    def dns_rule(
        self, fault: dict[str, Any], *, at: str = "resolver", **match: Any
    ) -> Iterator[str]:
        """Set a rule for DNS questions for the length of a block; yields its id.

        Args:
            fault: e.g. {"kind": "servfail"}.
            at: who is at fault, "resolver" or "edge", a DNS server of Route 53.
            **match: name, type, az, client and, at an edge, edge.

        Raises:
            InvalidInput: an unknown key, name or fault, with the nearest one.
        """
        document = {"at": at, "match": match, "fault": fault}
        rule = str(self.control.set_dns_rule(document)["id"])
        try:
            yield rule
        finally:
            self.control.remove_rule(rule)

    def resolver(self, az: str) -> tuple[str, int]:
        """Return address and port of an availability zone's resolver."""
        address, port = self.stage.state.edge["resolvers"][az]
        return str(address), int(port)

    def history(self) -> History:
        """Return everything that has passed the edge so far."""
        from gameday.model.history import History

        return History(tuple(self.control.history(0)))
