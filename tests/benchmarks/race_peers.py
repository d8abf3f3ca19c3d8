"""What does one peer find in the race of `race_programs`? Run by the peer's own Python.

    python race_peers.py frontrun-dpor 2 racing 60 7

searches with one peer (for how many enactors, racing or locked, for at most how many
seconds, from which seed) and prints one JSON document. The programs run unchanged on
boto3 and moto in this process; each execution begins with a fresh world.

Every peer is used as its own documentation says, by its public interface. Two choices
are in their favour: the clients are made once, not in each execution; and moto is a
server for frontrun's DPOR, which sees what programs share by their sockets, and in
process would see nothing to search.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.dynamodb.models import dynamodb_backends
from moto.route53.models import route53_backends
from race_programs import clients, enact, has_address, plan_twice, set_up

EXECUTIONS_MAX = 1_000_000
RUN_TIMEOUT_S = 60.0
PREEMPTIONS_MAX = 2
SERVER_DEADLINE_S = 30.0
SERVER_PAUSE_S = 0.1

Program = Callable[[], None]


@dataclass(kw_only=True)
class Found:
    """What a peer came to.

    Attributes:
        found: whether it found the endpoint without an address.
        exhausted: whether it says that it has seen everything within its own bound.
        executions: how many it carried out.
        seconds: how long it searched, without starting up.
        version: of the peer.
        note: what else it says.
    """

    found: bool
    exhausted: bool
    executions: int
    seconds: float = 0.0
    version: str = ""
    note: str = ""


class World:
    """A fresh emulator with what exists before, for one execution at a time."""

    def __init__(self, enactors: int, *, locked: bool) -> None:
        self.enactors = enactors
        self.locked = locked
        self.dynamodb, self.route53 = clients()
        self.zone_id = ""

    def renew(self) -> World:
        """Begin again."""
        for backends in (dynamodb_backends, route53_backends):
            _reset(backends)
        self.zone_id = set_up(self.dynamodb, self.route53)
        return self

    def plan(self) -> None:
        plan_twice(self.dynamodb, self.route53, self.zone_id)

    def enact(self) -> None:
        enact(self.dynamodb, self.route53, self.zone_id, locked=self.locked)

    @property
    def programs(self) -> list[Program]:
        return [self.plan, *[self.enact] * self.enactors]

    def is_whole(self) -> bool:
        return has_address(self.route53, self.zone_id)


class ServedWorld(World):
    """The same behind moto's server."""

    def __init__(self, url: str, enactors: int, *, locked: bool) -> None:
        self._reset_url = f"{url}/moto-api/reset"
        os.environ["AWS_ENDPOINT_URL"] = url
        super().__init__(enactors, locked=locked)

    def renew(self) -> World:
        """Begin again."""
        urllib.request.urlopen(self._reset_url, data=b"").read()
        self.zone_id = set_up(self.dynamodb, self.route53)
        return self


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto's server as a process; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # It is not one of the programs whose order is chosen.
    env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _await(port: int) -> None:
    until_s = time.monotonic() + SERVER_DEADLINE_S
    while time.monotonic() < until_s:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(SERVER_PAUSE_S)
        else:
            return
    raise TimeoutError(f"moto's server does not listen on port {port}")


def _reset(backends: BackendDict) -> None:
    for account in backends.values():
        for backend in account.values():
            backend.reset()


def by_frontrun_dpor(world: World, seconds: float, _seed: int) -> Found:
    """Search by DPOR within two preemptions, its default."""
    return _by_frontrun(world, seconds, strategy="dpor")


def by_frontrun_random(world: World, seconds: float, seed: int) -> Found:
    """Draw schedules."""
    return _by_frontrun(
        world,
        seconds,
        strategy="random",
        seed=seed,
        max_attempts=EXECUTIONS_MAX,
    )


def _by_frontrun(world: World, seconds: float, **how: Any) -> Found:
    import frontrun

    try:
        told = frontrun.explore(
            setup=world.renew,
            workers=[lambda w: w.plan(), *[lambda w: w.enact()] * world.enactors],
            invariant=lambda w: w.is_whole(),
            total_timeout=seconds,
            timeout_per_run=RUN_TIMEOUT_S,
            deadlock_timeout=RUN_TIMEOUT_S,
            reproduce_on_failure=0,
            **how,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return Found(
            found=False,
            exhausted=False,
            executions=0,
            note=f"{type(error).__name__}: {error}"[:200],
        )
    return Found(
        found=told.property_holds is False,
        exhausted=bool(told.exhausted),
        executions=told.num_explored,
        note=f"property_holds={told.property_holds}",
    )


def by_interleave_random(world: World, seconds: float, seed: int) -> Found:
    """Let interleave-test draw at each line."""
    return _by_interleave(world, seconds, strategy="random", seed=seed)


def by_interleave_dfs(world: World, seconds: float, seed: int) -> Found:
    """Let interleave-test go through all within two preemptions, line by line."""
    return _by_interleave(
        world, seconds, strategy="dfs", seed=seed, max_preemptions=PREEMPTIONS_MAX
    )


class _OutOfTime(Exception):
    """The search has had its time; interleave-test has no limit of its own."""


def _by_interleave(world: World, seconds: float, **how: Any) -> Found:
    import interleave_test

    began_s = time.perf_counter()
    executions = 0

    def model() -> None:
        nonlocal executions
        if time.perf_counter() - began_s > seconds:
            raise _OutOfTime
        executions += 1
        with interleave_test.no_interleave():
            world.renew()
        tasks = [interleave_test.spawn(each) for each in world.programs]
        for task in tasks:
            task.join()
        with interleave_test.no_interleave():
            assert world.is_whole()

    told = interleave_test.explore(
        model,
        iterations=EXECUTIONS_MAX,
        granularity="line",
        patch_time=False,
        timeout=RUN_TIMEOUT_S,
        raise_on_failure=False,
        **how,
    )
    failure = "" if told.failure is None else repr(told.failure)
    return Found(
        found=told.failure is not None and "AssertionError" in failure,
        exhausted=told.exhausted,
        executions=executions,
        note="" if "_OutOfTime" in failure else failure[:200],
    )


class _Calls:
    """One execution that goes from AWS call to AWS call, by greenlets."""

    def __init__(self, programs: Sequence[Program]) -> None:
        import greenlet

        self._switch = greenlet.getcurrent().switch
        self.running = [greenlet.greenlet(each) for each in programs]
        for each in self.running:
            each.switch()

    def able(self) -> list[int]:
        return [n for n, each in enumerate(self.running) if not each.dead]


def by_reexecution_random(world: World, seconds: float, seed: int) -> Found:
    """Carry out every execution for real and draw before each AWS call."""
    drawing = random.Random(seed)
    return _by_reexecution(world, seconds, lambda able, _: drawing.choice(able))


def by_reexecution_dfs(world: World, seconds: float, _seed: int) -> Found:
    """Carry out every execution for real, one order of the AWS calls after another."""
    tree = _Tree()
    return _by_reexecution(world, seconds, tree.choose, tree.is_done)


class _Tree:
    """All ways to choose, depth first."""

    def __init__(self) -> None:
        self._way: list[list[int]] = []

    def choose(self, able: list[int], depth: int) -> int:
        if depth == len(self._way):
            self._way.append(list(reversed(able)))
        return self._way[depth][-1]

    def is_done(self) -> bool:
        """Go to the next way; answers whether there is none."""
        while self._way:
            self._way[-1].pop()
            if self._way[-1]:
                return False
            self._way.pop()
        return True


def _by_reexecution(
    world: World,
    seconds: float,
    choose: Callable[[list[int], int], int],
    is_done: Callable[[], bool] = lambda: False,
) -> Found:
    import botocore.client
    import greenlet

    call = botocore.client.BaseClient._make_api_call
    main = greenlet.getcurrent()

    def paused(*given: Any) -> Any:
        if greenlet.getcurrent() is not main:
            main.switch()
        return call(*given)

    botocore.client.BaseClient._make_api_call = paused
    began_s = time.perf_counter()
    executions = 0
    while time.perf_counter() - began_s < seconds:
        executions += 1
        stage = _Calls(world.renew().programs)
        depth = 0
        while able := stage.able():
            stage.running[choose(able, depth)].switch()
            depth += 1
        if not world.is_whole():
            return Found(found=True, exhausted=False, executions=executions)
        if is_done():
            return Found(found=False, exhausted=True, executions=executions)
    return Found(found=False, exhausted=False, executions=executions)


SERVED = frozenset({"frontrun-dpor"})
PEERS: dict[str, tuple[Callable[[World, float, int], Found], str]] = {
    "frontrun-dpor": (by_frontrun_dpor, "frontrun"),
    "frontrun-random": (by_frontrun_random, "frontrun"),
    "interleave-random": (by_interleave_random, "interleave-test"),
    "interleave-dfs": (by_interleave_dfs, "interleave-test"),
    "reexecution-random": (by_reexecution_random, "moto"),
    "reexecution-dfs": (by_reexecution_dfs, "moto"),
}
"""Name -> what searches, and the distribution whose version is told."""


def main() -> None:
    """Search as the command line says."""
    name, enactors, kind, seconds, seed = sys.argv[1:]
    search, distribution = PEERS[name]
    with ExitStack() as until_then:
        locked = kind == "locked"
        if name in SERVED:
            url = until_then.enter_context(moto_server())
            world: World = ServedWorld(url, int(enactors), locked=locked)
        else:
            until_then.enter_context(mock_aws())
            world = World(int(enactors), locked=locked)
        world.renew()
        began_s = time.perf_counter()
        found = search(world, float(seconds), int(seed))
        found.seconds = time.perf_counter() - began_s
    found.version = f"{distribution} {importlib.metadata.version(distribution)}"
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    main()
