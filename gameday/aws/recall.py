"""How does a program get to where it was without making its calls again?

A deterministic program that is run again from its start makes the same clients
and the same calls, and gets the same results. While `recalled()` is in force, a
program with a `Memory` in its context is handed what it had before: the clients
it made (by the order of making them) and the results of the calls that
were completed. Serialising, signing and parsing happened when the call was first
made; what comes after the remembered part happens for real.

The dangerous part is a program that is not deterministic: `Memory` compares every
operation and its parameters with what was remembered and says where they differ.
"""

from __future__ import annotations

import copy
import pickle
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3.session
import botocore.client
import botocore.session
from botocore.exceptions import ClientError

from gameday.aws.attempts import ReplyLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

    from gameday.aws.attempts import Attempt, Reply

__all__ = [
    "MEMORY",
    "CallMemory",
    "Completed",
    "Exchange",
    "ProgramMemory",
    "is_api_call",
    "recalled",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """One API call that returned or raised.

    Attributes:
        begun_at: how many scheduling points the program had passed at its begin.
        operation: the operation's name.
        parameters: its arguments as Python shows them.
        result: makes a fresh copy of what was returned, or raises.
    """

    begun_at: int
    operation: str
    parameters: str
    result: Callable[[], Any]


class CallMemory(Protocol):
    """What one run of a program remembers of earlier runs."""

    def recall(self, operation: str, parameters: str) -> Completed | None:
        """Return the call that is about to be made if it was completed before."""
        ...

    def begin_call(self) -> int:
        """Return how many scheduling points the program has passed at a call."""
        ...

    def answer(self, attempt: Attempt) -> Reply:
        """Answer an attempt; raises ReplyLost."""
        ...

    def supply(self, reply: Reply | None) -> None:
        """Keep an answer that has come for the attempt that is made next."""
        ...

    def plain_exchange(self, begun_at: int) -> tuple[Attempt, Reply] | None:
        """Return the one attempt of a call and its reply.

        None when there were several, a sleep, or random bytes in the request.
        """
        ...

    def note(self, completed: Completed) -> None:
        """Remember a call that has just been completed for real."""
        ...

    def made(self) -> ProgramMemory:
        """Return the clients and sessions of the program."""
        ...

    def next_made(self) -> int:
        """Return how many clients and sessions this run had made, and count one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A call as it goes over the wire, and what each reply to it comes to."""

    attempt: Attempt
    results: dict[Reply, Callable[[], Any]]


class ProgramMemory:
    """The boto3 sessions and clients that a program made, in order.

    With each client goes what its calls are on the wire and what their replies come
    to: botocore's serialiser and its parser are functions, so a pair that was met
    before need not go through them again.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[str, Any]] = {}
        self._places: dict[int, int] = {}
        self._exchanges: dict[tuple[int | None, str, str], Exchange] = {}

    def get(self, place: int, described: str, make: Callable[[], Any]) -> Any:
        """Return what was made at this place, if it was described alike."""
        found = self._made.get(place)
        if found is None or found[0] != described:
            found = self._made[place] = (described, make())
            self._places[id(found[1])] = place
        return found[1]

    def exchange(self, client: Any, operation: str, parameters: str) -> Exchange | None:
        """Return a call that was made before, None for a new one."""
        return self._exchanges.get((self.place_of(client), operation, parameters))

    def learn(
        self,
        client: Any,
        completed: Completed,
        exchanged: tuple[Attempt, Reply],
    ) -> None:
        """Remember what a reply to a call comes to."""
        place = self.place_of(client)
        if place is None:
            return
        attempt, reply = exchanged
        known = self._exchanges.setdefault(
            (place, completed.operation, completed.parameters),
            Exchange(attempt=attempt, results={}),
        )
        known.results[reply] = completed.result

    def place_of(self, made: Any) -> int | None:
        """Return the place of a client by its identity, None for anything else."""
        return self._places.get(id(made))


MEMORY: ContextVar[CallMemory | None] = ContextVar("MEMORY", default=None)
"""The memory of the program that runs in this context."""


def is_api_call(code: CodeType) -> bool:
    """Answer whether this is `make_api_call`, which every API call passes."""
    return code.co_name == "make_api_call" and code.co_filename == __file__


@contextmanager
def recalled() -> Iterator[None]:
    """Hand programs that have a memory what they had before."""
    client, session = botocore.client.BaseClient, boto3.session.Session
    core = botocore.session.Session
    originals = (
        client._make_api_call,  # type: ignore[attr-defined] # noqa: SLF001 - the one place every call passes
        session.__init__,
        core.create_client,
    )
    _replace(_recalling(originals[0]), _reusing(originals[1]), _keeping(originals[2]))
    try:
        yield
    finally:
        _replace(*originals)


def _replace(call: Any, session_init: Any, create_client: Any) -> None:
    botocore.client.BaseClient._make_api_call = call  # type: ignore[attr-defined] # noqa: SLF001 - see above
    boto3.session.Session.__init__ = session_init  # type: ignore[method-assign]
    botocore.session.Session.create_client = create_client  # type: ignore[method-assign]


def _recalling(call: Callable[..., Any]) -> Callable[..., Any]:
    def make_api_call(self: Any, operation: str, parameters: Any) -> Any:
        memory = MEMORY.get()
        if memory is None:
            return call(self, operation, parameters)
        described = repr(parameters)
        known = memory.recall(operation, described)
        if known is not None:
            return known.result()
        begun_at = memory.begin_call()
        exchange = memory.made().exchange(self, operation, described)
        if exchange is not None:
            answer = _exchanged(memory, exchange)
            if answer is not None:
                memory.note(_completed(begun_at, operation, described, answer))
                return answer()
        try:
            result = call(self, operation, parameters)
        except Exception as error:
            raised = _raiser(error)
            if raised:
                completed = _completed(begun_at, operation, described, raised)
                _remember(memory, self, completed)
            raise
        returned = _returner(result)
        if returned:
            completed = _completed(begun_at, operation, described, returned)
            _remember(memory, self, completed)
        return result

    return make_api_call


def _exchanged(memory: CallMemory, exchange: Exchange) -> Callable[[], Any] | None:
    """Make the known attempt; return what its reply is known to come to.

    None when it is not: the reply then waits for the library's own attempt.
    """
    try:
        reply = memory.answer(exchange.attempt)
    except ReplyLost:
        memory.supply(None)
        return None
    known = exchange.results.get(reply)
    if known is None:
        memory.supply(reply)
    return known


def _remember(memory: CallMemory, client: Any, completed: Completed) -> None:
    memory.note(completed)
    plain = memory.plain_exchange(completed.begun_at)
    if plain is not None:
        memory.made().learn(client, completed, plain)


def _reusing(session_init: Callable[..., Any]) -> Callable[..., Any]:
    def init(self: Any, *arguments: Any, **named: Any) -> None:
        memory = MEMORY.get()
        if memory is None:
            session_init(self, *arguments, **named)
            return

        def make() -> dict[str, Any]:
            session_init(self, *arguments, **named)
            return dict(self.__dict__)

        described = f"session {arguments!r} {sorted(named.items(), key=str)!r}"
        kept = memory.made().get(memory.next_made(), described, make)
        self.__dict__.update(kept)

    return init


def _keeping(create_client: Callable[..., Any]) -> Callable[..., Any]:
    def create(self: Any, *arguments: Any, **named: Any) -> Any:
        memory = MEMORY.get()
        if memory is None:
            return create_client(self, *arguments, **named)
        shown = {name: _shown(value) for name, value in sorted(named.items())}
        return memory.made().get(
            memory.next_made(),
            f"client {arguments!r} {shown!r}",
            lambda: create_client(self, *arguments, **named),
        )

    return create


def _completed(
    begun_at: int, operation: str, parameters: str, result: Callable[[], Any]
) -> Completed:
    return Completed(
        begun_at=begun_at, operation=operation, parameters=parameters, result=result
    )


def _shown(value: Any) -> Any:
    """Return a config by its settings, anything else as it is."""
    options = getattr(value, "_user_provided_options", None)
    return sorted(options.items(), key=str) if options is not None else value


def _returner(result: Any) -> Callable[[], Any] | None:
    """Return what copies the result, None for one that cannot be (a stream)."""
    try:
        kept = pickle.dumps(result)
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return lambda: pickle.loads(kept)  # noqa: S301 - our own bytes


def _raiser(error: Exception) -> Callable[[], Any] | None:
    kind = type(error)
    if isinstance(error, ClientError):
        response = copy.deepcopy(error.response)
        operation = error.operation_name

        def raise_again() -> Any:
            raise kind(copy.deepcopy(response), operation)

        return raise_again
    options = getattr(error, "kwargs", None)
    if not isinstance(options, dict):
        return None

    def raise_alike() -> Any:
        raise kind(**options)

    return raise_alike
