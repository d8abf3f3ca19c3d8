"""What stands in the hosted zone of a load balancer's own name?

    <name>           A, weighted, one set a zone: its node's address, weight 1 or 0
    removed.<name>   TXT "<epoch ms> <targets>", a removal that still counts

A zone of weight 0 is not in any answer, unless all have weight 0. Weights and removals
change in one batch, so that velocity control survives a restart of the program that
obeys it: what it took out lately is where it took it out. A batch deletes what its
writer read, so of two writers one is refused.

The answers have no TTL. Each connection draws a zone of its own; otherwise the
customers of a whole zone would go to one node for as long as its answer lives.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gameday.model.record_set import Action, Change, RecordSet
from gameday.model.velocity import Removal
from gameday.model.zonal_failover import ZonesInDns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["TTL_S", "balancer_changes", "zone_weights", "zones_in_dns"]

TTL_S = 0


def zones_in_dns(name: str, record_sets: Iterable[RecordSet]) -> ZonesInDns | None:
    """Return what the zone's record sets say; None before the first batch."""
    record_sets = tuple(record_sets)
    weights = zone_weights(name, record_sets)
    if not weights:
        return None
    removals = [
        _parse_removal(value)
        for record_set in record_sets
        if _is_removals(record_set, name)
        for value in record_set.values
    ]
    return ZonesInDns(
        names=tuple(zone for zone, weight in weights.items() if weight),
        removals=tuple(sorted(removals, key=lambda each: each.at_ms)),
    )


def zone_weights(name: str, record_sets: Iterable[RecordSet]) -> dict[str, int]:
    """Return each zone's weight in DNS, sorted by zone."""
    return {
        record_set.set_identifier: record_set.weight or 0
        for record_set in sorted(record_sets, key=lambda each: each.set_identifier)
        if record_set.name == f"{name}." and record_set.type == "A"
    }


def balancer_changes(
    name: str,
    record_sets: Sequence[RecordSet],
    *,
    wanted: ZonesInDns,
    nodes: Mapping[str, str],
) -> tuple[Change, ...]:
    """Return the batch that makes the zone say what is wanted; () when it does.

    Args:
        name: of the load balancer, without the final dot.
        record_sets: of its hosted zone, as they were read.
        wanted: which zones should be in DNS.
        nodes: each zone's node by its address.
    """
    old = {
        each.key: each
        for each in record_sets
        if (each.name == f"{name}." and each.type == "A") or _is_removals(each, name)
    }
    new = {each.key: each for each in _record_sets(name, wanted=wanted, nodes=nodes)}
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    return (
        *(
            Change(action=Action.DELETE, record_set=old[key])
            for key in changed
            if key in old
        ),
        *(
            Change(action=Action.CREATE, record_set=new[key])
            for key in changed
            if key in new
        ),
    )


def _record_sets(
    name: str, *, wanted: ZonesInDns, nodes: Mapping[str, str]
) -> list[RecordSet]:
    made = [
        RecordSet(
            name=f"{name}.",
            type="A",
            ttl_s=TTL_S,
            values=(address,),
            set_identifier=zone,
            weight=int(zone in wanted.names),
        )
        for zone, address in nodes.items()
    ]
    if wanted.removals:
        taken: Counter[int] = Counter()
        for removal in wanted.removals:
            taken[removal.at_ms] += removal.targets
        values = tuple(f'"{at_ms} {taken[at_ms]}"' for at_ms in sorted(taken))
        made.append(
            RecordSet(name=f"removed.{name}.", type="TXT", ttl_s=TTL_S, values=values)
        )
    return made


def _is_removals(record_set: RecordSet, name: str) -> bool:
    return record_set.name == f"removed.{name}." and record_set.type == "TXT"


def _parse_removal(value: str) -> Removal:
    at_ms, targets = value.strip('"').split()
    return Removal(at_ms=int(at_ms), targets=int(targets))
