"""Which emulators can a stage be opened on, and is this one there?

An emulator is chosen by its name here, or by the loopback URL of one that runs
already. Each name says what stands for it: a module that is started as a process
(`own_process` has the rules), what would keep that from starting, and, for an
emulator that a person may have running, where it runs. Nobody else tells
emulators apart by name.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gameday.emulators import localstack_places, ministack
from gameday.emulators.plain_calls import is_loopback
from gameday.errors import InvalidInput, NotLoopback
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "CHOICES",
    "DEFAULT",
    "EMULATORS",
    "EXTERNAL",
    "EmulatorKind",
    "Place",
    "emulator_version",
    "find_emulator",
    "why_outside",
]

DEFAULT = "moto"
EXTERNAL = "external"
"""The kind of an emulator that was given by its URL."""

_ANSWER_DEADLINE_S = 5.0


def _nothing_missing() -> Iterator[str]:
    yield from ()


def _nowhere() -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorKind:
    """One emulator that has a name.

    Attributes:
        name: what people write.
        module: started as a process with --port and --lifeline.
        why_missing: yields every reason why it could not be started.
        running: the URL of one that a person's environment names, None when it
            names none; raises InvalidInput when what it names cannot be used.
        why_outside: yields why it would not be in the network of the process that
            starts it.
        version: asks one that serves at a URL for its version, "" for none to tell.
        ready_deadline_s: how long a start may take.
        grace_s: how long it may take to end when it is asked to.
    """

    name: str
    module: str
    why_missing: Callable[[], Iterator[str]] = _nothing_missing
    running: Callable[[], str | None] = _nowhere
    why_outside: Callable[[], Iterator[str]] = _nothing_missing
    version: Callable[[str], str] = localstack_places.reported_version
    ready_deadline_s: float = 45.0
    grace_s: float = 1.0


EMULATORS: Mapping[str, EmulatorKind] = {
    kind.name: kind
    for kind in (
        EmulatorKind(
            name="moto",
            module="gameday.emulators.moto",
            # It has no path for it, and takes its time to say so; its
            # distribution's version is in every verdict anyway.
            version=lambda _: "",
        ),
        EmulatorKind(
            name="ministack",
            module="gameday.emulators.ministack",
            why_missing=ministack.why_missing,
        ),
        EmulatorKind(
            name="localstack",
            module="gameday.emulators.localstack",
            why_missing=localstack_places.why_missing,
            running=localstack_places.running,
            why_outside=localstack_places.why_outside,
            ready_deadline_s=120.0,
            grace_s=12.0,
        ),
    )
}

CHOICES = "|".join((*EMULATORS, "URL"))
"""What an option takes, for its help text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an emulator is, or what is to be started.

    Attributes:
        kind: a name of `EMULATORS`, or `EXTERNAL`.
        url: where one runs already; "" when one is to be started.
    """

    kind: str
    url: str = ""


def find_emulator(chosen: str) -> Place:
    """Return what a person's choice, a name or a URL, stands for.

    Raises:
        InvalidInput: with every reason why it cannot be used.
        NotLoopback: it is not on this machine.
    """
    kind = EMULATORS.get(chosen)
    if kind is None:
        return Place(kind=EXTERNAL, url=_ensure_answers(chosen))
    running = kind.running()
    if running is not None:
        return Place(kind=kind.name, url=_ensure_answers(running))
    reasons = tuple(kind.why_missing())
    if reasons:
        raise InvalidInput(*reasons)
    return Place(kind=kind.name)


def why_outside(chosen: str) -> Iterator[str]:
    """Yield why a choice would not be in a private network of the stage's own."""
    kind = EMULATORS.get(chosen)
    if kind is not None:
        yield from kind.why_outside()
    elif "://" in chosen:
        yield (
            f"the emulator at {chosen} is outside of the private network; name one "
            f"that is started inside: {', '.join(EMULATORS)}"
        )


def emulator_version(kind: str, url: str) -> str:
    """Return the version that an emulator reports, "" when it does not.

    Args:
        kind: a name of `EMULATORS`, or `EXTERNAL`.
        url: where it serves.
    """
    known = EMULATORS.get(kind)
    ask = known.version if known else localstack_places.reported_version
    return ask(url)


def _ensure_answers(url: str) -> str:
    """Return `url` without its last slash, if something there speaks HTTP."""
    host, port = _ensure_loopback(url)
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_DEADLINE_S)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InvalidInput(f"no emulator answers at {url}: {why}") from error
    finally:
        connection.close()
    return url.rstrip("/")


def _ensure_loopback(url: str) -> tuple[str, int]:
    """Return host and port of a loopback URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError as error:
        raise InvalidInput(f"the emulator's URL {url!r} is wrong: {error}") from error
    if parts.scheme != "http" or not host:
        raise InvalidInput(
            f"{unknown_name('emulator', url, EMULATORS)} "
            "A URL such as http://127.0.0.1:4566 will do, too"
        )
    if not is_loopback(host):
        raise NotLoopback(url)
    return host, port
