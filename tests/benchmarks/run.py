"""Is gameday's edge as fast as it claims to be?

    .venv/bin/python tests/benchmarks/run.py

measures everything, prints one table for the README, writes it with all numbers
behind it as JSON, and exits 1 when a target is missed. It takes some four minutes,
six with LocalStack, on a machine with two cores and nothing else to do; on a busy
one compare the numbers of one row, not of two runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import beside_direct
import dns_junk
import dns_load
import no_backend
from rows import MISSED, Row, table, write

from gameday.emulators.registry import EMULATORS
from gameday.errors import InvalidInput

EXIT_MISSED = 1
EXIT_INVALID_INPUT = 2
DEFAULT_EMULATORS = ("moto", "ministack")
PARTS = ("emulators", "null", "dns", "junk")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; returns the exit status."""
    options = _options(arguments)
    if "dns" in options.only and (missing := dns_load.missing()):
        sys.stderr.write(f"{missing}\n")
        return EXIT_INVALID_INPUT
    began_s = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gameday-bench-") as folder:
        try:
            for part in _parts(options, Path(folder)):
                for row in part():
                    rows.append(row)
                    _tell(row, time.monotonic() - began_s)
        except InvalidInput as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_INVALID_INPUT
    taken_s = time.monotonic() - began_s
    write(options.json, rows, taken_s)
    missed = [row.what for row in rows if not row.met]
    sys.stdout.write(
        f"{table(rows)}\n\n{len(rows)} rows in {taken_s:.0f} s on "
        f"{os.cpu_count()} cores, load {min(row.load for row in rows):.1f} to "
        f"{max(row.load for row in rows):.1f}; details in {options.json}\n"
    )
    if missed:
        sys.stdout.write(f"{MISSED}: {', '.join(missed)}\n")
    return EXIT_MISSED if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure the edge; exit 1 when a target is missed."
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=PARTS,
        help="measure this part; may be given several times",
    )
    parser.add_argument(
        "--emulator",
        action="append",
        metavar="|".join((*EMULATORS, "URL")),
        help="measure in front of this one; may be given several times "
        f"(default: {', '.join(DEFAULT_EMULATORS)}, and localstack where it is "
        "installed)",
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=Path(tempfile.gettempdir()) / "gameday-benchmarks.json",
        help="where the numbers are written (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    options.only = tuple(options.only or PARTS)
    options.emulator = tuple(options.emulator or _emulators_here())
    return options


def _emulators_here() -> Iterator[str]:
    yield from DEFAULT_EMULATORS
    if not tuple(EMULATORS["localstack"].why_missing()):
        yield "localstack"


def _parts(
    options: argparse.Namespace, folder: Path
) -> Iterator[Callable[[], Iterator[Row]]]:
    if "emulators" in options.only:
        for name in options.emulator:
            yield lambda name=name: beside_direct.measure(name, folder)
    if "null" in options.only:
        yield lambda: no_backend.measure(folder)
    if "dns" in options.only:
        yield lambda: dns_load.measure(folder)
    if "junk" in options.only:
        yield lambda: dns_junk.measure(folder)


def _tell(row: Row, seconds: float) -> None:
    """Say at once what was found, so that a long run can be watched."""
    cells = "  ".join(cell for cell in row.cells if cell)
    sys.stderr.write(f"{seconds:4.0f} s  load {row.load:4.1f}  {cells}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
