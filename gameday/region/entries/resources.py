"""What does a region file say of what exists in AWS before its programs start?

Tables, queues and the network load balancer's hosted zone, as provisioning makes them
(`provisioning.py`). The rest of the file is in `topology.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from gameday.documents import STRICT
from gameday.region.scalars import dns_name, loopback_address

__all__ = [
    "Address",
    "BalancerEntry",
    "DnsName",
    "KeyEntry",
    "Name",
    "QueueEntry",
    "TableEntry",
]

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)
]
Address = Annotated[str, BeforeValidator(loopback_address)]
DnsName = Annotated[str, BeforeValidator(dns_name)]


class BalancerEntry(BaseModel):
    """The region's network load balancer, which customers reach by its own name.

    Attributes:
        name: of its hosted zone; its own programs maintain it, not the enactors.
        nodes: each zone's node by its address.
    """

    model_config = STRICT
    name: DnsName
    nodes: Annotated[dict[Name, Address], Field(min_length=1)]


class KeyEntry(BaseModel):
    """One key attribute of a table."""

    model_config = STRICT
    name: Annotated[str, Field(min_length=1)]
    type: Literal["S", "N", "B"]


class TableEntry(BaseModel):
    """A DynamoDB table that exists before the actors start.

    Attributes:
        replicas: other regions that have a table of this name. Each then has a stream
            of its changes; who carries them over is a program.
    """

    model_config = STRICT
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
    partition_key: KeyEntry
    sort_key: KeyEntry | None = None
    replicas: tuple[Name, ...] = ()


class QueueEntry(BaseModel):
    """An SQS queue that exists before the actors start; the fields are `Queue`'s.

    The limits are those of SQS.
    """

    model_config = STRICT
    name: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,75}(\.fifo|[A-Za-z0-9_-]{0,5})$"),
    ]
    visibility_timeout_s: Annotated[int, Field(ge=0, le=43_200)] = 30
    retention_s: Annotated[int, Field(ge=60, le=1_209_600)] = 345_600
    message_bytes_max: Annotated[int, Field(ge=1024, le=262_144)] = 262_144
