"""How does a process get a network of its own, or into that of a stage?

`isolate` puts the whole process that plays (`gameday run`, `gameday up`) into a
private network and mount namespace, before it starts anything. Every stage that
it then opens is inside with it: emulator, edge, actors. Loopback is all there is,
so a forgotten endpoint fails in DNS and no address outside is ever reached; files
and processes are the machine's, and so are sockets that are files, such as
Docker's. The namespaces last as long as somebody is in them.

From outside, a stage's keeper is the door: `enter` goes through it for good,
`ask_inside` sends a child. Both are for processes with a single thread.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.errors import GamedayError, InvalidInput, RegionFailed
from gameday.stage.isolation_calls import (
    cover_folder,
    enter_namespaces,
    join_namespaces,
    open_namespaces,
    own_network,
    place_files,
    separate_mounts,
)
from gameday.stage.isolation_refusal import (
    explain,
    explain_other_system,
    read_host_facts,
    system_name,
)
from gameday.stage.isolation_rules import (
    HOSTS,
    NAME_SERVICES,
    RESOLV_CONF,
    hosts_text,
    name_services_text,
    resolv_conf_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.stage.state import StageState

__all__ = [
    "ask_inside",
    "enter",
    "isolate",
    "isolated_network",
    "name_resolver",
    "stands_outside",
]

NETWORK_VARIABLE = "GAMEDAY_NETWORK"
"""The network that `isolate` made, for this process and what it starts."""

_FIRST_RESOLVER = "127.0.20.1"
_NAME_CACHE = Path("/var/run/nscd")
"""Where the C library asks a cache of the machine's before it asks a resolver."""


def isolate() -> None:
    """Move this process into a private network and mount namespace.

    As root it takes nothing but these two; otherwise it goes into a user
    namespace as well, in which it stays the same user. To be called before
    anything is started and while there is one thread.

    Raises:
        InvalidInput: this machine refuses it; the reason found, and what to do.
            Nothing was started, and the process should end.
    """
    if sys.platform != "linux":
        raise InvalidInput(explain_other_system(system_name()))
    if not Path(RESOLV_CONF).exists():
        raise InvalidInput(
            f"--isolate puts a file in the place of {RESOLV_CONF}, and there is none; "
            f"make an empty one: sudo touch {RESOLV_CONF}"
        )
    files = {
        RESOLV_CONF: resolv_conf_text(_FIRST_RESOLVER),
        HOSTS: hosts_text(socket.gethostname()),
        NAME_SERVICES: name_services_text(_text(NAME_SERVICES)),
    }
    # Half way in, this process no longer looks like who it was.
    facts = read_host_facts()
    try:
        _enter_namespaces()
        place_files({path: text for path, text in files.items() if Path(path).exists()})
        if _NAME_CACHE.is_dir():
            cover_folder(_NAME_CACHE)
    except OSError as error:
        raise InvalidInput(explain(error, facts)) from error
    os.environ[NETWORK_VARIABLE] = own_network()


def isolated_network() -> str:
    """Return the network that `isolate` put this process into, "" for none."""
    noted = os.environ.get(NETWORK_VARIABLE, "")
    return noted if noted and noted == own_network() else ""


def name_resolver(address: str) -> None:
    """Let whoever is in these namespaces and in no zone ask the resolver there."""
    text = resolv_conf_text(address)
    if _text(RESOLV_CONF) != text:
        place_files({RESOLV_CONF: text})


def stands_outside(state: StageState) -> bool:
    """Whether the stage's network is another one than this process's."""
    return bool(state.network) and state.network != own_network()


def enter(state: StageState, *, resolver: str) -> None:
    """Move this process into the stage's namespaces, as a program of one zone.

    Args:
        state: an isolated stage that is alive.
        resolver: IP address of the zone's resolver.

    Raises:
        RegionFailed: it cannot; the stage may be another user's.
    """
    try:
        _join(state)
        if _text(RESOLV_CONF) != resolv_conf_text(resolver):
            separate_mounts()
            place_files({RESOLV_CONF: resolv_conf_text(resolver)})
    except OSError as error:
        raise _no_entry(state, error) from error


def ask_inside(state: StageState, question: Callable[[], Any]) -> Any:
    """Return what `question` returns when it is asked in the stage's network.

    Args:
        state: a stage that is alive, isolated or not.
        question: returns something that JSON can carry.

    Raises:
        RegionFailed: the network cannot be entered, or the question failed.
    """
    if not stands_outside(state):
        return question()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer_and_end(state, question, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    answer = json.loads(said or b'{"error": "the child that was sent in died"}')
    if "error" in answer:
        raise RegionFailed(answer["error"])
    return answer["value"]


def _answer_and_end(
    state: StageState, question: Callable[[], Any], writing: int
) -> None:
    """Ask, write the answer and end; never returns to the code of the parent."""
    answer: dict[str, Any] = {"error": "the question was not answered"}
    try:
        _join(state)
        answer = {"value": question()}
    except OSError as error:
        answer = {"error": str(_no_entry(state, error))}
    except GamedayError as error:
        answer = {"error": str(error)}
    finally:
        with os.fdopen(writing, "wb") as stream:
            stream.write(json.dumps(answer).encode())
        os._exit(0)


def _enter_namespaces() -> None:
    """Take the namespaces as we are; without the right to, with a user namespace."""
    try:
        enter_namespaces(as_user=False)
    except PermissionError:
        enter_namespaces(as_user=True)


def _join(state: StageState) -> None:
    opened = open_namespaces(state.pid)
    # Looked at after they were opened: the number may have been reused before.
    if not state.is_alive:
        raise ProcessLookupError(0, "its keeper is gone", str(state.pid))
    join_namespaces(opened)


def _no_entry(state: StageState, error: OSError) -> RegionFailed:
    hint = ""
    if isinstance(error, PermissionError):
        hint = (
            "; only the user who opened it may, from outside of it "
            "(one opened with sudo: with sudo)"
        )
    return RegionFailed(f"cannot enter stage {state.id}: {error}{hint}")


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
