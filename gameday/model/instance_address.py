"""Where does an instance answer, when its network has been propagated?

On an address of the loopback that belongs to its droplet, and on the port that the
stage took for the load balancers (`managed_port`), so that stages side by side do not
meet. An instance has the address from its launch; whether anybody listens there is
another question.

The dangerous ordering: an instance ends, another is launched on its droplet, and the
address still leads to the first one. So whoever answers says which instance it is, and
a customer who hears another id was answered by a stranger.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from typing import Final

__all__ = ["INSTANCE_NETWORK", "instance_address"]

INSTANCE_NETWORK: Final = IPv4Network("127.0.64.0/18")
"""No load balancer, resolver or DNS server of a region is in it."""

_DROPLET = re.compile(r"droplet-(\d+)")


def instance_address(droplet: str) -> str:
    """Return the address of the instance that is on a droplet.

    Raises ValueError for what is no name of a droplet, or one too many.
    """
    named = _DROPLET.fullmatch(droplet)
    if named is None:
        raise ValueError(f"{droplet!r} is no droplet: write droplet-0001")
    address = IPv4Address(INSTANCE_NETWORK.network_address) + int(named.group(1))
    if address >= INSTANCE_NETWORK.broadcast_address:
        raise ValueError(f"{droplet!r} has no address in {INSTANCE_NETWORK}")
    return str(address)
