"""A process in a network of its own, and a machine that refuses one."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from isolation_lab import ISOLATE, IsolatingShell, ensure_namespaces

from gameday.bundled import fixtures_folder
from gameday.region.topology import load_region
from gameday.stage.isolation_refusal import (
    APPARMOR,
    HostFacts,
    explain,
    explain_other_system,
)
from gameday.stage.isolation_rules import (
    hosts_text,
    isolated_region,
    name_services_text,
)

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

WITHOUT_ADMIN = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
"""Root without the right to make namespaces; to a user namespace anybody has it."""

NOTHING_BUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")

LOOK = """
import json, os, socket
from pathlib import Path
from gameday.stage.isolation import isolate, isolated_network

before = os.getuid(), os.getcwd(), isolated_network()
isolate()

def attempt(act):
    try:
        return str(act())
    except OSError as error:
        return type(error).__name__, error.errno

Path("made").write_text("")
print(json.dumps({
    "same": (os.getuid(), os.getcwd(), "") == before,
    "isolated": bool(isolated_network()),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "resolver": Path("/etc/resolv.conf").read_text(),
    "hosts": [l for l in Path("/etc/nsswitch.conf").read_text().splitlines()
              if l.startswith("hosts")],
    "localhost": attempt(lambda: socket.getaddrinfo(
        "localhost", 80, socket.AF_INET, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
    )[0][4][0]),
    "outside": attempt(lambda: socket.create_connection(("198.51.100.1", 80), 5)),
    "aws": attempt(lambda: socket.gethostbyname("dynamodb.us-east-1.amazonaws.com")),
    "port 53": attempt(lambda: socket.create_server(("127.0.20.3", 53)).close()),
    "owner": Path("made").stat().st_uid == os.getuid(),
}))
"""

FILTERED = """
import ctypes, os, struct, sys
# A seccomp filter as Docker's: unshare is answered with EPERM.
UNSHARE = {"x86_64": 272, "aarch64": 97}[os.uname().machine]
program = b"".join(struct.pack("HBBI", *each) for each in (
    (0x20, 0, 0, 0),            # load the number of the call
    (0x15, 0, 1, UNSHARE),
    (0x06, 0, 0, 0x0005_0001),  # EPERM
    (0x06, 0, 0, 0x7FFF_0000),  # allow
))
buffer = ctypes.create_string_buffer(program)
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
where = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
assert libc.prctl(22, 2, ctypes.create_string_buffer(where)) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def shell(tmp_path: Path) -> IsolatingShell:
    return IsolatingShell(tmp_path)


@pytest.fixture
def needs_namespaces(tmp_path: Path) -> None:
    ensure_namespaces(tmp_path)


def launcher(*words: str) -> tuple[str, ...]:
    """Return a command that takes rights away from the program it becomes."""
    if shutil.which(words[0]) is None:
        missing = f"{words[0]} is missing: install util-linux"
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail(missing)
        pytest.skip(missing)
    return words


@ON_LINUX
@pytest.mark.usefixtures("needs_namespaces")
@pytest.mark.parametrize("rights", ["as-it-is", "unprivileged"])
def test_an_isolated_process_sees_loopback_and_stays_who_it_is(
    shell: IsolatingShell, rights: str
):
    machine = Path("/etc/resolv.conf").read_bytes()
    without: tuple[str, ...] = ()
    if rights == "unprivileged" and os.geteuid() == 0:
        without = launcher(*WITHOUT_ADMIN)

    looked = shell.python(LOOK, launcher=without)

    assert looked.stderr == ""
    seen = json.loads(looked.stdout)
    assert seen == {
        "same": True,
        "isolated": True,
        "interfaces": ["lo"],
        "resolver": "nameserver 127.0.20.1\n",
        "hosts": ["hosts: files dns"],
        "localhost": "127.0.0.1",
        "outside": ["OSError", errno.ENETUNREACH],
        "aws": ["gaierror", seen["aws"][1]],
        "port 53": "None",
        "owner": True,
    }
    assert Path("/etc/resolv.conf").read_bytes() == machine


@ON_LINUX
@pytest.mark.usefixtures("needs_namespaces")
def test_no_mount_reaches_a_machine_that_shares_its_mounts(shell: IsolatingShell):
    shared = 'mount --make-rshared / && "$@"; cat /etc/resolv.conf'
    where = launcher("unshare", "-rm", "sh", "-c", shared, "sh")

    looked = shell.python(f"{ISOLATE}; print('isolated')", launcher=where)

    assert looked.stdout == f"isolated\n{Path('/etc/resolv.conf').read_text()}"


@ON_LINUX
@pytest.mark.usefixtures("needs_namespaces")
@pytest.mark.parametrize("command", ["up", "run"])
@pytest.mark.parametrize(
    ("limit", "then", "reason"),
    [
        ("net", (), "unshare: No space left on device (user.max_net_namespaces is 0)"),
        (
            "user",
            NOTHING_BUT_RIGHTS,
            "unshare: No space left on device (user.max_user_namespaces is 0)",
        ),
    ],
)
def test_a_limit_of_the_kernels_is_named_and_nothing_is_started(
    shell: IsolatingShell, command: str, limit: str, then: tuple[str, ...], reason: str
):
    own = launcher("unshare", "-r", "sh", "-c")
    setting = f"echo 0 > /proc/sys/user/max_{limit}_namespaces"

    refused = shell.python(
        "from gameday.cli import main; main()",
        command,
        "--isolate",
        launcher=(*own, f'{setting}; exec "$@"', "sh", *then),
    )

    assert refused.returncode == 2
    assert reason in refused.stderr
    assert (
        f"sysctl -w user.max_{limit}_namespaces=10000; or leave out" in refused.stderr
    )
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""
    assert not list(shell.folder.rglob("gameday-runs"))
    assert not list(shell.folder.rglob("*.json"))


@ON_LINUX
def test_a_filter_such_as_dockers_is_named(shell: IsolatingShell):
    refused = shell.python(
        "from gameday.cli import main; main()",
        "up",
        "--isolate",
        launcher=(sys.executable, "-c", FILTERED),
    )

    assert refused.returncode == 2
    assert (
        "refuses it: unshare: Operation not permitted (system calls are filtered "
        in (refused.stderr)
    )
    assert not list(shell.folder.rglob("gameday-runs"))
    assert not list(shell.folder.rglob("*.json"))


@pytest.mark.parametrize(
    ("facts", "number", "parts"),
    [
        (
            HostFacts(
                is_root=False,
                settings=((APPARMOR, 1),),
            ),
            errno.EPERM,
            [
                f"({APPARMOR} is 1). Run it with sudo; change that: ",
                f"sudo sysctl -w {APPARMOR}=0; or leave out --isolate",
            ],
        ),
        (
            HostFacts(is_root=True, is_filtered=True),
            errno.EPERM,
            ["filtered here", "Give the container what it lacks: --cap-add SYS_ADMIN"],
        ),
        (
            HostFacts(is_root=False),
            errno.EINVAL,
            [
                "the kernel is built without them",
                "Run it with sudo; or leave out --isolate",
            ],
        ),
        (HostFacts(is_root=True), errno.EPERM, ["not permitted. Or leave out --isol"]),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    facts: HostFacts, number: int, parts: list[str]
):
    told = explain(OSError(number, os.strerror(number), "unshare"), facts)

    assert [part for part in parts if part not in told] == []
    assert "\n" not in told


def test_another_system_is_told_what_will_do():
    assert explain_other_system("macOS").startswith(
        "--isolate needs the namespaces of Linux, and this is macOS. Run it in a Linux"
    )


def test_only_hosts_and_dns_are_asked_for_names():
    original = "passwd: files\nhosts:  files mdns4_minimal resolve dns\n# hosts: nis\n"

    assert name_services_text(original) == (
        "passwd: files\n# hosts: nis\nhosts: files dns\n"
    )


def test_the_machine_knows_its_own_name():
    assert "127.0.0.1 localhost box" in hosts_text("box")


def test_ports_are_those_that_unmodified_programs_take():
    region = load_region(fixtures_folder() / "regions" / "reference.yaml")
    fixed = region.model_copy(
        update={"ports": region.ports.model_copy(update={"load_balancers": 8080})}
    )

    assert isolated_region(region).ports.dns == 53
    assert isolated_region(region).ports.load_balancers == 80
    assert isolated_region(fixed).ports.load_balancers == 8080


@ON_LINUX
@pytest.mark.usefixtures("needs_namespaces")
@pytest.mark.parametrize(
    ("emulator", "environment", "reason"),
    [
        (
            "http://127.0.0.1:4566",
            {},
            "error: --isolate: the emulator at http://127.0.0.1:4566 is outside of the",
        ),
        (
            "localstack",
            {"LOCALSTACK_HOST": "localhost:4566"},
            "error: --isolate: the LocalStack at http://localhost:4566, which LOCALSTA",
        ),
    ],
)
def test_an_emulator_that_would_be_outside_is_refused(
    shell: IsolatingShell,
    monkeypatch: pytest.MonkeyPatch,
    emulator: str,
    environment: dict[str, str],
    reason: str,
):
    for name, text in environment.items():
        monkeypatch.setenv(name, text)

    refused = shell.gameday("up", "--isolate", "--emulator", emulator)

    assert refused.stderr.startswith(reason)
    assert refused.stderr.endswith("; or leave out --isolate\n")
    assert refused.returncode == 2
