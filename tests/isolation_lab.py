"""What the tests of isolation share: may namespaces be made here, and a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gameday_shell import Shell

__all__ = ["ISOLATE", "IsolatingShell", "ensure_namespaces"]

ISOLATE = "from gameday.stage.isolation import isolate; isolate()"


class IsolatingShell(Shell):
    """A shell with a state folder of its own."""

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "GAMEDAY_HOME": str(self.home)}

    def python(
        self, script: str, *arguments: object, launcher: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of Python in the folder, by a launcher if one is given."""
        return subprocess.run(
            [*launcher, sys.executable, "-c", script, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def ensure_namespaces(folder: Path) -> None:
    """Skip where a network namespace is refused; fail where CI asks for one."""
    tried = IsolatingShell(folder).python(ISOLATE)
    if tried.returncode != 0:
        missing = tried.stderr.strip().splitlines()[-1]
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail(missing)
        pytest.skip(missing)
