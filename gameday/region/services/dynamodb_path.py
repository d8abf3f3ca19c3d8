"""By which way does a service reach DynamoDB now?

By its public name, like every customer, as it was built. Operators can pin one program
to the internal path, which needs no name: that is how some of AWS's own services were
back an hour before the public name was. It is a lever, set program by program; nothing
changes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gameday.region.services.levers_seen import LeversSeen

__all__ = ["DynamoDbPath"]


class DynamoDbPath:
    """Chooses between two clients of DynamoDB by the operators' lever.

    Args:
        program: the name by which operators pin it.
        public: by the managed endpoint.
        internal: by the gateway.
        levers: the operators', as they were last seen.
    """

    def __init__(
        self, *, program: str, public: Any, internal: Any, levers: LeversSeen
    ) -> None:
        self._program = program
        self._public = public
        self._internal = internal
        self._levers = levers

    def client(self) -> Any:
        """Return the client to use for the next call."""
        is_pinned = self._program in self._levers.now().internal_path_for
        return self._internal if is_pinned else self._public
