"""Runs every measurement and prints one table."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.load import SERVER_CPU, Load, pinned, require_wrk, wrk
from tests.bench.rendering import rendering
from tests.processes import TOKEN, Running, free_port, gateway, until, write_config

ROUNDS, SECONDS = 3, 5
BURST = 20_000
MANY = 100_000
STANDSTILL = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
latency_ms = 29000
"""


def main() -> None:
    require_wrk()
    table = Table("what", "figure", title="The AOM gateway on this machine", title_justify="left")
    with tempfile.TemporaryDirectory(prefix="aom-gateway-bench-") as name:
        directory = Path(name)
        for rows in (accepts(directory), end_to_end(directory), rendering(), start(directory)):
            for what, figure in rows:
                table.add_row(what, figure)
    Console().print(table)


def accepts(directory: Path) -> Iterator[tuple[str, str]]:
    """Durable accepts beside the bare route, in turns on the same processor. Each event has one lane; the CRM stands still."""
    config = write_config(_new(directory / "accepts"), STANDSTILL)
    ours, bares = [], []
    with bare() as url, gateway(config, prefix=pinned(SERVER_CPU, [])) as running:
        for turn in range(ROUNDS):
            bares.append(wrk(url, seconds=SECONDS))
            ours.append(wrk(_door(running), seconds=SECONDS, offset=turn * 10_000_000))
    bare_rate, our_rate = median(load.per_second for load in bares), median(load.per_second for load in ours)
    yield "bare Starlette route, requests/s", _told(bares)
    yield "durable accepts/s (SQLite, synchronous=FULL, 64 connections)", _told(ours)
    yield "ratio", f"{our_rate / bare_rate:.2f}"


def end_to_end(directory: Path) -> Iterator[tuple[str, str]]:
    """A burst posted as fast as it goes, until the last deal is in the sandbox; then memory after many events."""
    config = write_config(_new(directory / "burst"))
    with gateway(config, prefix=pinned(SERVER_CPU, [])) as running:
        idle = running.resident_mb()
        started = time.perf_counter()
        total = _post(running, BURST, offset=0)
        running.wait_until_delivered(600)
        took = time.perf_counter() - started
        yield f"end to end into the sandbox, events/s (a burst of {total:,})", f"{total / took:,.0f}"
        while total < MANY:
            total += _post(running, MANY - total, offset=total)
        running.wait_until_delivered(600)
        yield "resident memory, idle", f"{idle:.0f} MB"
        yield f"resident memory, after {total:,} events", f"{running.resident_mb():.0f} MB"


def start(directory: Path) -> Iterator[tuple[str, str]]:
    """From starting the process to the first 202."""
    times = []
    for turn in range(3):
        config = write_config(_new(directory / f"start{turn}"))
        started = time.perf_counter()
        with gateway(config) as running:
            request = urllib.request.Request(
                f"{running.url}/in/{TOKEN}", b'{"id":1,"email":"a@b.edu","date_registered":"Aug 11, 2020 04:58 PM"}'
            )
            with urllib.request.urlopen(request, timeout=10) as response:
                assert response.status == 202
            times.append(time.perf_counter() - started)
    yield "start to first 202", f"{median(times):.2f} s"


@contextmanager
def bare() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(pinned(SERVER_CPU, [sys.executable, "-m", "tests.bench.bare", str(port)]))
    url = f"http://127.0.0.1:{port}/in/token/order.placed"
    try:
        until(lambda: _listens(url), "the bare route is ready")
        yield url
    finally:
        process.kill()
        process.wait()


def _listens(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _post(running: Running, number: int, *, offset: int) -> int:
    """At least so many orders, in bursts of a second."""
    posted = 0
    while posted < number:
        load = wrk(_door(running), seconds=1, offset=offset + posted)
        if load.errors:
            sys.exit(f"{load.errors} posts failed; see {running.log}")
        posted += load.requests
    return posted


def _door(running: Running) -> str:
    return f"{running.url}/in/{TOKEN}/order.placed"


def _told(loads: list[Load]) -> str:
    rate, p50, p99 = (median(getattr(load, name) for load in loads) for name in ("per_second", "p50", "p99"))
    errors = sum(load.errors for load in loads)
    return f"{rate:,.0f}   p50 {p50:.1f} ms   p99 {p99:.1f} ms" + (f"   {errors} ERRORS" if errors else "")


def _new(directory: Path) -> Path:
    directory.mkdir()
    return directory


if __name__ == "__main__":
    main()
