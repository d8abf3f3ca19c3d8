"""What `gameday emulator install localstack` says when it cannot, on a real machine.

Full disks and missing networks are made with private namespaces, not pretended.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gameday.emulators import dynamodb_local
from gameday.emulators.install_step import NoRoom, run_step
from gameday.errors import EmulatorUnavailable

GAMEDAY = Path(sys.executable).with_name("gameday")
NAMESPACE = ("unshare", "--map-root-user", "--mount", "--net")


def in_namespace(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script without a network, and free to mount file systems."""
    if subprocess.run([*NAMESPACE, "true"], check=False).returncode != 0:
        if os.environ.get("GAMEDAY_REQUIRE_TOOLS"):
            pytest.fail("private namespaces are refused here")
        pytest.skip("private namespaces are refused here")
    return subprocess.run(
        [*NAMESPACE, "sh", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **env},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="private namespaces")
def test_a_full_disk_is_named_with_the_way_out(tmp_path: Path):
    done = in_namespace(
        f"mount -t tmpfs -o size=3m tmpfs {tmp_path} && "
        f"{GAMEDAY} emulator install localstack",
        XDG_CACHE_HOME=str(tmp_path),
    )

    assert done.returncode == 4
    assert done.stderr.startswith(f"error: no space is left in {tmp_path}")
    assert "set XDG_CACHE_HOME and TMPDIR" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="private namespaces")
@pytest.mark.skipif(shutil.which("mvn") is None, reason="there is no Maven")
def test_maven_central_out_of_reach_is_named(tmp_path: Path):
    stage = (
        "import pathlib; from gameday.emulators import dynamodb_local as d;"
        f"d.stage(pathlib.Path({str(tmp_path / 'libs')!r}),"
        f" repository=pathlib.Path({str(tmp_path / 'maven')!r}), say=print)"
    )

    done = in_namespace(f'{sys.executable} -c "{stage}"')

    assert "EmulatorUnavailable" in done.stderr
    assert "Could not transfer artifact" in done.stderr
    assert not (tmp_path / "libs").exists()


def test_no_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(EmulatorUnavailable, match="no Java; install 17 or newer"):
        dynamodb_local.find_java()


def test_a_java_that_is_too_old_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(EmulatorUnavailable, match=r"11\.0\.2.*install Java 17 or"):
        dynamodb_local.find_java()


@pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java")
def test_no_maven_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv(
        "JAVA_HOME", str(Path(shutil.which("java") or "").resolve().parent.parent)
    )
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmulatorUnavailable, match="no `mvn` on PATH; install Maven"):
        dynamodb_local.stage(tmp_path / "libs", repository=tmp_path, say=print)


def test_a_step_that_fails_gives_the_first_error_that_it_told(tmp_path: Path):
    script = "echo hello; echo '[ERROR] no such thing -> [Help 1]'; echo bye; exit 3"

    with pytest.raises(EmulatorUnavailable, match=r"failed: no such thing$"):
        run_step(["sh", "-c", script], deadline_s=10, into=str(tmp_path))


def test_a_step_that_takes_too_long_is_ended(tmp_path: Path):
    with pytest.raises(EmulatorUnavailable, match="is not done after 0 s"):
        run_step(["sleep", "60"], deadline_s=0.2, into=str(tmp_path))


def test_a_step_that_says_the_disk_is_full_is_believed(tmp_path: Path):
    script = "echo 'OSError: [Errno 28] No space left on device'; exit 1"

    with pytest.raises(NoRoom) as caught:
        run_step(["sh", "-c", script], deadline_s=10, into=str(tmp_path))

    assert caught.value.folder == str(tmp_path)
