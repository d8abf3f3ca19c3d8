"""May the order of two steps show?

Two steps are independent when neither may write what the other touches, and when no
property can tell their order: what properties read is a resource too, so two steps
that both write to a service that a property looks at depend on each other. A sleeper's
step also reads what its last round touched, because that decides whether it has a
step at all. A fault depends on everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.explore.actor_memory import Kind

if TYPE_CHECKING:
    from gameday.explore.actor_memory import Node
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
        self._pairs: dict[tuple[int, int], bool] = {}
        self.pairs_independent: set[tuple[int, int]] = set()

    def depend(self, state: State, one: Choice, other: Choice) -> bool:
        """Answer whether the order of two possible steps may show."""
        count = self._space.count
        if one >= count or other >= count:
            return True
        nodes = self._space.memory.nodes
        first, second = nodes[state[one]], nodes[state[other]]
        key = (first.number, second.number)
        found = self._pairs.get(key)
        if found is None:
            found = self._depend(state, first, second)
            self._pairs[key] = self._pairs[second.number, first.number] = found
        return found

    def _depend(self, state: State, first: Node, second: Node) -> bool:
        ones, others = self._calls(state, first), self._calls(state, second)
        return any(self._clash(one, other) for one in ones for other in others)

    def _calls(self, state: State, node: Node) -> tuple[AwsCall, ...]:
        if node.kind is Kind.CALL:
            return (node.call,) if node.call is not None else ()
        following = self._space.call_of(state, node.actor)
        return (*node.round_calls, *((following,) if following is not None else ()))

    def _clash(self, one: AwsCall, other: AwsCall) -> bool:
        if one.footprint.depends_on(other.footprint):
            return True
        return (
            one.service == other.service
            and one.service in self._visible
            and bool(one.footprint.writes)
            and bool(other.footprint.writes)
        )
