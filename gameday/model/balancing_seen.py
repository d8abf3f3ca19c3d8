"""What happened to a load balancer's capacity, as a history tells it?

Three witnesses: the change batches say when a zone left DNS and when it was back; the
checkers tell CloudWatch after each round how many targets each zone has and by how much
checks are late; the customers tell which share of their connections was served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gameday.model.balancer_records import zone_weights
from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.zone import Action
from gameday.model.zone_history import batches, changes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BALANCING_NAMESPACE",
    "CHECKS_LATE_METRIC",
    "CHECK_DELAY_METRIC",
    "FLAPS_METRIC",
    "HEALTHY_METRIC",
    "IN_DNS_METRIC",
    "OUT_BY_LATE_METRIC",
    "SERVED_METRIC",
    "TARGETS_METRIC",
    "ZONE_DIMENSION",
    "Told",
    "WeightChange",
    "checkers_behind",
    "fewest_zones",
    "served_shares",
    "told",
    "weight_changes",
]

BALANCING_NAMESPACE: Final = "gameday/nlb"
ZONE_DIMENSION: Final = "Zone"
TARGETS_METRIC: Final = "Targets"
HEALTHY_METRIC: Final = "HealthyTargets"
FLAPS_METRIC: Final = "Flaps"
CHECK_DELAY_METRIC: Final = "CheckDelayMs"
CHECKS_LATE_METRIC: Final = "LateChecks"
OUT_BY_LATE_METRIC: Final = "OutByLateChecks"
"""Targets out of service, of which the last check that counted was late."""
IN_DNS_METRIC: Final = "TargetsInDns"
SERVED_METRIC: Final = "ConnectionsServedShare"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightChange:
    """A zone of a load balancer left DNS, or came back.

    Attributes:
        op: the change batch.
        zone: whose node it is.
        is_in_dns: whether it is from then on.
    """

    op: Op
    zone: str
    is_in_dns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One value of one metric.

    Attributes:
        at_ns: when it began to be told, since the run began.
        metric: its name.
        zone: that it is about, "" for the whole load balancer.
        value: what was told.
    """

    at_ns: int
    metric: str
    zone: str
    value: float


def weight_changes(history: History, balancer: str) -> Iterator[WeightChange]:
    """Yield where zones left DNS and came back, by batches that did or may have.

    A zone's first record is no change: it is how the load balancer begins.
    """
    weights: dict[str, int] = {}
    for op, written in _weights_written(history, balancer):
        for zone, weight in written.items():
            if bool(weights.get(zone, weight)) != bool(weight):
                yield WeightChange(op=op, zone=zone, is_in_dns=bool(weight))
            weights[zone] = weight


def fewest_zones(history: History, balancer: str, *, since_ns: int = 0) -> int:
    """Return how many zones were in DNS from a time on, when they were fewest.

    What stood there at that time counts; a batch without a reply counts as written.
    """
    weights: dict[str, int] = {}
    counts: list[int] = []
    for op, written in _weights_written(history, balancer):
        weights |= written
        if op.end_ns < since_ns:
            counts.clear()
        counts.append(sum(bool(weight) for weight in weights.values()))
    return min(counts, default=0)


def told(history: History, *metrics: str) -> Iterator[Told]:
    """Yield every value of these metrics, in the order of the telling."""
    for op in history:
        if (
            op.kind is OpKind.CALL
            and op.operation == "PutMetricData"
            and op.request.get("Namespace") == BALANCING_NAMESPACE
        ):
            for datum in op.request.get("MetricData") or ():
                if datum.get("MetricName") in metrics:
                    yield Told(
                        at_ns=op.start_ns,
                        metric=str(datum["MetricName"]),
                        zone=_zone(datum),
                        value=float(datum.get("Value", 0)),
                    )


def checkers_behind(history: History, *, since_ns: int = 0) -> tuple[str, ...]:
    """Return the zones whose checker last told of late checks or unhealthy targets.

    Sorted. A zone whose checker has told nothing since is one of them.
    """
    last: dict[str, dict[str, float]] = {}
    for each in told(history, TARGETS_METRIC, HEALTHY_METRIC, CHECKS_LATE_METRIC):
        if each.zone:
            zone = last.setdefault(each.zone, {})
            if each.at_ns >= since_ns:
                zone[each.metric] = each.value
    return tuple(
        sorted(
            name
            for name, values in last.items()
            if values.get(CHECKS_LATE_METRIC, 1)
            or not values.get(TARGETS_METRIC)
            or values[HEALTHY_METRIC] < values[TARGETS_METRIC]
        )
    )


def served_shares(history: History, *, since_ns: int = 0) -> list[float]:
    """Return the share of connections served, look by look from a time on."""
    return [
        each.value for each in told(history, SERVED_METRIC) if each.at_ns >= since_ns
    ]


def _weights_written(
    history: History, balancer: str
) -> Iterator[tuple[Op, dict[str, int]]]:
    """Yield what each batch that did or may have took effect says of zones' weights."""
    for zone_name, op in batches(history):
        if zone_name != balancer or op.outcome is Outcome.FAIL:
            continue
        written = zone_weights(
            balancer,
            (
                change.record_set
                for change in changes_of(op)
                if change.action is not Action.DELETE
            ),
        )
        if written:
            yield op, dict(written)


def _zone(datum: dict[str, Any]) -> str:
    return next(
        (
            str(dimension.get("Value"))
            for dimension in datum.get("Dimensions") or ()
            if dimension.get("Name") == ZONE_DIMENSION
        ),
        "",
    )
