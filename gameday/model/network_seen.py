"""When did each launched instance have network, by what the calls say?

The launch path sends a change when an instance is launched, and one when it ends; the
network manager writes the change's version into the instance's row and acknowledges
versions one after the other. From these three the recording tells how long every
instance was launched and could not be reached.

A change that was sent more than once counts from the first time. An acknowledgement
whose reply was lost may have been one; who judges must not build on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.network_change import (
    CHANGES_QUEUE,
    INSTANCE_NETWORK_TABLE,
    NETWORK_TABLE,
    ChangeKind,
    NetworkChange,
    parse_change,
)
from gameday.model.table_writes import item_writes

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LaunchNetwork", "launch_networks", "longest_backlog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchNetwork:
    """One launch, and when it could be reached.

    Attributes:
        op: the call that told of the launch.
        instance: its id.
        launched_ns: when it was told of.
        network_ns: when its version was acknowledged, None when it never was.
        maybe_ns: when it was, if a reply that was lost was good; else `network_ns`.
        ended_ns: when its end was told of, None when it was not.
    """

    op: Op
    instance: str
    launched_ns: int
    network_ns: int | None = None
    maybe_ns: int | None = None
    ended_ns: int | None = None

    def without_ns(self, *, until_ns: int) -> int:
        """Return how long it was launched and surely without network."""
        ends = (self.maybe_ns, self.network_ns, self.ended_ns, until_ns)
        return max(0, min(each for each in ends if each is not None) - self.launched_ns)

    def possibly_without_ns(self, *, until_ns: int) -> int:
        """Return how long it may have been."""
        ends = (self.network_ns, self.ended_ns, until_ns)
        return max(0, min(each for each in ends if each is not None) - self.launched_ns)


@dataclass(slots=True)
class _Seen:
    launched: dict[str, Op] = field(default_factory=dict)
    ended_ns: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    surely: list[tuple[int, int]] = field(default_factory=list)
    possibly: list[tuple[int, int]] = field(default_factory=list)


def launch_networks(history: History) -> Iterator[LaunchNetwork]:
    """Yield every launch that the network manager was told of, in order."""
    seen = _Seen()
    for op, change in _changes_sent(history):
        if change.kind is ChangeKind.LAUNCHED:
            seen.launched.setdefault(change.instance, op)
        else:
            seen.ended_ns.setdefault(change.instance, op.start_ns)
    for op, item in item_writes(history, INSTANCE_NETWORK_TABLE):
        if item.get("kind") == ChangeKind.LAUNCHED and op.outcome is not Outcome.FAIL:
            seen.versions[str(item["instance"])] = int(item["version"])
    for op, item in item_writes(history, NETWORK_TABLE):
        acknowledged = (int(item.get("version", 0)), op.end_ns)
        if op.outcome is Outcome.OK:
            seen.surely.append(acknowledged)
        if op.outcome is not Outcome.FAIL:
            seen.possibly.append(acknowledged)
    for instance, op in seen.launched.items():
        yield LaunchNetwork(
            op=op,
            instance=instance,
            launched_ns=op.start_ns,
            network_ns=_reached_ns(seen.surely, seen.versions.get(instance)),
            maybe_ns=_reached_ns(seen.possibly, seen.versions.get(instance)),
            ended_ns=seen.ended_ns.get(instance),
        )


def longest_backlog(history: History) -> int:
    """Return the most changes that waited at one time, the one in hand included.

    An acknowledgement without a reply does not count: the queue may have been shorter.
    """
    steps = [
        *((op.start_ns, 1) for op in _first_sent(history).values()),
        *(
            (op.end_ns, -1)
            for op, _ in item_writes(history, NETWORK_TABLE)
            if op.outcome is Outcome.OK
        ),
    ]
    longest = waiting = 0
    for _, step in sorted(steps):
        waiting += step
        longest = max(longest, waiting)
    return longest


def _first_sent(history: History) -> dict[str, Op]:
    """Return the call that first told of each change, by the change's key."""
    first: dict[str, Op] = {}
    for op, change in _changes_sent(history):
        first.setdefault(change.key, op)
    return first


def _changes_sent(history: History) -> Iterator[tuple[Op, NetworkChange]]:
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "SendMessage"
            and str(op.request.get("QueueUrl", "")).endswith(f"/{CHANGES_QUEUE}")
        ):
            try:
                yield op, parse_change(str(op.request.get("MessageBody", "")))
            except ValueError:
                continue


def _reached_ns(acknowledged: list[tuple[int, int]], version: int | None) -> int | None:
    """Return when the number first reached the version."""
    if version is None:
        return None
    return min((at for reached, at in acknowledged if reached >= version), default=None)
