"""When did a run show the signs by which an event of the record is recognised?

Everything is read from the history. A sign counts from a moment on: what was seen
before it belongs to an earlier event.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gameday.model.canaries_seen import CanaryLook, canary_looks
from gameday.model.endpoint_history import Darkness, darkness
from gameday.model.history import History, OpKind, Outcome
from gameday.model.launches_seen import launch_outcomes_at
from gameday.model.leases_held import leases_held
from gameday.model.public_record import Sign
from gameday.model.reconstruction import reconstruct
from gameday.model.recoveries import PULL_LEVERS
from gameday.model.resolver_answers import empties_after_first, resolver_answers
from gameday.model.service_health import CanarySays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gameday.model.public_record import RecordedEvent

__all__ = ["SignsSeen", "endpoint_lost_ns"]

_ALL = 0.95
"""A slow machine renews one or two of many leases late."""
_NONE = 0.05
_PULL, _LET_GO = "pull", "let-go"
_OF_LEVERS = (_PULL, _LET_GO)
_NOT_ALL = 1 - 1e-9


def endpoint_lost_ns(history: History, endpoint: str) -> int | None:
    """Return when the endpoint first lost its last address, None when it never did.

    By its zone, or by the first empty answer where no batch emptied the zone.
    """
    dark = _darkness(history, endpoint)
    if dark:
        return dark[0].cause.at_ns
    empties = empties_after_first(history, endpoint)
    return empties[0].op.end_ns if empties else None


class SignsSeen:
    """The signs of one run.

    Args:
        history: the run's.
        endpoint: the main endpoint.
        calm_ns: how long a canary must go on working before its service is back.
    """

    def __init__(self, history: History, *, endpoint: str, calm_ns: int) -> None:
        self._history = history
        self._endpoint = endpoint
        self._calm_ns = calm_ns

    def when(self, event: RecordedEvent, *, since_ns: int) -> int | None:
        """Return when the event's sign was first seen from a moment on, if ever."""
        moments = _FINDERS[event.sign](self, event.of, since_ns)
        return next((at_ns for at_ns in moments if at_ns >= since_ns), None)

    def endpoint_restored(self) -> Iterable[int]:
        """Yield when the zone had an address again."""
        dark = _darkness(self._history, self._endpoint)
        return [each.end.at_ns for each in dark if each.end]

    def endpoint_lost(self) -> Iterable[int]:
        """Yield when the zone had none any more."""
        lost_ns = endpoint_lost_ns(self._history, self._endpoint)
        return () if lost_ns is None else (lost_ns,)

    def fails(self, service: str) -> Iterable[int]:
        """Yield when a service's canary failed."""
        looks = self._looks.get(service, ())
        return [look.at_ns for look in looks if look.says is CanarySays.FAILS]

    def launches(self, outcome: str) -> Iterable[int]:
        """Yield when a request for an instance ended so."""
        return [at_ns for at_ns, how in self._launches if how == outcome]

    def leases(
        self, since_ns: int, *, most: float = 1, least: float = 0
    ) -> Iterable[int]:
        """Yield since when the share has been within the bounds."""
        nexts = [*(at_ns for at_ns, _ in self._shares[1:]), None]
        for (at_ns, share), next_ns in zip(self._shares, nexts, strict=False):
            lasts = next_ns is None or next_ns > since_ns
            if lasts and least <= share <= most:
                yield max(at_ns, since_ns)

    def works_again(self, service: str, since_ns: int) -> Iterable[int]:
        """Yield when a service that has failed since a moment was back."""
        looks = [
            each for each in self._looks.get(service, ()) if each.at_ns >= since_ns
        ]
        failed = False
        for place, look in enumerate(looks):
            if look.says is CanarySays.FAILS:
                failed = True
            elif failed and self._stays_well(looks[place:]):
                yield look.at_ns

    def answers(self) -> Iterable[int]:
        """Yield when the last resolver that had no address gave one again."""
        empties = empties_after_first(self._history, self._endpoint)
        last = {(e.resolver, e.type): e.op.index for e in empties}
        back: dict[tuple[str, str], int] = {}
        for answer in resolver_answers(self._history, self._endpoint):
            source = (answer.resolver, answer.type)
            emptied = last.get(source)
            if answer.addresses and emptied is not None and answer.op.index > emptied:
                back.setdefault(source, answer.op.end_ns)
        if back and back.keys() == last.keys():
            yield max(back.values())

    def alarms(self, name: str) -> Iterable[int]:
        """Yield when an alarm was raised."""
        for op in self._history:
            if (
                op.kind is OpKind.CALL
                and op.operation == "SetAlarmState"
                and op.outcome is not Outcome.FAIL
                and op.request.get("AlarmName") == name
                and op.request.get("StateValue") == "ALARM"
            ):
                yield op.end_ns

    def acts(self, act: str) -> Iterable[int]:
        """Yield when operators did something.

        "restart_hosts" is the name of a mark; "restart_actor planner" is such a mark
        with that value in it; "pull LEVER" and "let-go LEVER" are of a lever.
        """
        how, _, what = act.partition(" ")
        if how in _OF_LEVERS:
            yield from self._lever_moves(what, pulls=how == _PULL)
            return
        for op in self._history:
            is_it = op.kind is OpKind.MARK and op.operation == how
            if is_it and (not what or what in op.request.values()):
                yield op.end_ns

    @cached_property
    def _looks(self) -> dict[str, list[CanaryLook]]:
        looks: dict[str, list[CanaryLook]] = {}
        for look in canary_looks(self._history):
            looks.setdefault(look.service, []).append(look)
        return looks

    @cached_property
    def _launches(self) -> list[tuple[int, str]]:
        return list(launch_outcomes_at(self._history))

    @cached_property
    def _shares(self) -> tuple[tuple[int, float], ...]:
        return leases_held(self._history)

    def _lever_moves(self, lever: str, *, pulls: bool) -> Iterable[int]:
        was_pulled = False
        for op in self._history:
            if op.kind is OpKind.MARK and op.operation == PULL_LEVERS:
                is_pulled = lever in (op.request.get("levers") or {})
                if is_pulled is not was_pulled and is_pulled is pulls:
                    yield op.end_ns
                was_pulled = is_pulled

    def _stays_well(self, looks: list[CanaryLook]) -> bool:
        until_ns = looks[0].at_ns + self._calm_ns
        return all(
            look.says is CanarySays.WORKS for look in looks if look.at_ns < until_ns
        )


_FINDERS: Mapping[Sign, Callable[[SignsSeen, str, int], Iterable[int]]] = {
    Sign.ENDPOINT_EMPTY: lambda seen, _of, _since: seen.endpoint_lost(),
    Sign.ENDPOINT_RESTORED: lambda seen, _of, _since: seen.endpoint_restored(),
    Sign.ENDPOINT_ANSWERS: lambda seen, _of, _since: seen.answers(),
    Sign.LEASES_LAPSE: lambda seen, _of, since: seen.leases(since, most=_NOT_ALL),
    Sign.LEASES_GONE: lambda seen, _of, since: seen.leases(since, most=_NONE),
    Sign.LEASES_HELD: lambda seen, _of, since: seen.leases(since, least=_ALL),
    Sign.SERVICE_FAILS: lambda seen, of, _since: seen.fails(of),
    Sign.SERVICE_WORKS: lambda seen, of, since: seen.works_again(of, since),
    Sign.LAUNCH: lambda seen, of, _since: seen.launches(of),
    Sign.ALARM: lambda seen, of, _since: seen.alarms(of),
    Sign.OPERATORS: lambda seen, of, _since: seen.acts(of),
    Sign.NOTHING: lambda _seen, _of, _since: (),
}


def _darkness(history: History, endpoint: str) -> tuple[Darkness, ...]:
    zone = reconstruct(history).get(endpoint)
    return darkness(zone, endpoint) if zone is not None else ()
