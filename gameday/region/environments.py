"""Which environment variables does a process of a stage have?

What tells any AWS SDK or tool where AWS is and who calls. Variables that could lead a
call past the edge (profiles, other endpoints, proxies, instance metadata) are taken out
of what is inherited.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.region.topology import Region

__all__ = [
    "MARK_VARIABLE",
    "aws_environment",
    "harness_environment",
    "python_path",
    "without_foreign",
]

MARK_VARIABLE = "GAMEDAY_MARK"
"""Carries the stage's id in every process of a stage, so that none escapes.

Nobody else sets it: whatever carries it is killed with the stage.
"""

_FOREIGN = ("AWS_", "GAMEDAY_", "BOTO_")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})


def aws_environment(
    region: Region, gateway_url: str, access_key: str
) -> dict[str, str]:
    """Return what tells any AWS SDK or tool where AWS is and who calls."""
    return {
        "AWS_ENDPOINT_URL": gateway_url,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "gameday",
        "AWS_DEFAULT_REGION": region.aws_region,
        "AWS_REGION": region.aws_region,
        # A person's own profile or an instance's role must never answer instead.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def harness_environment(inherited: Mapping[str, str], *, stage: str) -> dict[str, str]:
    """Return the environment of every process of a stage, actors or not."""
    return {
        **without_foreign(inherited),
        "PYTHONPATH": python_path(inherited.get("PYTHONPATH", "")),
        "PYTHONUNBUFFERED": "1",
        MARK_VARIABLE: stage,
    }


def without_foreign(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what could lead a call past the edge."""
    return {
        name: value
        for name, value in inherited.items()
        if not name.startswith(_FOREIGN) and name.upper() not in _PROXIES
    }


def python_path(inherited: str) -> str:
    """Return a search path on which gameday is found from any folder."""
    parts = [str(Path(part).resolve()) for part in inherited.split(os.pathsep) if part]
    root = str(Path(__file__).resolve().parents[2])
    installed = {"site-packages", "dist-packages"} & set(Path(root).parts)
    if root not in parts and not installed:
        parts.append(root)
    return os.pathsep.join(parts)
