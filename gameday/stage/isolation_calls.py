"""Which system calls give a process a network and name resolution of its own?

Linux only, without util-linux: what is missing or refused is an `OSError` whose
`filename` is the call that failed. Nothing here decides anything; `isolation`
does.

Two dangerous orders. A namespace is entered by a whole process, so before it has
a second thread: the kernel refuses a user namespace to more than one. And mounts
are cut off from the machine's before the first one is made, or it would be made
there, too.

Run as a script this file is the thinnest wrapper that gives one command a file of
its own: `python -I -S isolation_calls.py PATH TEXT command ...` puts TEXT in the
place of PATH for the command alone, gives up every privilege that a user
namespace lent, and becomes the command. It imports nothing of gameday, so it
starts in milliseconds.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "cover_folder",
    "enter_namespaces",
    "join_namespaces",
    "open_namespaces",
    "own_network",
    "place_files",
    "separate_mounts",
]

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWNET = 0x4000_0000

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x4_0000
_MNT_DETACH = 2

_CAP_NET_BIND_SERVICE = 10
_CAP_SYS_ADMIN = 21
_KEPT_CAPABILITIES = (_CAP_NET_BIND_SERVICE, _CAP_SYS_ADMIN)
"""For ports below 1024, and for a file of its own for each zone's processes."""

_CAPABILITY_VERSION_3 = 0x2008_0522
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_PR_CAP_AMBIENT_CLEAR_ALL = 4

_SIOCSIFFLAGS = 0x8914
_SIOCSIFADDR = 0x8916
_IFF_UP = 1
_IFREQ = "16sH22x"
_IFREQ_ADDRESS = "16sH2x4s16x"

_SECOND_ADDRESS = "127.0.0.2"
"""A machine with no address but 127.0.0.1 has no IPv4 for glibc: it then finds no
host for a program that asks for what it can reach (AI_ADDRCONFIG)."""

_NAMESPACES = ("user", "net", "mnt")
"""In the order in which they are joined: the first lends the right to the others."""

_SCAFFOLD = Path("/tmp")  # noqa: S108 - a mount point that is there, no more
"""Where a file system in memory stands for as long as files are taken from it."""

EXIT_NOT_FOUND = 127


def own_network() -> str:
    """Return the identity of this process's network, "" where there is none."""
    try:
        return str(Path("/proc/self/ns/net").readlink())
    except OSError:
        return ""


def enter_namespaces(*, as_user: bool) -> None:
    """Move this process into a network and mount namespace of its own.

    The network has a loopback interface and nothing else.

    Args:
        as_user: also into a user namespace, in which it stays who it is and gets
            the privileges that the others need; needs none itself.

    Raises:
        OSError: a call was refused. The process may be between its old place and
            the new one, and should end.
    """
    uid, gid = os.geteuid(), os.getegid()
    kinds = CLONE_NEWNET | CLONE_NEWNS
    _call("unshare", kinds | (CLONE_NEWUSER if as_user else 0))
    if as_user:
        # Without it an unprivileged process may not map a group.
        _tell_kernel("/proc/self/setgroups", "deny")
        _tell_kernel("/proc/self/uid_map", f"{uid} {uid} 1")
        _tell_kernel("/proc/self/gid_map", f"{gid} {gid} 1")
        _keep_capabilities()
    _mount("none", Path("/"), flags=_MS_REC | _MS_PRIVATE)
    _raise_loopback()


def place_files(texts: Mapping[str, str]) -> None:
    """Put these texts in the place of these files, in this mount namespace only.

    Nothing is written to any disk: the files stand in memory for as long as the
    namespace does. Raises OSError when a file is not there to be covered.
    """
    targets = [(Path(path).resolve(strict=True), text) for path, text in texts.items()]
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _mount("tmpfs", _SCAFFOLD, kind="tmpfs", flags=flags)
    try:
        for number, (target, text) in enumerate(targets):
            source = _SCAFFOLD / str(number)
            source.write_text(text, encoding="utf-8")
            source.chmod(0o644)
            _mount(str(source), target, flags=_MS_BIND)
    finally:
        # What was bound stays; only its scaffold goes.
        _call("umount2", os.fsencode(_SCAFFOLD), _MNT_DETACH)


def cover_folder(path: Path) -> None:
    """Put an empty folder in the place of `path`, in this mount namespace only."""
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _mount("tmpfs", path.resolve(), kind="tmpfs", flags=flags)


def open_namespaces(pid: int) -> tuple[int, ...]:
    """Return descriptors of a process's namespaces that are not this one's.

    Raises OSError when the process is gone or somebody else's.
    """
    opened: list[int] = []
    try:
        for kind in _NAMESPACES:
            theirs = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
            opened.append(theirs)
            if os.path.samestat(os.fstat(theirs), Path(f"/proc/self/ns/{kind}").stat()):
                os.close(opened.pop())
    except OSError:
        for descriptor in opened:
            os.close(descriptor)
        raise
    return tuple(opened)


def join_namespaces(opened: Sequence[int]) -> None:
    """Move this process into what `open_namespaces` returned; raises OSError."""
    here = Path.cwd()
    for descriptor in opened:
        _call("setns", descriptor, 0)
        os.close(descriptor)
    # Joining a mount namespace leads to its root.
    os.chdir(here)


def separate_mounts() -> None:
    """Give this process mounts of its own, a copy of what it has."""
    _call("unshare", CLONE_NEWNS)
    _mount("none", Path("/"), flags=_MS_REC | _MS_PRIVATE)


def _tell_kernel(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="ascii")
    except OSError as error:
        # What the kernel refuses to be told comes without the path.
        raise OSError(error.errno, error.strerror, path) from error


def _keep_capabilities() -> None:
    """Let the capabilities that a stage needs outlive the next program start."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    sets = ctypes.create_string_buffer(struct.calcsize("=6I"))
    _call("capget", header, sets)
    low = struct.unpack("=6I", sets.raw)
    # Two triples of effective, permitted and inheritable; the last takes the second.
    wanted = (low[0], low[1], low[1], low[3], low[4], low[4])
    _call("capset", header, struct.pack("=6I", *wanted))
    for capability in _KEPT_CAPABILITIES:
        _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _raise_loopback() -> None:
    second = struct.pack(
        _IFREQ_ADDRESS, b"lo:1", socket.AF_INET, socket.inet_aton(_SECOND_ADDRESS)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack(_IFREQ, b"lo", _IFF_UP))
        fcntl.ioctl(any_socket, _SIOCSIFADDR, second)


def _mount(source: str, target: Path, *, flags: int, kind: str = "") -> None:
    _call(
        "mount",
        source.encode(),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        None,
    )


def _call(name: str, *arguments: object) -> None:
    """Make one system call of libc's; raises OSError with its name."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def _become(path: str, text: str, command: list[str]) -> None:
    try:
        separate_mounts()
        place_files({path: text})
        _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    except OSError as error:
        sys.exit(f"cannot give {command[0]} a {path} of its own: {error}")
    try:
        os.execvp(command[0], command)  # noqa: S606 - running it is the purpose
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        sys.exit(EXIT_NOT_FOUND)


if __name__ == "__main__":
    _become(sys.argv[1], sys.argv[2], sys.argv[3:])
