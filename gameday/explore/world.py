"""What does AWS answer to a call in a given state, and which state follows?

The state of a service is an immutable mapping from resource to value, known by a
number: equal contents have equal numbers. Each distinct pair of (call, values that
the call depends on) is answered once, by the corrected emulator brought to that
state; every other occurrence is looked up. A reply is known by a number too.

Invariants: what the emulator changed lies inside what the call was declared to
write, or `FootprintBroken` is raised; a call's effect is a function of its reads
and of the values it overwrites, which replaying executions on a live emulator checks
(`equivalence`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gameday.emulators.in_process import SERVICES, InProcessEmulator
from gameday.errors import GamedayError
from gameday.explore.aws_call import AwsCall, AwsCalls, likeness
from gameday.explore.footprint import matches
from gameday.explore.projection import projection_of
from gameday.explore.questions import Questions
from gameday.model.zone import RecordSet, Zone, normalise_name

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from gameday.aws.attempts import Reply

__all__ = ["Contents", "FootprintBroken", "World", "WorldCounts"]

_GONE = 0
"""The number of the value of a resource that does not exist."""


class FootprintBroken(GamedayError):
    """A call changed something that it was not declared to write."""

    def __init__(self, call: AwsCall, resources: list[str]) -> None:
        self.call = call
        self.resources = resources
        super().__init__(
            f"{call.service} {call.operation} changed {', '.join(resources[:3])}, "
            f"which its footprint {call.footprint.writes[:3]} does not cover; the "
            "reduction would be wrong, so nothing is concluded"
        )


@dataclass(slots=True)
class WorldCounts:
    """How much was run and how much was looked up.

    Attributes:
        emulated: calls that the emulator answered.
        looked_up: calls that were answered from their footprint.
    """

    emulated: int = 0
    looked_up: int = 0


class Contents:
    """Everything of one service at one state, for properties and stories."""

    def __init__(self, values: Mapping[str, Hashable]) -> None:
        self.values = values

    def zone(self, name: str) -> Zone | None:
        """Return the hosted zone of a name, None when there is none."""
        apex = normalise_name(name)
        for resource in self.values:
            zone_id, _, rest = resource.removeprefix("route53:").partition("/")
            if rest == f"{apex}/SOA/":
                return self._zone(zone_id, apex)
        return None

    def items(self, table: str) -> tuple[str, ...]:
        """Return a table's items as JSON texts, in the order of their keys."""
        return tuple(
            str(self.values[resource])
            for resource in sorted(self.values)
            if resource.startswith("dynamodb:")
            and resource.split("/", 2)[1:2] == [table]
        )

    def _zone(self, zone_id: str, apex: str) -> Zone:
        prefix = f"route53:{zone_id}/"
        return Zone(
            id=zone_id,
            name=apex,
            record_sets={
                value.key: value
                for resource, value in self.values.items()
                if resource.startswith(prefix) and isinstance(value, RecordSet)
            },
        )


class World:
    """AWS as the actors meet it, in every state that was reached."""

    def __init__(self, emulator: InProcessEmulator) -> None:
        self.counts = WorldCounts()
        self.calls = AwsCalls(services=SERVICES, keys_of=emulator.keys_of)
        self.replies: list[Reply] = []
        self.reply_likeness: list[str] = []
        self.questions = Questions()
        self._emulator = emulator
        self._reply_numbers: dict[Reply, int] = {}
        self._values: list[Hashable] = [None]
        self._value_numbers: dict[Hashable, int] = {}
        self._states: list[dict[str, int]] = []
        self._state_numbers: dict[frozenset[tuple[str, int]], int] = {}
        self._contents: dict[int, Contents] = {}
        self._projections: dict[int, Callable[[dict[str, int]], Hashable]] = {}

    def adopt(self) -> tuple[int, ...]:
        """Return the state in which the emulator stands, one number a service."""
        contents = self._emulator.contents(all_of=frozenset(SERVICES))
        return tuple(
            self._intern_state(
                {
                    resource: self._intern_value(value)
                    for resource, value in contents.items()
                    if resource.startswith(f"{service}:")
                }
            )
            for service in SERVICES
        )

    def apply(self, call: AwsCall, state: int) -> tuple[int, int]:
        """Return (the reply's number, the next state) of the call's service."""
        outcome = call.outcomes.get(state)
        if outcome is None:
            self.questions.ask_world(call.number, state)
            outcome = call.outcomes[state] = self._apply(call, state)
        return outcome

    def apply_again(self, call: AwsCall, state: int) -> tuple[int, int]:
        """Return the same as `apply`, found out by the emulator whatever is known."""
        reply, changes = self._emulate(call, state)
        return reply, self._changed(state, changes)

    def contents(self, state: int) -> Contents:
        """Return everything of one service at a state."""
        found = self._contents.get(state)
        if found is None:
            found = self._contents[state] = Contents(self._unfolded(state))
        return found

    def put_back(self, states: tuple[int, ...]) -> None:
        """Bring the emulator itself to these states, one a service."""
        contents: dict[str, Hashable] = {}
        for state in states:
            contents.update(self._unfolded(state))
        self._emulator.load(contents)

    def is_known(self, states: tuple[int, ...]) -> bool:
        """Answer whether the emulator stands at these states."""
        return self.adopt() == states

    def _apply(self, call: AwsCall, state: int) -> tuple[int, int]:
        values = self._states[state]
        depends_on = self._projection(call)(values)
        effect = call.effects.get(depends_on)
        if effect is None:
            effect = call.effects[depends_on] = self._emulate(call, state)
            self.counts.emulated += 1
        else:
            self.counts.looked_up += 1
        reply, changes = effect
        return reply, self._changed(state, changes)

    def _changed(self, state: int, changes: tuple[tuple[str, int], ...]) -> int:
        if not changes:
            return state
        after = dict(self._states[state])
        for resource, value in changes:
            if value == _GONE:
                after.pop(resource, None)
            else:
                after[resource] = value
        return self._intern_state(after)

    def _emulate(
        self, call: AwsCall, state: int
    ) -> tuple[int, tuple[tuple[str, int], ...]]:
        service = f"{call.service}:"
        before = self._unfolded(state)
        # The other services stay as they are loaded: this call does not see them.
        others = {
            resource: value
            for resource, value in self._emulator.loaded.items()
            if not resource.startswith(service)
        }
        self._emulator.load({**others, **before})
        reply = self._emulator.answer(call.attempt)
        frames = frozenset() if call.footprint.is_known else frozenset({call.service})
        after = {
            resource: value
            for resource, value in self._emulator.contents(all_of=frames).items()
            if resource.startswith(service)
        }
        changed = sorted(
            resource
            for resource in {*before, *after}
            if before.get(resource) != after.get(resource)
        )
        undeclared = [
            resource
            for resource in changed
            if not any(matches(each, resource) for each in call.footprint.writes)
        ]
        if undeclared:
            raise FootprintBroken(call, undeclared)
        changes = tuple(
            (resource, self._intern_value(after.get(resource))) for resource in changed
        )
        return self._intern_reply(reply), changes

    def _projection(self, call: AwsCall) -> Callable[[dict[str, int]], Hashable]:
        found = self._projections.get(call.number)
        if found is None:
            found = self._projections[call.number] = projection_of(call)
        return found

    def _unfolded(self, state: int) -> dict[str, Hashable]:
        return {
            resource: self._values[value]
            for resource, value in self._states[state].items()
        }

    def _intern_state(self, values: dict[str, int]) -> int:
        key = frozenset(values.items())
        found = self._state_numbers.get(key)
        if found is None:
            found = self._state_numbers[key] = len(self._states)
            self._states.append(values)
        return found

    def _intern_value(self, value: Hashable) -> int:
        if value is None:
            return _GONE
        found = self._value_numbers.get(value)
        if found is None:
            found = self._value_numbers[value] = len(self._values)
            self._values.append(value)
        return found

    def _intern_reply(self, reply: Reply) -> int:
        found = self._reply_numbers.get(reply)
        if found is None:
            found = self._reply_numbers[reply] = len(self.replies)
            self.replies.append(reply)
            body = reply.body.decode("utf-8", "replace")
            self.reply_likeness.append(sys.intern(f"{reply.status} {likeness(body)}"))
        return found
