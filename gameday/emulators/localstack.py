"""How is LocalStack 4.14.0 run as a process of the harness's own?

    python -m gameday.emulators.localstack --port 0 --lifeline

See `own_process` for how it begins and ends. In Docker where an engine has the
image, else in host mode (`localstack_places` has the order). In host mode its
files live in a temporary folder of this run alone, its plug-ins are those of
`localstack_plugin`, and it listens on loopback.

LocalStack says that it is available before a service has been loaded once, and
a service may fail to load. The line that says where it is comes after Route 53
and DynamoDB have answered.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gameday.clock import SystemClock
from gameday.emulators.localstack_install import find_installation
from gameday.emulators.localstack_places import (
    IMAGE,
    docker_answers,
    has_image,
    why_missing,
)
from gameday.emulators.own_process import (
    EXIT_INVALID_INPUT,
    HOST,
    announce,
    listen,
    parse,
    watch,
)
from gameday.emulators.plain_calls import PlainCalls
from gameday.errors import EmulatorUnavailable, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["main"]

READY_DEADLINE_S = 110.0
EXIT_FAILED = 1

_POLL_MS = 100
_STOP_DEADLINE_S = 8.0
_ACCESS_KEY = "AKIAGAMEDAYREADY0001"
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A run is over before the better of Java's compilers has paid for itself."""

_KEPT = ("PATH", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_EXPOSED = (
    "DynamoDB Local, behind LocalStack, listens on every interface of this machine, "
    "on a port of its own"
)
_OVERRIDDEN = (
    "there is no DynamoDB Local; LocalStack's provider override is used in its place"
)
_ENTRY_POINTS = """\
[localstack.aws.provider]
route53:gameday = gameday.emulators.localstack_plugin:route53
dynamodb:gameday = gameday.emulators.localstack_plugin:dynamodb

[localstack.runtime.server]
gameday = gameday.emulators.localstack_plugin:LoopbackServer
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    options = parse("localstack", arguments)
    try:
        if reasons := tuple(why_missing()):
            raise InvalidInput(*reasons)  # noqa: TRY301 - told like a taken port
        # LocalStack binds its port itself; a taken one is known at once.
        with listen("localstack", options.port) as free:
            port = free.getsockname()[1]
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_INVALID_INPUT
    watch(lifeline=options.lifeline, stop=_leave)
    with tempfile.TemporaryDirectory(
        prefix="gameday-localstack-", ignore_cleanup_errors=True
    ) as folder:
        return _serve(port, Path(folder))


def _leave() -> None:
    raise SystemExit(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """One way to start LocalStack.

    Attributes:
        command: what is run.
        env: its whole environment.
        note: what a person should know of it.
        cleaning: run when it has been killed, for what it may leave.
    """

    command: tuple[str, ...]
    env: Mapping[str, str]
    note: str = ""
    cleaning: tuple[str, ...] = ()


def _serve(port: int, folder: Path) -> int:
    start = _docker(port) or _host_mode(port, folder)
    child = subprocess.Popen(  # noqa: S603 - a command of this module
        start.command,
        env=start.env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        start_new_session=True,
    )
    try:
        url = f"http://{HOST}:{port}"
        _await_ready(url, child)
        announce(url, note=start.note)
        return child.wait() or EXIT_FAILED
    except EmulatorUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    finally:
        _stop(child, start)


def _docker(port: int) -> _Start | None:
    if not (docker_answers() and has_image()):
        return None
    name = f"gameday-localstack-{port}"
    published = f"{HOST}:{port}:4566"
    return _Start(
        command=("docker", "run", "--rm", "--name", name, "-p", published, IMAGE),
        env=os.environ,
        cleaning=("docker", "rm", "--force", name),
    )


def _host_mode(port: int, folder: Path) -> _Start:
    """Return what starts LocalStack, with a file system below `folder`."""
    made = find_installation()
    root = folder / "root"
    (root / "usr" / "lib").mkdir(parents=True)
    overrides = {"PROVIDER_OVERRIDE_ROUTE53": "gameday"}
    if made.has_dynamodb_local:
        # Streams from DynamoDB Local itself; the other way downloads a Kinesis.
        overrides["PROVIDER_OVERRIDE_DYNAMODB"] = "v2"
        (root / "usr" / "lib" / "localstack").symlink_to(made.libs)
        note = _EXPOSED
    else:
        note = _OVERRIDDEN
        overrides["PROVIDER_OVERRIDE_DYNAMODB"] = "gameday"
    plugins = _plugins(folder / "plugins")
    env = {
        **_inherited(os.environ),
        **overrides,
        "HOME": str(folder),
        "PYTHONPATH": str(plugins),
        "FILESYSTEM_ROOT": str(root),
        # Inside a container LocalStack would take it for its own.
        "OVERRIDE_IN_DOCKER": "0",
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        "GATEWAY_SERVER": "gameday",
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DYNAMODB_IN_MEMORY": "1",
        "LS_LOG": "warning",
        "JAVA_TOOL_OPTIONS": _JAVA_OPTIONS,
    }
    command = (str(made.python), "-m", "localstack.runtime.main")
    return _Start(command=command, env=env, note=note)


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what LocalStack may see of our environment.

    Its own settings, and the AWS credentials and proxies of a person, stay out;
    the mark by which a stage finds its processes goes along.
    """
    return {
        name: value
        for name, value in environ.items()
        if name in _KEPT or name.startswith(("LC_", "GAMEDAY_"))
    }


def _plugins(folder: Path) -> Path:
    """Return a folder in which LocalStack's Python finds our plug-ins and no more."""
    about = folder / "gameday_localstack-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: gameday-localstack\nVersion: 1\n",
        encoding="utf-8",
    )
    (about / "entry_points.txt").write_text(_ENTRY_POINTS, encoding="utf-8")
    (folder / "gameday").symlink_to(Path(__file__).resolve().parents[1])
    return folder


def _await_ready(url: str, child: subprocess.Popen[bytes]) -> None:
    """Return once Route 53 and DynamoDB have answered; raises EmulatorUnavailable."""
    clock = SystemClock()
    deadline_ns = clock.monotonic_ns() + int(READY_DEADLINE_S * 1e9)
    why = "it has not answered"
    while clock.monotonic_ns() < deadline_ns:
        if child.poll() is not None:
            raise EmulatorUnavailable(
                f"LocalStack ended with {child.returncode} before it answered; what it "
                "said stands above. `gameday emulator install localstack` mends an "
                "installation that does not load"
            )
        try:
            why = _why_not_ready(url, clock)
        except EmulatorUnavailable as error:
            why = str(error)
        if not why:
            return
        clock.sleep_ms(_POLL_MS)
    raise EmulatorUnavailable(
        f"LocalStack is not ready after {READY_DEADLINE_S:.0f} s: {why}"
    )


def _why_not_ready(url: str, clock: SystemClock) -> str:
    with PlainCalls(url, access_key=_ACCESS_KEY, clock=clock) as calls:
        for name, reply in (
            ("Route 53", calls.route53("GET", "/hostedzone")),
            ("DynamoDB", calls.dynamodb("ListTables", {})),
        ):
            if not reply.ok:
                return f"{name} answers {reply.status}: {reply.body[:500]!r}"
    return ""


def _stop(child: subprocess.Popen[bytes], start: _Start) -> None:
    """End LocalStack with everything that it has started."""
    # The request may come again while this goes on.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_STOP_DEADLINE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if start.cleaning:
        subprocess.run(  # noqa: S603 - a command of this module
            start.cleaning, check=False, capture_output=True
        )


if __name__ == "__main__":
    sys.exit(main())
