"""What the edge's tests share: an edge process, a scripted emulator, clients."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from gameday.edge.control_client import ControlClient
from gameday.model.history import History, Op

ACTORS = {
    "AKIAENACTORAZ1000001": "enactor-az1",
    "AKIAENACTORAZ2000001": "enactor-az2",
    "AKIAPLANNER000000001": "planner",
}
KEYS = {actor: key for key, actor in ACTORS.items()}
DEADLINE_S = 20.0


@dataclass
class EdgeProcess:
    """An edge as a process of its own."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    history_file: Path
    control: ControlClient

    @property
    def url(self) -> str:
        return str(self.ready["gateway_url"])

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self, service: str, actor: str = "enactor-az1", **settings: Any) -> Any:
        return client(service, self.url, actor, **settings)

    def last(self, **wanted: str) -> Op:
        """The newest op with these fields."""
        for op in reversed(self.control.history()):
            if all(getattr(op, name) == value for name, value in wanted.items()):
                return op
        raise AssertionError(f"no op has {wanted}")

    def ruled_on(self, rule: str) -> Op:
        """The op that a rule ruled on, once its call has ended."""
        for op in self.control.follow(idle_s=DEADLINE_S):
            if op.rule == rule:
                return op
        raise AssertionError(f"no op was ruled on by {rule}")

    def stop(self) -> int:
        self.control.close()
        self.process.terminate()
        status = self.process.wait(timeout=DEADLINE_S)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        return status


def config_document(url: str, folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "emulator_url": url,
        "actors": ACTORS,
        "load_balancers": [{"name": "lb-1", "address": "127.0.10.71", "az": "az1"}],
        "dns_edges": ["127.0.30.71"],
        "resolvers": {"az1": "127.0.20.71"},
        "negative_ttl_s": 1,
        "history": str(folder / "history.ndjson"),
        **changes,
    }


def start_edge(document: Mapping[str, Any], folder: Path) -> subprocess.Popen[str]:
    file = folder / "edge.json"
    file.write_text(json.dumps(document))
    # A file, not a pipe: a full pipe that nobody reads would stop the edge.
    with (folder / "stderr").open("w") as errors:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gameday.edge.server",
                "--config",
                str(file),
                "--lifeline",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


@contextmanager
def running_edge(
    emulator_url: str, folder: Path, **changes: Any
) -> Iterator[EdgeProcess]:
    folder.mkdir(parents=True, exist_ok=True)
    process = start_edge(config_document(emulator_url, folder, **changes), folder)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "stderr").read_text()
    ready = json.loads(line)
    edge = EdgeProcess(
        process=process,
        ready=ready,
        history_file=folder / "history.ndjson",
        control=ControlClient(ready["gateway_url"]),
    )
    try:
        yield edge
    finally:
        if process.poll() is None:
            assert edge.stop() == 0


def client(
    service: str,
    url: str,
    actor: str = "enactor-az1",
    *,
    attempts: int = 1,
    read_timeout_s: float = DEADLINE_S,
    connect_timeout_s: float = 5,
    region: str = "us-east-1",
) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=KEYS.get(actor, actor),
        aws_secret_access_key="gameday",  # noqa: S106 - nobody verifies it
        config=Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            read_timeout=read_timeout_s,
            connect_timeout=connect_timeout_s,
            parameter_validation=False,
        ),
    )


def start_thread(work: Callable[[], Any]) -> Outcome:
    """Run something that blocks on a thread; its outcome is waited for."""
    outcome = Outcome()

    def run() -> None:
        try:
            outcome.value = work()
        except Exception as error:  # noqa: BLE001 - handed to the test
            outcome.error = error
        outcome.done.set()

    outcome.thread = threading.Thread(target=run, daemon=True)
    outcome.thread.start()
    return outcome


@dataclass
class Outcome:
    """What a thread came to."""

    value: Any = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def wait(self) -> Any:
        assert self.done.wait(DEADLINE_S), "the thread is still busy"
        if self.error is not None:
            raise self.error
        return self.value


@dataclass(frozen=True)
class Seen:
    """One request that the scripted emulator was sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Answer = tuple[int, dict[str, str], bytes]


class ScriptedEmulator:
    """Answers what it is told to, and remembers what it was asked.

    `script` gets each request and returns a reply, or None to break the
    connection without one.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.script: Callable[[Seen], Answer | None] = lambda _: (200, {}, b"{}")
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler_of(emulator: ScriptedEmulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length") or 0)
            seen = Seen(
                method=self.command,
                target=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            emulator.seen.append(seen)
            answer = emulator.script(seen)
            if answer is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = answer
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def read_history(file: Path) -> History:
    return History.parse(file.read_text().splitlines())


def raw_exchange(port: int, data: bytes, *, hang_up: bool = False) -> bytes:
    """Send bytes, perhaps hang up, and return what comes back until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as sock:
        sock.sendall(data)
        if hang_up:
            sock.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := sock.recv(65_536):
            answer += chunk
    return answer


def process_is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
