"""How fast does the edge answer DNS, by dnsperf's count?

dnsperf measures from outside: as many queries as are answered, and the latency of
each query at a moderate rate. The names are unweighted: of a weighted name every
answer is drawn anew.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench_dns_zone import NAMES, dns_edge
from bench_processes import pin
from rows import Row

RATE_PER_S_MIN = 5_000
MODERATE_PER_S = 500
P99_MS_MAX = 5.0
ROUNDS = 3
FULL_S = 2
MODERATE_S = 3
CLIENTS = 4
OUTSTANDING = 50
DEADLINE_S = 60

_RATE = re.compile(r"Queries per second:\s+([0-9.]+)")
_LOST = re.compile(r"Queries lost:\s+([0-9]+)")
_CODES = re.compile(r"Response codes:\s+(.+)")
_QUERY = re.compile(r"^> NOERROR \S+ \S+ ([0-9.]+)$", re.MULTILINE)

MISSING = (
    "dnsperf is missing: apt-get install dnsperf (Debian, Ubuntu) or "
    "brew install dnsperf; or leave DNS out with --only"
)


def missing() -> str:
    """Return what has to be installed first, "" when everything is there."""
    return "" if shutil.which("dnsperf") else MISSING


def measure(folder: Path) -> Iterator[Row]:
    """Yield the rows of the authoritative server and of a resolver."""
    queries = folder / "queries"
    queries.write_text("".join(f"{name} A\n" for name in NAMES))
    with dns_edge(folder / "dns") as served:
        servers = {"edge": served.authoritative, "resolver": served.resolver}
        for what, server in servers.items():
            yield _rate(what, server, queries)
            yield _latency(what, server, queries)


def _rate(what: str, server: tuple[str, int], queries: Path) -> Row:
    counts = ("-c", str(CLIENTS), "-q", str(OUTSTANDING))
    printed = [_dnsperf(server, queries, FULL_S, *counts) for _ in range(ROUNDS)]
    rates = [float(_found(_RATE, each)) for each in printed]
    wrong = sum(_wrong(each) for each in printed)
    return Row(
        what=f"DNS {what}, answers",
        edge=f"{max(rates):,.0f}/s",
        difference=f"{wrong} wrong" if wrong else "",
        target=f">= {RATE_PER_S_MIN:,}/s",
        met=max(rates) >= RATE_PER_S_MIN and not wrong,
        facts={"best_per_s": max(rates), "median_per_s": median(rates), "wrong": wrong},
    )


def _latency(what: str, server: tuple[str, int], queries: Path) -> Row:
    """Tell the median and the 99th percentile; of some rounds the median one."""
    paced = ("-Q", str(MODERATE_PER_S), "-v")
    printed = [_dnsperf(server, queries, MODERATE_S, *paced) for _ in range(ROUNDS)]
    taken_ms = [
        sorted(float(s) * 1e3 for s in _QUERY.findall(each)) for each in printed
    ]
    p99s_ms = [each[int(len(each) * 0.99)] for each in taken_ms]
    p50_ms = median(each[len(each) // 2] for each in taken_ms)
    wrong = sum(_wrong(each) for each in printed)
    p99_ms = median(p99s_ms)
    return Row(
        what=f"DNS {what}, p99 at {MODERATE_PER_S}/s",
        edge=f"{p99_ms:.2f} ms",
        difference=f"{wrong} wrong" if wrong else f"p50 {p50_ms:.2f} ms",
        target=f"< {P99_MS_MAX:.0f} ms",
        met=p99_ms < P99_MS_MAX and not wrong,
        facts={
            "p50_ms": p50_ms,
            "p99_ms": p99s_ms,
            "queries": sum(len(each) for each in taken_ms),
            "wrong": wrong,
        },
    )


def _dnsperf(
    server: tuple[str, int], queries: Path, seconds: int, *arguments: str
) -> str:
    process = subprocess.Popen(
        [
            "dnsperf",
            *("-s", server[0], "-p", str(server[1]), "-d", str(queries)),
            *("-l", str(seconds), *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        pin(process.pid, 0)
        printed, _ = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, printed[-2_000:]
    return printed


def _wrong(printed: str) -> int:
    """Return how many queries got no answer, or another rcode than NOERROR."""
    codes = _found(_CODES, printed)
    others = re.findall(r"([A-Z]+) ([0-9]+)", codes)
    return int(_found(_LOST, printed)) + sum(
        int(count) for code, count in others if code != "NOERROR"
    )


def _found(pattern: re.Pattern[str], printed: str) -> str:
    match = pattern.search(printed)
    assert match, printed[-2_000:]
    return match[1]
