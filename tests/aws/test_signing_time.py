"""By which clock the requests of a program with a wrong clock are signed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gameday.clock import OFFSET_VARIABLE, map_offset

PROGRAM = """
from gameday.aws.sessions import Caller, client
from gameday.clock import SystemClock

made = client("dynamodb", Caller(access_key="AKIAENACTORAZ1000001",
                                 endpoint_url="http://127.0.0.1:9"))
def show(request, **_):
    print(SystemClock().now_ms(), request.headers["X-Amz-Date"].decode(),
          request.headers["Authorization"].decode())
    raise SystemExit
made.meta.events.register("before-send.*.*", show)
made.list_tables()
"""


@pytest.mark.parametrize("ahead_ms", [0, 400_000, -400 * 86_400_000])
def test_a_program_signs_by_the_clock_that_it_goes_by(tmp_path: Path, ahead_ms: int):
    file = tmp_path / "offset"
    map_offset(file, writable=True)[0] = ahead_ms
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, OFFSET_VARIABLE: str(file)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    now_ms, date, authorization = done.stdout.split(maxsplit=2)
    signed = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(signed.timestamp() * 1000 - int(now_ms)) < 5_000
    assert f"/{date[:8]}/us-east-1/dynamodb/" in authorization
    of_machine_ms = datetime.now(UTC).timestamp() * 1000
    assert abs(signed.timestamp() * 1000 - of_machine_ms - ahead_ms) < 30_000
