"""Which instances can be connected to, and who answers there?

The network's side of the network manager: it opens an address when it is told of a
launch, closes it when it is told of a termination, and confirms both. Behind an open
address the instance answers with its id.

This is a program of its own because it is the data plane: what can be reached stays so
while the network manager is paused, killed or behind, and while this program cannot
reach AWS. In the network manager's own process a restart would cut off every instance.

The dangerous ordering: an instance is launched on a droplet whose last instance nobody
has closed, because whoever ended it told nobody. One address, one instance: the change
with the highest version decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gameday.model.instance_address import instance_address
from gameday.model.network_change import ChangeKind

if TYPE_CHECKING:
    from gameday.aws.network_table import NetworkTable
    from gameday.model.network_change import InstanceNetwork

__all__ = ["Doors", "InstanceHost"]


class Doors(Protocol):
    """Addresses at which instances answer."""

    def open(self, address: str, instance: str) -> bool:
        """Let the instance answer there; return whether it does."""
        ...

    def close(self, address: str) -> None:
        """Let nobody answer there."""
        ...


class InstanceHost:
    """Opens and closes what the network manager tells.

    Args:
        table: where it is told, and confirms.
        doors: what it opens and closes.
    """

    def __init__(self, *, table: NetworkTable, doors: Doors) -> None:
        self._table = table
        self._doors = doors
        self._open: dict[str, str] = {}

    def turn(self) -> bool:
        """Do what the rows tell; return whether anything was left to do."""
        rows = self._table.instances()
        wanted = {instance_address(row.droplet): row for row in rows}
        for address in sorted(self._open.keys() - wanted.keys()):
            self._shut(address)
        done = {each for each in sorted(wanted) if self._does(each, wanted[each])}
        unconfirmed = [row for row in rows if not row.is_confirmed]
        for row in unconfirmed:
            address = instance_address(row.droplet)
            is_overtaken = wanted[address].version > row.version
            if is_overtaken or address in done:
                self._table.confirm(row)
        return bool(unconfirmed)

    def _does(self, address: str, row: InstanceNetwork) -> bool:
        """Bring one address to what its row tells; return whether it is so."""
        if row.kind is ChangeKind.TERMINATED:
            self._shut(address)
            return True
        if self._open.get(address) != row.instance:
            self._shut(address)
            if not self._doors.open(address, row.instance):
                return False
            self._open[address] = row.instance
        return True

    def _shut(self, address: str) -> None:
        if self._open.pop(address, None) is not None:
            self._doors.close(address)
