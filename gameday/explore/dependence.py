"""May the order of two steps show?

Two steps are independent when neither may write what the other touches, and when no
property can tell their order: what properties read is a resource too, so two steps
that both write to services that one property looks at depend on each other. A fault
depends on everything.

The trap: a property that looks at two services sees a write to the one beside what the
other holds by then, so two writes there are not independent either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from gameday.explore.aws_call import AwsCall
    from gameday.explore.space import Choice, Space, State

__all__ = ["Dependence"]


class Dependence:
    """The relation over one space, found out as it is asked for."""

    def __init__(self, space: Space, *, views: Collection[frozenset[str]]) -> None:
        """Make it.

        Args:
            space: the space.
            views: for each property the services that it looks at.
        """
        self._space = space
        self._views = tuple(views)
        self._clashes: dict[tuple[int, int], bool] = {}

    def depend(self, state: State, one: Choice, other: Choice) -> bool:
        """Answer whether the order of two possible steps may show."""
        count = self._space.count
        if one >= count or other >= count:
            return True
        call_of = self._space.call_of
        return self.between(one, call_of(state, one), other, call_of(state, other))

    def between(
        self, one: Choice, ones: AwsCall | None, other: Choice, others: AwsCall | None
    ) -> bool:
        """Answer the same of two steps of which the calls are known."""
        count = self._space.count
        if one >= count or other >= count:
            return True
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
        if not one.footprint.writes or not other.footprint.writes:
            return False
        return any(
            one.service in view and other.service in view for view in self._views
        )
