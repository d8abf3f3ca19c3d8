"""Where do `aws` and octoDNS come from, and how does a test run them?

They live in a virtual environment of their own, apart from gameday's, because
they are other people's programs with other people's pins. It is made once and
kept in the person's cache; a stamp that is written last says that it is whole.
Where it cannot be made, the tests skip with the reason, and fail where
GAMEDAY_REQUIRE_TOOLS is set.

A program is given nothing of gameday's: AWS_ENDPOINT_URL, credentials, a region.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import dns.message
import dns.query
import pytest
from stage_traces import eventually

from gameday.model.history import Op
from gameday.stage.open_edge import OpenEdge

KEYS = {
    "octodns": "AKIAOCTODNS000000001",
    "aws": "AKIAAWSCLI0000000001",
    "chaosaws": "AKIACHAOSAWS00000001",
}
REGION = f"""\
name: foreign
aws_region: us-east-1
availability_zones: [az1]
load_balancers:
  - {{name: lb-1, address: 127.0.10.91, az: az1}}
endpoints: [service.gameday.test]
dns: {{edges: [127.0.30.91], resolvers: {{az1: 127.0.20.91}}, negative_ttl_s: 1}}
actors: {{}}
callers: {json.dumps(KEYS)}
"""

T = TypeVar("T")

FIRST_START_S = 420
"""What a test may take that also has to make the environment first."""

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_INSTALL_DEADLINE_S = 300.0
_RUN_DEADLINE_S = 100.0
_ANSWER_DEADLINE_S = 5.0


def programs_folder() -> Path:
    """Return the folder with `aws` and `octodns-sync`, made when it is missing."""
    cache = os.environ.get("XDG_CACHE_HOME")
    base = (Path(cache) if cache else Path.home() / ".cache") / "gameday"
    pins = _REQUIREMENTS.read_bytes() + sys.version.encode()
    made = base / f"foreign-programs-{hashlib.sha256(pins).hexdigest()[:12]}"
    made.mkdir(parents=True, exist_ok=True)
    with (made / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "done").exists():
            _install(made / "venv")
            (made / "done").touch()
    return made / "venv" / "bin"


def _install(venv: Path) -> None:
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [*pip, "install", "--quiet", "-r", str(_REQUIREMENTS)],
    ):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_INSTALL_DEADLINE_S,
            check=False,
        )
        if done.returncode != 0:
            missing = f"no aws and octodns: {done.stderr.strip()[-400:]}"
            if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
                pytest.fail(missing)
            pytest.skip(missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """An edge and the programs around it.

    Attributes:
        edge: stands in front of the emulator.
        programs: the folder of the foreign programs.
        folder: their home and working folder.
    """

    edge: OpenEdge
    programs: Path
    folder: Path

    def environment(self, actor: str) -> dict[str, str]:
        """Return all that a foreign program learns of gameday."""
        return {
            "AWS_ENDPOINT_URL": self.edge.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEYS[actor],
            "AWS_SECRET_ACCESS_KEY": "of-no-account",
            "HOME": str(self.folder),
        }

    def run(
        self, actor: str, *command: object, environment: Mapping[str, str] | None = None
    ) -> Ran:
        """Run a program to its end, as an actor, whatever status it ends with."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=self.folder,
            env={
                **self.environment(actor),
                "PATH": os.pathsep.join([str(self.programs), os.environ["PATH"]]),
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_RUN_DEADLINE_S,
            check=False,
        )
        return Ran(status=done.returncode, out=done.stdout, err=done.stderr)

    def ask(self, name: str, record_type: str = "A") -> list[str]:
        """Return what the authoritative server answers, sorted."""
        return self._ask(self.edge.stage.state.edge["dns_edges"][0], name, record_type)

    def ask_resolver(self, name: str, record_type: str = "A") -> list[str]:
        """Return what the zone's caching resolver answers, sorted."""
        resolver = self.edge.stage.state.edge["resolvers"]["az1"]
        return self._ask(resolver, name, record_type)

    def await_answer(self, name: str, *values: str, record_type: str = "A") -> None:
        """Return once DNS answers just so; a change takes its time to get there."""
        wanted = sorted(values)
        eventually(lambda: self.ask(name, record_type) == wanted)

    def watch(self, actor: str, work: Callable[[], T]) -> tuple[T, list[Op]]:
        """Return what `work` came to, and the calls that the actor made meanwhile."""
        before = len(self.edge.history())
        result = work()
        ops = [op for op in self.edge.control.history(before) if op.actor == actor]
        return result, ops

    @contextmanager
    def meeting_once(self, fault: str, actor: str, operation: str) -> Iterator[None]:
        """Let the next such call meet a fault, and no other after it."""
        rule = self.edge.control.set_rule(
            {
                "match": {"actor": actor, "operation": operation},
                "fault": {"kind": fault},
                "count": 1,
            }
        )
        try:
            yield
        finally:
            self.edge.control.remove_rule(rule)

    @staticmethod
    def _ask(server: tuple[str, int], name: str, record_type: str) -> list[str]:
        host, port = server
        query = dns.message.make_query(name, record_type)
        answer = dns.query.udp(query, host, port=port, timeout=_ANSWER_DEADLINE_S)
        return sorted(
            record.to_text()
            for rrset in answer.answer
            if rrset.rdtype == query.question[0].rdtype
            for record in rrset
        )
