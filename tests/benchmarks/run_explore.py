"""Is `gameday explore` as fast as it claims to be, and how does it do beside its peers?

    .venv/bin/python tests/benchmarks/run_explore.py --install-peers

measures the reference region and one race beside gameday's peers, prints one table for
the README, writes it with all numbers behind it as JSON, and exits 1 when a target is
missed. It takes some half an hour on a machine with two cores and nothing else to do,
most of it the peers' limits; on a busy one look at the processor time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import explore_peers
import explore_reference
from explore_rows import HEADINGS, SearchRow
from rows import MISSED, measured_on, table, tell, write

EXIT_MISSED = 1
PARTS = ("reference", "peers")
MINUTES = 1.0
SECONDS_PER_MINUTE = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; returns the exit status."""
    options = _options(arguments)
    began_s = time.monotonic()
    rows: list[SearchRow] = []
    with tempfile.TemporaryDirectory(prefix="gameday-bench-") as folder:
        for part in _parts(options, Path(folder)):
            rows.append(part())
            tell(rows[-1], time.monotonic() - began_s)
    taken_s = time.monotonic() - began_s
    write(options.json, rows, taken_s)
    missed = [row.what for row in rows if not row.met]
    sys.stdout.write(
        f"{table(rows, HEADINGS)}\n\n{measured_on(rows, taken_s)}, at most "
        f"{options.minutes:g} min for a peer's search; details in {options.json}\n"
    )
    if missed:
        sys.stdout.write(f"{MISSED}: {'; '.join(missed)}\n")
    return EXIT_MISSED if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure the explorer; exit 1 when a target is missed."
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=PARTS,
        help="measure this part; may be given several times",
    )
    parser.add_argument(
        "--install-peers",
        action="store_true",
        help="install the peers that are missing; one that cannot be is a missed "
        "target",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(tempfile.gettempdir()) / "gameday-peers",
        help="folder of the peers' environments (default: %(default)s)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        help="limit of each search by a peer (default: %(default)s)",
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=Path(tempfile.gettempdir()) / "gameday-explore-benchmarks.json",
        help="where the numbers are written (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    options.only = tuple(options.only or PARTS)
    return options


def _parts(
    options: argparse.Namespace, folder: Path
) -> Iterator[Callable[[], SearchRow]]:
    if "reference" in options.only:
        yield from explore_reference.parts(folder)
    if "peers" in options.only:
        yield from explore_peers.parts(
            folder,
            peers_folder=options.peers.absolute(),
            install=options.install_peers,
            seconds=options.minutes * SECONDS_PER_MINUTE,
        )


if __name__ == "__main__":
    sys.exit(main())
