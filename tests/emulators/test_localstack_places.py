"""Where LocalStack is looked for, and what is said when it is not there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gameday.aws.localstack_endpoint import VARIABLES
from gameday.emulators.localstack_install import Installation, find_installation, pins
from gameday.emulators.localstack_places import reported_version
from gameday.emulators.registry import Place, find_emulator
from gameday.errors import InvalidInput, NotLoopback

Health = dict[str, Any]
HEALTHY: Health = {
    "services": dict.fromkeys(("route53", "dynamodb", "cloudwatch"), "available"),
    "version": "4.14.0",
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*VARIABLES, "USE_SSL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # No Docker engine, whatever this machine has.
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], int]]:
    """Answer every request with one body; returns the port."""
    servers = []

    def start(body: bytes) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("LOCALSTACK_HOST", "localhost:{}"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:{}/")],
)
def test_one_that_the_environment_names_is_used(
    serve: Callable[[bytes], int],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
):
    port = serve(json.dumps(HEALTHY).encode())
    monkeypatch.setenv(variable, value.format(port))

    assert find_emulator("localstack") == Place(
        kind="localstack", url=f"http://127.0.0.1:{port}"
    )


def test_one_that_does_not_answer_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("LOCALSTACK_HOST", "127.0.0.1:9")

    with pytest.raises(InvalidInput, match=r"which LOCALSTACK_HOST names.*refused"):
        find_emulator("localstack")


def test_something_else_at_its_address_is_told(
    serve: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{serve(b'hello')}")

    with pytest.raises(InvalidInput, match=r"is not LocalStack; unset AWS_ENDPOINT_"):
        find_emulator("localstack")


def test_an_edition_without_a_needed_service_is_refused(
    serve: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch
):
    body = json.dumps({"services": {**HEALTHY["services"], "dynamodb": "disabled"}})
    monkeypatch.setenv("LOCALSTACK_HOST", f"127.0.0.1:{serve(body.encode())}")

    with pytest.raises(InvalidInput, match="does not offer dynamodb"):
        find_emulator("localstack")


def test_an_edition_without_its_licence_is_refused(
    serve: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch
):
    body = {**HEALTHY, "edition": "pro", "is_license_activated": False}
    monkeypatch.setenv(
        "LOCALSTACK_HOST", f"127.0.0.1:{serve(json.dumps(body).encode())}"
    )

    with pytest.raises(InvalidInput, match=r"pro edition.*valid LOCALSTACK_AUTH_TOKEN"):
        find_emulator("localstack")


def test_an_edition_with_its_licence_is_used_and_reports_itself(
    serve: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch
):
    body = {**HEALTHY, "edition": "pro", "is_license_activated": True}
    port = serve(json.dumps(body).encode())
    monkeypatch.setenv("LOCALSTACK_HOST", f"127.0.0.1:{port}")

    assert find_emulator("localstack").url == f"http://127.0.0.1:{port}"
    assert reported_version(f"http://127.0.0.1:{port}") == "4.14.0 (pro)"


def test_what_reports_no_version_has_none(serve: Callable[[bytes], int]):
    assert reported_version(f"http://127.0.0.1:{serve(b'hello')}") == ""
    assert reported_version("http://127.0.0.1:9") == ""


def test_one_on_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOCALSTACK_HOST", "192.0.2.1:4566")

    with pytest.raises(NotLoopback):
        find_emulator("localstack")


def test_tls_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOCALSTACK_HOST", "localhost:4566")
    monkeypatch.setenv("USE_SSL", "1")

    with pytest.raises(InvalidInput, match="unset USE_SSL"):
        find_emulator("localstack")


def test_a_host_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOCALSTACK_HOST", "localhost:high")

    with pytest.raises(InvalidInput, match="LOCALSTACK_HOST: could not parse"):
        find_emulator("localstack")


def test_without_any_the_command_that_installs_it_is_told():
    with pytest.raises(InvalidInput) as caught:
        find_emulator("localstack")

    assert str(caught.value) == (
        "the emulator 'localstack' cannot be started: LocalStack 4.14.0 is not "
        "installed and no Docker engine has it; "
        "gameday emulator install localstack puts it right"
    )


def test_an_installation_that_was_broken_off_is_told():
    find_installation().folder.mkdir(parents=True)

    with pytest.raises(InvalidInput, match="was broken off, or is of old pins"):
        find_emulator("localstack")


def test_a_whole_installation_is_started():
    made = whole(find_installation())

    assert find_emulator("localstack") == Place(kind="localstack")
    assert not made.has_dynamodb_local


def test_an_installation_of_other_pins_is_made_anew():
    whole(find_installation()).mark("venv", "of yesterday")

    with pytest.raises(InvalidInput, match="old pins"):
        find_emulator("localstack")


def whole(made: Installation) -> Installation:
    """Put down what a finished installation leaves."""
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    made.mark("venv", pins())
    return made
