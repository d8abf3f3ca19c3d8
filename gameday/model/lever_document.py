"""How do an operator's levers travel to a manager that runs?

As a plain document in the region's switch table: what the operator writes is what
every host reads, and a host that starts later reads it too. Left out means as built,
so the empty document lets go of everything.

    {"drop_within_ms": 400}                        a deadline drop
    {"throttle": {"per_s": 4.3}}                   establishing is paced
    {"breaker": {"window_ms": 600, "open_ms": 600, "slow_start_per_s": 4}}
    {"wait": {"full_jitter_ms": [100, 8000]}, "quota": {}}
    {"internal_path_for": ["sts", "iam"]}          these need no public name
    {"network_backlog_max": 2}                     no launch while so many changes wait
    {"failover": "off"}                            no zone leaves DNS by itself
    {"velocity": {"window_ms": 60000, "removed_percent_max": 34, "floor_percent": 66}}
    {"invocations": {"protects": "sync", "poller_batches": 4}}

Invariant: `parse_levers(render_levers(levers)) == levers`.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING, Any

from gameday.model.admission import AdmissionRule, Throttle
from gameday.model.backoff import (
    AT_ONCE,
    Backoff,
    FixedWait,
    FullJitter,
    RetryQuotaRule,
    Wait,
)
from gameday.model.breaker import BreakerRule
from gameday.model.levers import InvocationLevers, Levers
from gameday.model.shortage import Protects
from gameday.model.velocity import Velocity
from gameday.model.work_queue import Order, QueueRule
from gameday.model.zonal_failover import Failover
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

__all__ = ["LEVERS_NAME", "LEVER_NAMES", "parse_levers", "render_levers"]

LEVERS_NAME = "droplet-levers"
"""The document's name in the switch table."""

_QUEUE = tuple(field.name for field in fields(QueueRule))
_NESTED: Mapping[str, Callable[..., Any]] = {
    "throttle": Throttle,
    "breaker": BreakerRule,
    "quota": RetryQuotaRule,
    "velocity": Velocity,
}
_WINDOWS: Mapping[str, Callable[..., Backoff | FullJitter]] = {
    "backoff_ms": Backoff,
    "full_jitter_ms": FullJitter,
}
_FIXED = "fixed_ms"
_PAIR = 2
_KEPT = "keep_on_unavailable"
_PINNED = "internal_path_for"
_BACKLOG = "network_backlog_max"
_FAILOVER = "failover"
_NAMED: Mapping[str, type[StrEnum]] = {"order": Order, _FAILOVER: Failover}
_INVOCATIONS = "invocations"
LEVER_NAMES = (
    *(*_QUEUE, *_NESTED, "wait"),
    *(_KEPT, _BACKLOG, _PINNED, _FAILOVER, _INVOCATIONS),
)


def render_levers(levers: Levers) -> dict[str, Any]:
    """Return the document of these levers, without what is as built."""
    document = {
        field.name: getattr(levers.queue, field.name)
        for field in fields(QueueRule)
        if getattr(levers.queue, field.name) != field.default
    }
    if "order" in document:
        document["order"] = str(document["order"])
    nested = {
        "throttle": levers.admission.throttle,
        "breaker": levers.admission.breaker,
        "quota": levers.quota,
        "velocity": levers.velocity,
    }
    document |= {key: asdict(rule) for key, rule in nested.items() if rule is not None}
    if levers.wait != AT_ONCE:
        document["wait"] = _render_wait(levers.wait)
    if levers.keep_on_unavailable:
        document[_KEPT] = True
    if levers.network_backlog_max is not None:
        document[_BACKLOG] = levers.network_backlog_max
    if levers.internal_path_for:
        document[_PINNED] = list(levers.internal_path_for)
    if levers.failover is not Failover.ON:
        document[_FAILOVER] = str(levers.failover)
    if levers.invocations != InvocationLevers():
        document[_INVOCATIONS] = _render_invocations(levers.invocations)
    return document


def parse_levers(document: Mapping[str, Any]) -> Levers:
    """Return the levers of a document.

    Raises ValueError naming the key that is unknown, with the nearest one that is
    not, or the value that cannot be.
    """
    for key in document:
        if key not in LEVER_NAMES:
            raise ValueError(unknown_name("lever", str(key), LEVER_NAMES))
    queue = {key: _plain(key, document[key]) for key in _QUEUE if key in document}
    if "order" in queue:
        queue["order"] = _named("order", queue["order"])
    nested = {key: _rule(key, document.get(key)) for key in _NESTED}
    return Levers(
        queue=QueueRule(**queue),
        admission=AdmissionRule(
            throttle=nested["throttle"],
            breaker=nested["breaker"],
        ),
        wait=_wait(document["wait"]) if "wait" in document else AT_ONCE,
        quota=nested["quota"],
        keep_on_unavailable=_plain(_KEPT, document.get(_KEPT, False)),
        network_backlog_max=_plain(_BACKLOG, document.get(_BACKLOG)),
        internal_path_for=_names(_PINNED, document.get(_PINNED, [])),
        failover=_failover(document.get(_FAILOVER, str(Failover.ON))),
        velocity=nested["velocity"],
        invocations=_invocations(document.get(_INVOCATIONS, {})),
    )


def _plain(key: str, value: Any) -> Any:
    """Return a value of one of the keys that hold a number, a truth or a name."""
    is_truth = key in {"one_per_droplet", _KEPT}
    wanted: tuple[type, ...] = (bool,) if is_truth else (int, type(None))
    if key in _NAMED:
        wanted = (str,)
    if not isinstance(value, wanted) or (isinstance(value, bool) and not is_truth):
        raise _wrong(key, value, f"of type {wanted[0].__name__}")
    return value


def _names(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(key, value, "a list of programs")
    return tuple(value)


def _named(key: str, name: str) -> StrEnum:
    """Return the value of a key whose values have names."""
    known = _NAMED[key]
    if name not in set(known):
        raise ValueError(unknown_name(key, name, map(str, known)))
    return known(name)


def _failover(given: Any) -> Failover:
    # A person who writes off without quotes in YAML has written false.
    if isinstance(given, bool):
        given = "on" if given else "off"
    return Failover(_named(_FAILOVER, _plain(_FAILOVER, given)))


def _rule(key: str, given: Any) -> Any:
    if given is None:
        return None
    made = _NESTED[key]
    if not isinstance(given, dict):
        raise _wrong(key, given, "a mapping of numbers")
    known = {field.name: field for field in fields(made)}  # type: ignore[arg-type]
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{key}: {unknown_name('number', str(name), known)}")
        if not isinstance(value, int | float | type(None)):
            raise _wrong(f"{key}: {name}", value, "a number")
    missing = [
        name
        for name, field in known.items()
        if field.default is MISSING and name not in given
    ]
    if missing:
        raise ValueError(f"{key}: {missing[0]} is missing")
    return made(**given)


def _wait(given: Any) -> Wait:
    if not isinstance(given, dict) or len(given) != 1:
        raise _wrong("wait", given, "a mapping with one key")
    ((kind, value),) = given.items()
    if kind == _FIXED and isinstance(value, int):
        return FixedWait(period_ms=value)
    if kind in _WINDOWS and isinstance(value, list | tuple) and len(value) == _PAIR:
        first_ms, last_ms = value
        return _WINDOWS[kind](first_ms=first_ms, last_ms=last_ms)
    known = (_FIXED, *_WINDOWS)
    if kind not in known:
        raise ValueError(f"wait: {unknown_name('kind', str(kind), known)}")
    form = "whole milliseconds" if kind == _FIXED else "[first, last] in milliseconds"
    raise _wrong(f"wait: {kind}", value, form)


def _invocations(given: Any) -> InvocationLevers:
    if not isinstance(given, dict):
        raise _wrong(_INVOCATIONS, given, "a mapping")
    known = tuple(field.name for field in fields(InvocationLevers))
    for name in given:
        if name not in known:
            message = unknown_name("lever", str(name), known)
            raise ValueError(f"{_INVOCATIONS}: {message}")
    protects = given.get("protects", Protects.NOBODY)
    if protects not in set(Protects):
        message = unknown_name("way", str(protects), map(str, Protects))
        raise ValueError(f"{_INVOCATIONS}: protects: {message}")
    batches = given.get("poller_batches", 1)
    if not isinstance(batches, int) or isinstance(batches, bool):
        raise _wrong(f"{_INVOCATIONS}: poller_batches", batches, "a whole number")
    return InvocationLevers(protects=Protects(protects), poller_batches=batches)


def _render_invocations(levers: InvocationLevers) -> dict[str, Any]:
    return {
        "protects": str(levers.protects),
        "poller_batches": levers.poller_batches,
    }


def _render_wait(wait: Wait) -> dict[str, Any]:
    match wait:
        case FixedWait():
            return {_FIXED: wait.period_ms}
        case Backoff():
            return {"backoff_ms": [wait.first_ms, wait.last_ms]}
        case FullJitter():
            return {"full_jitter_ms": [wait.first_ms, wait.last_ms]}
    raise TypeError(f"{type(wait).__name__} has no document")


def _wrong(where: str, value: Any, wanted: str) -> ValueError:
    return ValueError(f"{where}: {value!r} is not {wanted}")
