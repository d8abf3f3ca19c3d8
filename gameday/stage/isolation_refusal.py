"""Why does this machine refuse namespaces, and what can a person do? Mostly pure.

The kernel says no more than EPERM or ENOSPC; which of its many settings is behind
it stands in /proc. `read_host_facts` reads them, `explain` turns them into one
sentence with the next thing to try.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "APPARMOR",
    "HostFacts",
    "explain",
    "explain_other_system",
    "read_host_facts",
    "system_name",
]

APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
"""Ubuntu's, since 23.10."""

CLONE = "kernel.unprivileged_userns_clone"
"""Debian's, before Debian 11 made it 1."""

LIMITS = (
    "user.max_user_namespaces",
    "user.max_net_namespaces",
    "user.max_mnt_namespaces",
)

OTHERWISE = (
    "or leave out --isolate: the region's own programs then ask the resolvers "
    "themselves, and everything but unmodified clients works the same"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What of a machine decides whether namespaces may be made.

    Attributes:
        is_root: whether this process is root.
        settings: kernel settings by name that keep namespaces from being made.
        is_filtered: whether system calls are filtered, as in a container.
    """

    is_root: bool
    settings: tuple[tuple[str, int], ...] = ()
    is_filtered: bool = False


def explain(refused: OSError, facts: HostFacts) -> str:
    """Return why namespaces were refused, what to do, and what else will do."""
    told = f"{refused.filename or 'a system call'}: {refused.strerror}"
    causes, remedies = [], []
    if not facts.is_root:
        remedies.append("run it with sudo")
    for name, value in facts.settings:
        causes.append(f"{name} is {value}")
        remedies.append(f"change that: sudo sysctl -w {name}={_allowing(name)}")
    if not causes and facts.is_filtered:
        causes.append("system calls are filtered here, as Docker does by default")
        remedies.append(
            "give the container what it lacks: --cap-add SYS_ADMIN, and "
            "--security-opt apparmor=unconfined where AppArmor is on"
        )
    if not causes and refused.errno == errno.EINVAL:
        causes.append(
            "the kernel is built without them, or the process has several threads"
        )
    because = f" ({'; '.join(causes)})" if causes else ""
    remedy = "; ".join([*remedies, OTHERWISE])
    return (
        "--isolate needs a network and mount namespace, and this machine refuses it: "
        f"{told}{because}. {remedy[0].upper()}{remedy[1:]}"
    )


def explain_other_system(system: str) -> str:
    """Return why another operating system than Linux cannot isolate."""
    return (
        f"--isolate needs the namespaces of Linux, and this is {system}. Run it in a "
        f"Linux virtual machine, {OTHERWISE}"
    )


def read_host_facts() -> HostFacts:
    """Read what of this machine decides; what cannot be read is left out."""
    return HostFacts(
        is_root=os.geteuid() == 0,
        settings=tuple(_settings_in_the_way()),
        is_filtered=_status_field("Seccomp") not in {"", "0"},
    )


def system_name() -> str:
    """Return what people call this operating system."""
    return {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)


def _settings_in_the_way() -> Iterator[tuple[str, int]]:
    # Root needs no user namespace, so what restricts those is not in its way.
    for_others = () if os.geteuid() == 0 else ((APPARMOR, 1), (CLONE, 0))
    for name, obstacle in (*for_others, *((each, 0) for each in LIMITS)):
        if _setting(name) == obstacle:
            yield name, obstacle


def _allowing(name: str) -> int:
    if name in LIMITS:
        return 10_000
    return 0 if name == APPARMOR else 1


def _setting(name: str) -> int | None:
    try:
        return int((Path("/proc/sys") / name.replace(".", "/")).read_text("ascii"))
    except (OSError, ValueError):
        return None


def _status_field(name: str) -> str:
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return ""
    found = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in found if key == name), "")
