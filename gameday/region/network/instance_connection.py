"""Does an instance answer to somebody who connects to it?

As a customer, a canary or a health check does: a TCP connection to the instance's
address, and a line that names who is there. Refused, silent and a stranger's name are
all no.
"""

from __future__ import annotations

import socket

__all__ = ["instance_answers"]

_NAME_BYTES_MAX = 64


def instance_answers(
    instance: str, *, address: str, port: int, timeout_s: float = 0.5
) -> bool:
    """Connect to an instance and answer whether it is there.

    Args:
        instance: its id, which it must say.
        address: where it should answer (`instance_address` of its droplet).
        port: where it should answer (`managed_port` of the region).
        timeout_s: to wait for the connection, and for the line.
    """
    try:
        with socket.create_connection((address, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            said = connection.recv(_NAME_BYTES_MAX)
    except OSError:
        return False
    return said.decode(errors="replace").strip() == instance
