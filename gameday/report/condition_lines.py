"""Which services have changed their condition?

A service's condition comes from its own canary and from those of what it needs. It is
told when its own canary has looked, so that a service is not called "exposed" in the
moment between two canaries that see the same trouble. A service that has never been
well is still coming up, which is no news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gameday.model.canaries_seen import canaries_say, looks_of
from gameday.model.service_health import Condition, service_healths
from gameday.model.story_line import StoryKind, StoryLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.model.canaries_seen import CanaryLook
    from gameday.model.history import Op
    from gameday.model.service_graph import ServiceGraph

__all__ = ["ConditionLines"]

_KINDS = {
    Condition.WELL: StoryKind.RECOVERY,
    Condition.EXPOSED: StoryKind.NOTE,
    Condition.IMPAIRED: StoryKind.LOSS,
}


@dataclass(slots=True)
class ConditionLines:
    """What is known so far of the services of one region."""

    graph: ServiceGraph
    _looks: dict[str, CanaryLook] = field(default_factory=dict)
    _told: dict[str, Condition] = field(default_factory=dict)

    def feed(self, op: Op) -> Iterator[StoryLine]:
        """Take in one op and yield the lines to show for it."""
        for look in looks_of(op):
            self._looks[look.service] = look
            if look.service in self.graph.needs():
                yield from self._changed(look, op)

    def _changed(self, look: CanaryLook, op: Op) -> Iterator[StoryLine]:
        says = canaries_say(self._looks.values(), at_ns=look.at_ns)
        health = service_healths(self.graph, says)[look.service]
        was = self._told.get(look.service)
        if health.condition is was or (
            was is None and health.condition is not Condition.WELL
        ):
            return
        self._told[look.service] = health.condition
        if was is not None:
            yield StoryLine(
                at_ns=op.end_ns,
                actor=op.actor,
                text=f"{look.service} is {health.sentence}",
                kind=_KINDS[health.condition],
            )
