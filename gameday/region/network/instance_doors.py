"""How does an instance answer at its address?

A listener of its own, on a thread of its own: whoever connects is told the instance's
id and hung up on. It answers whatever its host is doing otherwise.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading

__all__ = ["InstanceDoors"]

logger = logging.getLogger(__name__)


class InstanceDoors:
    """Listeners by address, all on one port.

    Args:
        port: of all of them; the region's `managed_port`.
    """

    def __init__(self, *, port: int) -> None:
        self._port = port
        self._listeners: dict[str, socket.socket] = {}

    def open(self, address: str, instance: str) -> bool:
        """Let the instance answer there; return whether it does."""
        try:
            listener = socket.create_server((address, self._port))
        except OSError as error:
            logger.warning("%s cannot answer at %s: %s", instance, address, error)
            return False
        self._listeners[address] = listener
        threading.Thread(
            target=_greet, args=(listener, instance), name=instance, daemon=True
        ).start()
        return True

    def close(self, address: str) -> None:
        """Let nobody answer there."""
        listener = self._listeners.pop(address, None)
        if listener is not None:
            # Ends the wait of its thread; closing alone does not.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _greet(listener: socket.socket, instance: str) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.sendall(f"{instance}\n".encode())
