"""The examples of the README, as a person would copy them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

_DEADLINE_S = 160


def example(name: str) -> str:
    """Return the block of code below the comment that names it."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)\n```", README, re.DOTALL)
    assert found, f"README.md has no example {name}"
    return found[1]


def typed(
    script: str, folder: Path, *programs: Path
) -> subprocess.CompletedProcess[str]:
    """Run a shell example in a folder that has the experiments; then tidy up.

    Args:
        script: what a person types.
        folder: where.
        programs: folders with commands that it needs beside gameday's.
    """
    (folder / "experiments").symlink_to(ROOT / "experiments")
    places = (Path(sys.executable).parent, *programs)
    path = os.pathsep.join((*map(str, places), os.environ["PATH"]))
    env = {**os.environ, "PATH": path, "GAMEDAY_HOME": str(folder / "home")}

    def sh(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", text],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=_DEADLINE_S,
            env=env,
        )

    try:
        return sh(script)
    finally:
        sh("gameday down --all")
