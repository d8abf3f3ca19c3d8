"""Is gameday's edge as fast as it claims to be?

    .venv/bin/python tests/benchmarks/run.py

measures everything, prints one table for the README, writes it with all numbers
behind it as JSON, and exits 1 when a target is missed. It takes some four minutes,
six with LocalStack, on a machine with two cores and nothing else to do; on a busy
one compare the numbers of one row, not of two runs. An emulator that is not there
is named below the table with the reason; one that was asked for is bad input then.
"""

from __future__ import annotations

import argparse
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
from rows import MISSED, Row, measured_on, table, tell, write

from gameday.emulators.registry import EMULATORS, find_emulator
from gameday.errors import InvalidInput

EXIT_MISSED = 1
EXIT_INVALID_INPUT = 2
PARTS = ("emulators", "null", "dns", "junk")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; returns the exit status."""
    options = _options(arguments)
    if "dns" in options.only and (missing := dns_load.missing()):
        sys.stderr.write(f"{missing}\n")
        return EXIT_INVALID_INPUT
    emulators, left_out = _emulators(options.emulator)
    if "emulators" not in options.only:
        left_out = {}
    began_s = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gameday-bench-") as folder:
        try:
            for part in _parts(options.only, emulators, Path(folder)):
                for row in part():
                    rows.append(row)
                    tell(row, time.monotonic() - began_s)
        except InvalidInput as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_INVALID_INPUT
    taken_s = time.monotonic() - began_s
    write(options.json, rows, taken_s, left_out=left_out)
    missed = [row.what for row in rows if not row.met]
    sys.stdout.write(
        f"{table(rows)}\n\n{measured_on(rows, taken_s)}; details in {options.json}\n"
    )
    for name, reason in left_out.items():
        sys.stdout.write(f"NOT MEASURED: {name}: {reason}\n")
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
        f"(default: those of {', '.join(EMULATORS)} that are there)",
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=Path(tempfile.gettempdir()) / "gameday-benchmarks.json",
        help="where the numbers are written (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    options.only = tuple(options.only or PARTS)
    return options


def _emulators(
    chosen: Sequence[str] | None,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return what to measure in front of, and why the others are left out."""
    if chosen:
        return tuple(chosen), {}
    left_out: dict[str, str] = {}
    for name in EMULATORS:
        try:
            find_emulator(name)
        except InvalidInput as error:
            left_out[name] = str(error)
    return tuple(name for name in EMULATORS if name not in left_out), left_out


def _parts(
    only: Sequence[str], emulators: Sequence[str], folder: Path
) -> Iterator[Callable[[], Iterator[Row]]]:
    if "emulators" in only:
        for name in emulators:
            yield lambda name=name: beside_direct.measure(name, folder)
    if "null" in only:
        yield lambda: no_backend.measure(folder)
    if "dns" in only:
        yield lambda: dns_load.measure(folder)
    if "junk" in only:
        yield lambda: dns_junk.measure(folder)


if __name__ == "__main__":
    sys.exit(main())
