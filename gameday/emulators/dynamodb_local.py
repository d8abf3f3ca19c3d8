"""How does LocalStack come by DynamoDB Local, without AWS's download?

Maven Central has DynamoDB Local and its native library; the `mvn` command
fetches them into a repository of their own. They are then laid out as LocalStack's
installer would have left them, so that it finds its work done:

    libs/dynamodb-local/2/DynamoDBLocal.jar           names the others, has no code
    libs/dynamodb-local/2/DynamoDBLocal_lib/          jars and native library
    libs/dynamodb-local/2/ddb-local-loader-0.1.jar    the agent on its command line
    libs/java/21                                      this machine's Java, 17 or newer

LocalStack's own agent lifts a limit of 20 global secondary indexes; the one here
does nothing, so the limit stands. Nothing of it is part of gameday: DynamoDB Local
comes under the DynamoDB Local License Agreement.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from gameday.bundled import fixtures_folder
from gameday.emulators.install_step import NoRoom, run_step
from gameday.errors import EmulatorUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["find_java", "pins", "stage"]

JAVA_MIN = 17
MAIN_CLASS = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"

_FOLDER = "dynamodb-local/2"
_AGENT = "ddb-local-loader-0.1.jar"
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"
"""In full: an abbreviation is looked up on the network first, and hides its absence."""
_LINE_MAX = 70
_MAVEN_DEADLINE_S = 900.0
_JAVA_DEADLINE_S = 30.0


def pins() -> str:
    """Return a digest of what is fetched."""
    return hashlib.sha256(_pom().read_bytes()).hexdigest()


def stage(libs: Path, *, repository: Path, say: Callable[[str], None]) -> None:
    """Fetch DynamoDB Local and lay it out below `libs`, whole or not at all.

    Args:
        libs: replaced.
        repository: Maven's local repository, asked before the network is.
        say: told what goes on.

    Raises:
        EmulatorUnavailable: what is missing, and the next thing to try.
    """
    java = find_java()
    maven = shutil.which("mvn")
    if maven is None:
        raise EmulatorUnavailable(
            "Maven is not installed: there is no `mvn` on PATH; install Maven"
        )
    draft = libs.with_name(f"{libs.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    jars = draft / _FOLDER / "DynamoDBLocal_lib"
    try:
        say("looking for a DynamoDB Local that was fetched before")
        _fetch(maven, java, jars, repository, "--offline")
    except NoRoom:
        raise
    except EmulatorUnavailable:
        say("fetching DynamoDB Local and its native library (some 60 MB)")
        _fetch(maven, java, jars, repository)
    _lay_out(jars)
    (draft / "java").mkdir()
    (draft / "java" / "21").symlink_to(java)
    shutil.rmtree(libs, ignore_errors=True)
    draft.rename(libs)


def find_java() -> Path:
    """Return the home of a Java that DynamoDB Local runs on.

    Raises EmulatorUnavailable when there is none.
    """
    home = os.environ.get("JAVA_HOME")
    command = Path(home) / "bin" / "java" if home else Path(shutil.which("java") or "")
    try:
        done = subprocess.run(  # noqa: S603 - the machine's own Java
            [str(command), "-version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=_JAVA_DEADLINE_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise EmulatorUnavailable(
            f"there is no Java; install {JAVA_MIN} or newer"
        ) from None
    found = re.search(r'version "(\d+)', done.stderr)
    if found is None or int(found.group(1)) < JAVA_MIN:
        words = done.stderr.strip().splitlines()[:1]
        raise EmulatorUnavailable(
            f"{command} is {words[0] if words else 'no Java'}; install Java "
            f"{JAVA_MIN} or newer"
        )
    return command.resolve().parent.parent


def _fetch(maven: str, java: Path, to: Path, repository: Path, *more: str) -> None:
    command = [maven, "--batch-mode", "--quiet", *more]
    command += ["-f", str(_pom())]
    command += [f"-Dmaven.repo.local={repository}", f"-DoutputDirectory={to}", _GOAL]
    env = {"JAVA_HOME": str(java)}
    run_step(command, deadline_s=_MAVEN_DEADLINE_S, into=str(repository), env=env)


def _lay_out(jars: Path) -> None:
    """Put the agent and the jar that LocalStack starts beside the others."""
    (agent,) = jars.glob("byte-buddy-agent-*.jar")
    agent.rename(jars.parent / _AGENT)
    names = sorted(f"{jars.name}/{jar.name}" for jar in jars.glob("*.jar"))
    lines = (
        "Manifest-Version: 1.0",
        f"Main-Class: {MAIN_CLASS}",
        f"Class-Path: {' '.join(names)}",
    )
    with zipfile.ZipFile(jars.parent / "DynamoDBLocal.jar", "w") as jar:
        text = "".join(_wrapped(line) for line in lines)
        jar.writestr("META-INF/MANIFEST.MF", f"{text}\r\n")


def _wrapped(line: str) -> str:
    """Return a manifest's line, continued as the format asks."""
    first, rest = line[:_LINE_MAX], line[_LINE_MAX:]
    step = _LINE_MAX - 1
    more = [f" {rest[at : at + step]}" for at in range(0, len(rest), step)]
    return "".join(f"{part}\r\n" for part in (first, *more))


def _pom() -> Path:
    return fixtures_folder() / "localstack" / "pom.xml"
