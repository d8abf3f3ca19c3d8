"""Which states can the actors and AWS be in, and which step leads where?

A state is a tuple of small integers: where each actor stands (a node of its memory),
the contents of each AWS service, and how many faults were spent. Equal tuples have
equal futures. Nothing here decides an order; strategies do.

How it works
    A step of an actor at a call makes the call and takes the actor to its next
    scheduling point. A step of a sleeper wakes it and makes its next call at once,
    because waking alone can be seen by nobody.

    A sleeper may be woken at any time, also when its round leads nowhere: somebody else
    may go on in the middle of it. Such steps lead back to states that are known, so
    only those who follow executions one by one leave them out (`moves`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.emulators.in_process import EPOCH_MS, SERVICES
from gameday.explore.actor_memory import ActorMemory
from gameday.explore.actor_nodes import LOST, Kind
from gameday.explore.interleaving import Faults, Step, StepKind
from gameday.explore.rounds import PATIENCE
from gameday.explore.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.actor import Actor
    from gameday.explore.aws_call import AwsCall
    from gameday.explore.properties import HistoryProperty
    from gameday.explore.world import World

__all__ = ["Choice", "Space", "State"]

State = tuple[int, ...]
"""Actor nodes in order, then a state for each of SERVICES, then what was spent."""

Choice = int
"""A step as a number: kind * (number of actors) + actor; see `Space.step_of`."""

_KINDS = (StepKind.GO, StepKind.LOSE_REPLY, StepKind.CRASH, StepKind.TIME_PASSES)
_BITS = 4


class Space:
    """All states of a set of actors over a world."""

    def __init__(
        self,
        actors: Sequence[Actor],
        world: World,
        *,
        faults: Faults | None = None,
        histories: Sequence[HistoryProperty] = (),
        patience: int = PATIENCE,
    ) -> None:
        """Take the world as it stands for the beginning."""
        self.actors = tuple(actors)
        self.world = world
        self.faults = faults or Faults()
        self.memory = ActorMemory(
            actors,
            world,
            faults=self.faults,
            histories=histories,
            patience=patience,
        )
        self.patience = patience
        self._waiting = Waiting(self.memory, world)
        budget = self.faults
        self.may_fail = bool(budget.crashes or budget.lost_replies or budget.expiries)
        self.count = len(self.actors)
        self.slots = {
            service: self.count + place for place, service in enumerate(SERVICES)
        }
        self._spent = self.count + len(SERVICES)
        services = world.adopt()
        self.initial: State = (
            *(self.memory.begin(number).number for number in range(self.count)),
            *services,
            0,
        )

    def step_of(self, choice: Choice) -> Step:
        """Return what a choice means."""
        kind = _KINDS[choice // self.count]
        actor = "" if kind is StepKind.TIME_PASSES else self.actor_of(choice).name
        return Step(actor=actor, kind=kind)

    def choice_of(self, step: Step) -> Choice:
        """Return the choice that a step stands for; KeyError for a strange actor."""
        kind = _KINDS.index(step.kind)
        if step.kind is StepKind.TIME_PASSES:
            return kind * self.count
        names = {actor.name: number for number, actor in enumerate(self.actors)}
        return kind * self.count + names[step.actor]

    def actor_of(self, choice: Choice) -> Actor:
        """Return the actor of a choice."""
        return self.actors[choice % self.count]

    def owner_of(self, choice: Choice) -> int:
        """Return the number of the actor of a choice, -1 when time passes."""
        kind, actor = divmod(choice, self.count)
        return -1 if kind == 3 else actor

    def choices(self, state: State) -> list[Choice]:
        """Return every step that is possible, in a fixed order."""
        found = [actor for actor in range(self.count) if self.may_go(state, actor)]
        if self.may_fail:
            found.extend(self._failures(state))
        return found

    def may_go(self, state: State, actor: int) -> bool:
        """Answer whether an actor has a step of its own."""
        node = self.memory.nodes[state[actor]]
        return not node.is_over

    def moves(self, state: State) -> list[Choice]:
        """Return the choices without those of sleepers who get nowhere."""
        return [each for each in self.choices(state) if self.leads_on(state, each)]

    def leads_on(self, state: State, choice: Choice) -> bool:
        """Answer whether a step is none of a sleeper who gets nowhere."""
        return choice >= self.count or not self._gets_nowhere(state, choice)

    def leaves_waiting(self, state: State) -> bool:
        """Answer whether somebody sleeps who gets nowhere."""
        return any(self._gets_nowhere(state, actor) for actor in range(self.count))

    def is_at_rest(self, state: State) -> bool:
        """Answer whether every actor has ended or gets nowhere; see `waiting`.

        While the search may still let time pass, nobody waits for good: what they wait
        for may be a lock that expires.
        """
        nodes = self.memory.nodes
        if (state[-1] & 15) < self.faults.expiries and not self.is_over(state):
            return False
        for actor in range(self.count):
            node = nodes[state[actor]]
            if node.kind is Kind.CALL or (
                node.kind is Kind.SLEEP and not self._gets_nowhere(state, actor)
            ):
                return False
        return True

    def is_calling(self, state: State, actor: int) -> bool:
        """Answer whether an actor would go on at once, were it not interrupted."""
        return self.memory.nodes[state[actor]].kind is Kind.CALL

    def call_of(self, state: State, choice: Choice) -> AwsCall | None:
        """Return the call that a step makes, None for a step without one."""
        kind = choice // self.count
        if kind > 1:
            return None
        node = self.memory.nodes[state[choice % self.count]]
        if node.kind is Kind.SLEEP:
            node = self._waiting.woken(node, self.periods(state))
        return node.call

    def step(self, state: State, choice: Choice) -> State:
        """Return the state after a possible step."""
        kind, actor = divmod(choice, self.count)
        if kind == 2:
            return self._put(
                state, actor, self.memory.crashed[actor].number, spent=1 << _BITS
            )
        if kind == 3:
            return (*state[:-1], state[-1] + 1)
        node = self.memory.nodes[state[actor]]
        if node.kind is Kind.SLEEP:
            node = self._waiting.woken(node, self.periods(state))
            if node.kind is not Kind.CALL:
                return self._put(state, actor, node.number)
        assert node.call is not None  # noqa: S101 - a step without a call is handled
        call = node.call
        slot = self.slots[call.service]
        reply, after = self.world.apply(call, state[slot])
        lost = kind == 1
        node = self.memory.next(node, LOST if lost else reply, self.periods(state))
        new = list(state)
        new[actor] = node.number
        new[slot] = after
        if lost:
            new[-1] += 1 << (2 * _BITS)
        return tuple(new)

    def schedule(self, choices: Sequence[Choice]) -> tuple[Step, ...]:
        """Return the steps that choices from the beginning are."""
        return tuple(self.step_of(choice) for choice in choices)

    def status_of(self, state: State, call: AwsCall) -> int:
        """Return the HTTP status that a call is answered with at a state."""
        reply, _ = self.world.apply(call, state[self.slots[call.service]])
        return self.world.replies[reply].status

    def is_over(self, state: State) -> bool:
        """Answer whether every actor has ended."""
        nodes = self.memory.nodes
        return all(nodes[state[actor]].is_over for actor in range(self.count))

    def stuck(self, state: State) -> tuple[str, ...]:
        """Return the actors that wait though they were to end, in a final state."""
        nodes = self.memory.nodes
        return tuple(
            actor.name
            for number, actor in enumerate(self.actors)
            if not actor.forever and not nodes[state[number]].is_over
        )

    def services_of(self, state: State) -> tuple[int, ...]:
        """Return the state of each service."""
        return state[self.count : self._spent]

    def spent(self, state: State) -> dict[str, int]:
        """Return how many faults of each kind were spent."""
        packed = state[-1]
        return {
            "expiries": packed & 15,
            "crashes": (packed >> _BITS) & 15,
            "lost_replies": packed >> (2 * _BITS),
        }

    def periods(self, state: State) -> int:
        """Return how often the search has let time pass."""
        return state[-1] & 15

    def now_ms(self, state: State) -> float:
        """Return the time on the clock of an actor that has not slept."""
        return float(EPOCH_MS + self.periods(state) * self.faults.expiry_ms)

    def _failures(self, state: State) -> list[Choice]:
        spent = self.spent(state)
        nodes = [self.memory.nodes[number] for number in state[: self.count]]
        alive = [actor for actor, node in enumerate(nodes) if not node.is_over]
        found = []
        if spent["lost_replies"] < self.faults.lost_replies:
            found += [
                self.count + actor for actor in alive if nodes[actor].kind is Kind.CALL
            ]
        if spent["crashes"] < self.faults.crashes:
            found += [2 * self.count + actor for actor in alive]
        if alive and spent["expiries"] < self.faults.expiries:
            found.append(3 * self.count)
        return found

    def _gets_nowhere(self, state: State, actor: int) -> bool:
        node = self.memory.nodes[state[actor]]
        return node.kind is Kind.SLEEP and self._waiting.gets_nowhere(
            node, state[self.count :]
        )

    def _put(self, state: State, actor: int, node: int, *, spent: int = 0) -> State:
        new = list(state)
        new[actor] = node
        new[-1] += spent
        return tuple(new)
