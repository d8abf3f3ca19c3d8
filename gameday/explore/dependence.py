"""May the order of two steps show?

Two steps are independent when neither may write what the other touches, and when no
property can tell their order: what properties read is a resource too, so two steps
that both write to a service that a property looks at depend on each other. A fault
depends on everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.space import Choice, Space, State

__all__ = ["Dependence"]


class Dependence:
    """The relation over one space, found out as it is asked for."""

    def __init__(self, space: Space, *, visible: frozenset[str]) -> None:
        """Make it.

        Args:
            space: the space.
            visible: services that properties look at.
        """
        self._space = space
        self._visible = visible
        self._clashes: dict[tuple[int, int], bool] = {}

    def depend(self, state: State, one: Choice, other: Choice) -> bool:
        """Answer whether the order of two possible steps may show."""
        count = self._space.count
        if one >= count or other >= count:
            return True
        ones = self._space.call_of(state, one)
        others = self._space.call_of(state, other)
        return ones is not None and others is not None and self._clash(ones, others)

    def _clash(self, one: AwsCall, other: AwsCall) -> bool:
        key = (one.number, other.number)
        found = self._clashes.get(key)
        if found is None:
            found = self._clashes[key] = self._find_clash(one, other)
        return found

    def _find_clash(self, one: AwsCall, other: AwsCall) -> bool:
        if one.footprint.depends_on(other.footprint):
            return True
        return (
            one.service == other.service
            and one.service in self._visible
            and bool(one.footprint.writes)
            and bool(other.footprint.writes)
        )
