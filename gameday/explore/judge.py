"""Does a step break a property, and is a witness there?

Every distinct (call, contents before, contents after) is judged once. A property
that raises makes the answer unknown, never a pass: its traceback is kept. A property is
asked of the beginning and of steps that change a service that it looks at.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.emulators.in_process import SERVICES
from gameday.explore.actor_nodes import Kind
from gameday.explore.properties import HistoryProperty, Made, Moment, broken_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.actor_nodes import Node
    from gameday.explore.properties import Property
    from gameday.explore.space import Choice, Space, State

__all__ = ["ALWAYS_JUDGED", "Broken", "Judge"]

NOT_STUCK = "not-stuck"
"""The property that an actor which was to end does not wait for ever."""
NOT_STARVED = "not-starved"
"""The property that an actor which was to end is not kept from it for ever."""
NO_EXCEPTION = "no-exception"
"""The property that no actor ends by an exception that it did not handle."""
ALWAYS_JUDGED = (NOT_STUCK, NOT_STARVED, NO_EXCEPTION)
"""What has to hold whatever else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A property that does not hold, and why."""

    name: str
    message: str


class Judge:
    """Judges the steps of one space."""

    def __init__(
        self,
        space: Space,
        *,
        always: Sequence[Property] = (),
        histories: Sequence[HistoryProperty] = (),
        sometimes: Sequence[Property] = (),
        eventually: Sequence[Property] = (),
    ) -> None:
        self.crashed_properties: dict[str, str] = {}
        self.unseen = {each.name for each in sometimes}
        self._space = space
        self._always = tuple(always)
        self._histories = tuple(histories)
        self._sometimes = tuple(sometimes)
        self._eventually = tuple(eventually)
        self._steps: dict[tuple[int, ...], Broken | None] = {}
        self._nodes: dict[int, Broken | None] = {}

    @property
    def views(self) -> frozenset[frozenset[str]]:
        """For each property of moments the services whose changes it can tell apart."""
        looked_at = (*self._always, *self._sometimes)
        return frozenset(frozenset(each.services) for each in looked_at)

    def at_beginning(self, state: State) -> Broken | None:
        """Judge the first state as a moment without a step.

        An actor may have ended before it called anything.
        """
        for number in state[: self._space.count]:
            broken = self._judge_node(self._space.memory.nodes[number])
            if broken is not None:
                return broken
        return self._judge(self._moment(None, state, state))

    def after(self, state: State, choice: Choice, new: State) -> Broken | None:
        """Judge a step."""
        space = self._space
        number = new[choice % space.count]
        if number not in self._nodes:
            self._nodes[number] = self._judge_node(space.memory.nodes[number])
        broken = self._nodes[number]
        if broken is not None:
            return broken
        before, after = space.services_of(state), space.services_of(new)
        if before == after:
            return None
        call = space.call_of(state, choice)
        actor = choice % space.count
        key = (actor, call.number if call else -1, space.periods(new), *before, *after)
        if key not in self._steps:
            made = self._made(state, choice)
            self._steps[key] = self._judge(self._moment(made, state, new))
        return self._steps[key]

    def at_rest(self, state: State) -> Broken | None:
        """Judge a state in which nobody has a step."""
        stuck = self._space.stuck(state)
        if stuck:
            return Broken(name=NOT_STUCK, message=f"{', '.join(stuck)} can never go on")
        space = self._space
        key = (-1, space.periods(state), *space.services_of(state))
        if key not in self._steps:
            moment = self._moment(None, state, state)
            self._steps[key] = self._first_broken(self._eventually, moment)
        return self._steps[key]

    def _judge(self, moment: Moment) -> Broken | None:
        for witness in self._sometimes:
            if (
                witness.name in self.unseen
                and _concerns(witness, moment)
                and self._holds(witness, moment)
            ):
                self.unseen.discard(witness.name)
        concerned = [each for each in self._always if _concerns(each, moment)]
        return self._first_broken(concerned, moment)

    def _first_broken(
        self, properties: Sequence[Property], moment: Moment
    ) -> Broken | None:
        for each in properties:
            try:
                message = broken_by(each.check(moment))
            except Exception:  # noqa: BLE001 - a property may be anybody's code
                self.crashed_properties.setdefault(each.name, traceback.format_exc())
                continue
            if message is not None:
                return Broken(name=each.name, message=message)
        return None

    def _holds(self, witness: Property, moment: Moment) -> bool:
        try:
            return broken_by(witness.check(moment)) is None
        except Exception:  # noqa: BLE001 - a property may be anybody's code
            self.crashed_properties.setdefault(witness.name, traceback.format_exc())
            return False

    def _judge_node(self, node: Node) -> Broken | None:
        if node.kind is Kind.RAISED:
            name = self._space.actors[node.actor].name
            return Broken(name=NO_EXCEPTION, message=f"{name} ended by {node.error}")
        if not self._histories or node.is_over:
            return None
        remembered = node.kept or (self._history(node),) * len(self._histories)
        for each, held in zip(self._histories, remembered, strict=True):
            try:
                message = broken_by(each.check(held))
            except Exception:  # noqa: BLE001 - a property may be anybody's code
                self.crashed_properties.setdefault(each.name, traceback.format_exc())
                continue
            if message is not None:
                actor = self._space.actors[node.actor].name
                return Broken(name=each.name, message=f"{actor} {message}")
        return None

    def _history(self, node: Node) -> tuple[Made, ...]:
        history = []
        while node.parent is not None:
            if node.parent.call is not None:
                history.append(self._space.memory.made_at(node.parent, node.answer))
            node = node.parent
        return tuple(reversed(history))

    def _made(self, state: State, choice: Choice) -> Made | None:
        call = self._space.call_of(state, choice)
        if call is None:
            return None
        lost = choice // self._space.count == 1
        return Made.of(
            call,
            actor=self._space.actor_of(choice).name,
            status=0 if lost else self._space.status_of(state, call),
        )

    def _moment(self, made: Made | None, before: State, after: State) -> Moment:
        space = self._space

        def contents(state: State) -> dict[str, object]:
            numbers = space.services_of(state)
            return {
                service: space.world.contents(number)
                for service, number in zip(SERVICES, numbers, strict=True)
            }

        return Moment(
            made=made,
            before=contents(before),  # type: ignore[arg-type]
            after=contents(after),  # type: ignore[arg-type]
            now_ms=space.now_ms(after),
        )


def _concerns(each: Property, moment: Moment) -> bool:
    """Answer whether a step changed a service that a property looks at."""
    if moment.made is None:
        return True
    before, after = moment.before, moment.after
    return any(before[service] is not after[service] for service in each.services)
