"""How does botocore open a connection to a name that only our resolver knows?

Subclasses of botocore's own connection classes, so that pooling, timeouts and
everything above the socket stay botocore's; only "name to connected socket" is
replaced. Errors carry the numbers that glibc gives on Linux, on every platform:
-5 for a name without addresses, -2 for no such name, -3 for no usable answer.
"""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.connection import create_connection

from gameday.aws.resolving import query

if TYPE_CHECKING:
    from gameday.aws.resolving import Answer

__all__ = ["Lookup", "ResolvedSession"]

_NO_SUCH_NAME = (-2, "Name or service not known")
_NO_USABLE_ANSWER = (-3, "Temporary failure in name resolution")
_NO_ADDRESS = (-5, "No address associated with hostname")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Which resolver is asked, for what, and for how long."""

    resolver: tuple[str, int]
    timeout_s: float
    record_types: tuple[str, ...]

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the host's addresses; raises `socket.gaierror` without any."""
        for record_type in self.record_types:
            answer = query(host, record_type, self.resolver, self.timeout_s)
            if answer.addresses:
                return answer.addresses
            if answer.rcode != "NOERROR":
                break
        raise socket.gaierror(*_gai_error(answer))


class ResolvedSession(URLLib3Session):
    """botocore's HTTP session, with connections that ask our resolver."""

    _pool_classes_by_scheme: dict[str, type]

    def __init__(self, *, lookup: Lookup, config: Any) -> None:
        """Make it with the timeouts and the pool size of a client's `config`."""
        # botocore publishes these arguments without usable types.
        options: dict[str, Any] = {
            "timeout": (config.connect_timeout, config.read_timeout),
            "max_pool_connections": config.max_pool_connections,
            "socket_options": [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        }
        super().__init__(**options)
        # The pool manager holds this very mapping.
        self._pool_classes_by_scheme.update(_pool_classes(lookup))


def _pool_classes(lookup: Lookup) -> dict[str, type]:
    """Return pools by URL scheme whose connections ask `lookup`."""

    class Connection(AWSHTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, lookup)

    class SecureConnection(AWSHTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, lookup)

    class Pool(AWSHTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(AWSHTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": Pool, "https": SecurePool}


def _connected(connection: Any, lookup: Lookup) -> socket.socket:
    """Resolve, then try the addresses in order, as urllib3 does."""
    try:
        addresses = lookup.addresses(connection.host)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    failure: OSError = OSError("no address was tried")
    for address in addresses:
        try:
            connected = create_connection(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            failure = error
        else:
            sys.audit("http.client.connect", connection, address, connection.port)
            return connected
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(
            connection,
            f"Connection to {connection.host} ({', '.join(addresses)}) timed out. "
            f"(connect timeout={connection.timeout})",
        ) from failure
    raise NewConnectionError(
        connection,
        f"Failed to establish a new connection to {', '.join(addresses)}: {failure}",
    ) from failure


def _gai_error(answer: Answer) -> tuple[int, str]:
    match answer.rcode:
        case "NOERROR":
            return _NO_ADDRESS
        case "NXDOMAIN":
            return _NO_SUCH_NAME
        case _:
            return _NO_USABLE_ANSWER
