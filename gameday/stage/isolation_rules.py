"""What differs in a stage whose network is its own? Pure.

Names are looked up by the C library and by everything that is built on it: at the
resolver that /etc/resolv.conf names, on port 53, and nowhere else. So resolvers
listen there, load balancers listen where a URL without a port leads, and whatever
else a machine may ask for a name (a cache, mDNS, systemd's own resolver over a
socket in the file system) is taken out of the way.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.region.process_specs import ProcessSpec
    from gameday.region.topology import Region

__all__ = [
    "HOSTS",
    "NAME_SERVICES",
    "RESOLV_CONF",
    "hosts_text",
    "isolated_region",
    "isolated_spec",
    "name_services_text",
    "resolv_conf_text",
]

RESOLV_CONF = "/etc/resolv.conf"
HOSTS = "/etc/hosts"
NAME_SERVICES = "/etc/nsswitch.conf"

DNS_PORT = 53
"""The only port that resolv.conf can mean."""

HTTP_PORT = 80


def isolated_region(region: Region) -> Region:
    """Return `region` with the ports on which unmodified programs look."""
    ports = region.ports.model_copy(
        update={
            "dns": DNS_PORT,
            "load_balancers": region.ports.load_balancers or HTTP_PORT,
        }
    )
    return region.model_copy(update={"ports": ports})


def isolated_spec(
    spec: ProcessSpec, *, resolver: str, variables: Mapping[str, str]
) -> ProcessSpec:
    """Return how an actor starts so that it asks the resolver of its own zone.

    Args:
        spec: how it would start otherwise.
        resolver: IP address of its zone's resolver.
        variables: added to its environment; what it sets itself wins.
    """
    script = str(Path(__file__).with_name("isolation_calls.py"))
    text = resolv_conf_text(resolver)
    wrapper = (sys.executable, "-I", "-S", script, RESOLV_CONF, text)
    return replace(spec, argv=(*wrapper, *spec.argv), env={**variables, **spec.env})


def resolv_conf_text(resolver: str) -> str:
    """Return a resolv.conf that names one resolver and searches no domain."""
    return f"nameserver {resolver}\n"


def hosts_text(host: str) -> str:
    """Return a hosts file for a machine named `host` that knows nobody else."""
    return f"127.0.0.1 localhost {host}\n::1 localhost\n"


def name_services_text(original: str) -> str:
    """Return an nsswitch.conf in which host names come from hosts and DNS only."""
    kept = [
        line
        for line in original.splitlines()
        if line.partition("#")[0].partition(":")[0].strip() != "hosts"
    ]
    return "\n".join([*kept, "hosts: files dns"]) + "\n"
