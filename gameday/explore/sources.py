"""Which code decides what the programs under search and their AWS do?

The source of every module that is loaded and does not belong to Python or to an
installed library, and the versions of those that take part. Two searches by equal
sources go through the same states.
"""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["changed_sources", "sources"]

_LIBRARIES = ("boto3", "botocore", "greenlet", "moto", "gameday")
_DECIDING = frozenset({"aws", "edge", "emulators", "explore", "model", "region"})
"""Parts of gameday that decide what is done; the others only tell of it."""


def sources(*beside: Path) -> dict[str, str]:
    """Return digests by file, and versions by name.

    Args:
        beside: files that are not loaded as modules and count all the same.
    """
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "absent"
    files = {str(each) for each in beside}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and file.endswith(".py") and _decides(name, file):
            files.add(file)
    found.update((file, _digest(file)) for file in files)
    return found


def changed_sources(before: dict[str, str]) -> list[str]:
    """Return what is not as it was, in words."""
    now = sources()
    changed = []
    for name, known in sorted(before.items()):
        found = now.get(name)
        if found is None:
            found = _digest(name)
        if found == known:
            continue
        is_file = "/" in name
        changed.append(name if is_file else f"{name} was {known} and is {found}")
    return changed


def _decides(name: str, file: str) -> bool:
    part = name.split(".")
    if part[0] == "gameday":
        return len(part) > 1 and part[1] in _DECIDING
    installed = sysconfig.get_paths()
    places = (installed["stdlib"], installed["purelib"], installed["platlib"])
    return name != "__main__" and not file.startswith(places)


def _digest(file: str) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return "absent"
