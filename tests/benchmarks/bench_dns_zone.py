"""Which DNS does the edge serve while it is measured?

The null responder stands for the emulator; the records are written through the
edge, as any program would write them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_processes import null_responder, pin
from edge_lab import EdgeProcess, client, running_edge
from null_responder import ZONE_ID, ZONE_NAME

NAMES = tuple(f"host-{number}.{ZONE_NAME}" for number in range(50))
EDGE_CORE = 1
SERVED_DEADLINE_S = 10.0
POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDns:
    """An edge that serves `NAMES`.

    Attributes:
        edge: its process.
        authoritative: where its authoritative server is.
        resolver: where its resolver is.
    """

    edge: EdgeProcess
    authoritative: tuple[str, int]
    resolver: tuple[str, int]


@contextmanager
def dns_edge(folder: Path) -> Iterator[ServedDns]:
    """Start an edge on a core of its own, and yield it once it serves the names."""
    with null_responder() as (url, _), running_edge(url, folder) as edge:
        pin(edge.process.pid, EDGE_CORE)
        route53 = client("route53", edge.url)
        change = route53.change_resource_record_sets(
            HostedZoneId=ZONE_ID,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": "CREATE",
                        "ResourceRecordSet": {
                            "Name": name,
                            "Type": "A",
                            "TTL": 300,
                            "ResourceRecords": [{"Value": "127.0.10.1"}],
                        },
                    }
                    for name in NAMES
                ]
            },
        )
        _await_served(route53, change["ChangeInfo"]["Id"])
        yield ServedDns(
            edge=edge,
            authoritative=tuple(edge.ready["dns_edges"][0]),
            resolver=tuple(edge.ready["resolvers"]["az1"]),
        )


def _await_served(route53: Any, change_id: str) -> None:
    deadline = time.monotonic() + SERVED_DEADLINE_S
    while route53.get_change(Id=change_id)["ChangeInfo"]["Status"] != "INSYNC":
        assert time.monotonic() < deadline, "the DNS edge does not serve the zone"
        time.sleep(POLL_S)
