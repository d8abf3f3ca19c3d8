"""What must hold, what must be possible, and what must come true in the end?

A property is a pure function of a `Moment`: one step of one actor with the contents
of AWS before and after it. It returns None or True when it holds and a sentence or
False when it does not. `always` holds at every moment; `sometimes` is a witness:
a moment that the search must come by, or its green answer says nothing; `eventually`
holds wherever every actor has ended or waits for good.

A `HistoryProperty` is a function of what one actor has called, wherever others were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gameday.explore.aws_call import AwsCall
    from gameday.explore.world import Contents
    from gameday.model.zone import Zone

__all__ = [
    "Check",
    "HistoryProperty",
    "Made",
    "Moment",
    "Property",
    "as_properties",
    "broken_by",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that an actor made.

    Attributes:
        actor: who made it.
        service: botocore's name.
        operation: its operation.
        parameters: by boto3 name.
        status: the HTTP status of the reply, 0 when it was lost.
    """

    actor: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    status: int

    @classmethod
    def of(cls, call: AwsCall, *, actor: str, status: int) -> Made:
        """Return a call as a property sees it."""
        return cls(
            actor=actor,
            service=call.service,
            operation=call.operation,
            parameters=call.parameters,
            status=status,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One step and what AWS held before and after it.

    Attributes:
        made: the call, None at the beginning and for a step without one.
        before: contents by service.
        after: contents by service.
        now_ms: epoch milliseconds on the clock of an actor that has not slept.
    """

    made: Made | None
    before: Mapping[str, Contents]
    after: Mapping[str, Contents]
    now_ms: float = 0.0

    def zone(self, name: str) -> Zone | None:
        """Return the hosted zone of a name as it is now."""
        return self.after["route53"].zone(name)

    def zone_before(self, name: str) -> Zone | None:
        """Return the hosted zone of a name as it was before the step."""
        return self.before["route53"].zone(name)

    def items(self, table: str) -> tuple[str, ...]:
        """Return a table's items now, as JSON texts in the order of their keys."""
        return self.after["dynamodb"].items(table)

    def items_before(self, table: str) -> tuple[str, ...]:
        """Return a table's items before the step."""
        return self.before["dynamodb"].items(table)


Check = "Callable[[Moment], str | bool | None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One named property.

    Attributes:
        name: how reports call it.
        check: see the module.
        services: what it looks at; it is asked of steps that change one of them, and
            fewer make it cheaper.
    """

    name: str
    check: Callable[[Moment], str | bool | None]
    services: tuple[str, ...] = ("dynamodb", "route53")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProperty:
    """One named property of what a single actor has called so far.

    Attributes:
        name: how reports call it.
        check: of what is remembered; returns None or why it is broken.
        follow: returns what is remembered after one more call, something hashable.
            None remembers the tuple of all calls, and then no two histories of an
            actor are ever taken for the same.
        begin: what is remembered before the first call.
    """

    name: str
    check: Callable[[Any], str | bool | None]
    follow: Callable[[Any, Made], Any] | None = None
    begin: Any = None


def as_properties(
    given: Iterable[Property | Callable[[Moment], str | bool | None]],
) -> tuple[Property, ...]:
    """Return the properties, with plain functions named by their names."""
    return tuple(
        each
        if isinstance(each, Property)
        else Property(name=getattr(each, "__name__", repr(each)), check=each)
        for each in given
    )


def broken_by(answer: str | bool | None) -> str | None:  # noqa: FBT001 - a check's answer
    """Return why a check's answer says that its property is broken, else None."""
    if isinstance(answer, str):
        return answer
    return None if answer is None or answer else "it does not hold"
