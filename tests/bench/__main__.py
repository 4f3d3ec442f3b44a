"""Runs every measurement and prints one table.

CPU is that of the server's process, all its threads, per request that it answered.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.load import SERVER_CPU, Load, cpu_seconds, pinned, require_wrk, wrk
from tests.bench.rendering import rendering
from tests.processes import TOKEN, Running, free_port, gateway, until, write_config

ROUNDS, SECONDS = 4, 3
BACKLOG = 20_000
LOOK = 0.5  # seconds between questions whether all is delivered, which cost, too
STANDSTILL = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
latency_ms = 29000
"""
PROFILED = f"""{STANDSTILL}
[[routes]]
name = "profile"
events = ["*"]
connector = "sandbox"

[[routes.upsert]]
object = "contact"
fields.orders = "{{{{ profile.order_count }}}}"
"""


def main() -> None:
    require_wrk()
    table = Table(
        "what",
        "figure",
        title="The AOM gateway on this machine, on one processor",
        title_justify="left",
    )
    with tempfile.TemporaryDirectory(prefix="aom-gateway-bench-") as name:
        directory = Path(name)
        with bare() as yardstick:
            for rows in (
                accepts(directory, yardstick),
                accepts_with_profiles(directory),
                deliveries(directory, yardstick),
                rendering(),
                start(directory),
            ):
                for what, figure in rows:
                    table.add_row(what, figure)
    Console().print(table)


def accepts(directory: Path, yardstick: Bare) -> Iterator[tuple[str, str]]:
    """Durable accepts beside the bare route, in turns on the same processor.

    Each event has one lane; the CRM stands still.
    """
    config = write_config(_new(directory / "accepts"), STANDSTILL)
    ours, bares = [], []
    with gateway(config, prefix=pinned(SERVER_CPU, [])) as running:
        _measured(running, 1, offset=0)  # to warm up
        for turn in range(1, ROUNDS + 1):
            bares.append(yardstick.measured())
            ours.append(_measured(running, SECONDS, offset=turn * 10_000_000))
    yardstick.cpu = median(load.cpu for load in bares)
    yield "bare Starlette route, requests/s", _told(bares)
    yield "bare Starlette route, CPU per request", f"{yardstick.cpu:.0f} µs"
    yield "durable accepts/s (SQLite, synchronous=FULL, 64 connections)", _told(ours)
    yield "durable accepts, CPU per event", yardstick.compared(median(load.cpu for load in ours))


def accepts_with_profiles(directory: Path) -> Iterator[tuple[str, str]]:
    """What it costs more to accept where a mapping asks for profiles: two gateways, in turns."""
    plain = write_config(_new(directory / "plain"), STANDSTILL)
    profiled = write_config(_new(directory / "profiled"), PROFILED)
    cpu: dict[str, list[float]] = {"without": [], "with": []}
    with (
        gateway(plain, prefix=pinned(SERVER_CPU, [])) as without,
        gateway(profiled, prefix=pinned(SERVER_CPU, [])) as with_profiles,
    ):
        for turn in range(ROUNDS + 1):
            for name, running in (("without", without), ("with", with_profiles)):
                load = _measured(running, 1 if turn == 0 else SECONDS, offset=turn * 10_000_000)
                cpu[name] += [load.cpu] if turn else []  # the first is to warm up
    with_, without_ = (median(cpu[name]) for name in ("with", "without"))
    ratio = f"{with_ / without_:.2f} times without"
    yield "durable accepts with profiles, CPU per event", f"{with_:.0f} µs   {ratio}"


def deliveries(directory: Path, yardstick: Bare) -> Iterator[tuple[str, str]]:
    """A burst of orders, each with contact, deal and link, until the last is in the sandbox; what
    is posted while it is delivered.
    """
    config = write_config(_new(directory / "burst"))
    with gateway(config, prefix=pinned(SERVER_CPU, [])) as running:
        idle_memory = running.resident_mb()
        alone = _measured(running, SECONDS, offset=0, connections=1)
        running.wait_until_delivered(600, every=LOOK)
        before, posted, started = cpu_seconds(running.process.pid), 0, time.perf_counter()
        while posted < BACKLOG:
            posted += _measured(running, 1, offset=1_000_000 + posted).requests
        beside = _measured(running, SECONDS, offset=2_000_000, connections=1)
        full = _measured(running, SECONDS, offset=3_000_000)
        waiting = running.admin("/api/status")["pending"]
        running.wait_until_delivered(600, every=LOOK)
        posted += beside.requests + full.requests
        used, took = cpu_seconds(running.process.pid) - before, time.perf_counter() - started
        yield (
            f"end to end into the sandbox, events/s (a burst of {posted:,})",
            f"{posted / took:,.0f}",
        )
        yield "end to end into the sandbox, CPU per event", yardstick.compared(used / posted * 1e6)
        yield (
            f"durable accepts/s while a backlog is delivered ({waiting:,} wait at its end)",
            _told([full]),
        )
        yield "p99 of a post, one at a time: idle", f"{alone.p99:.1f} ms"
        yield (
            "p99 of a post, one at a time: while a backlog is delivered",
            f"{beside.p99:.1f} ms   {beside.p99 / alone.p99:.1f} times idle",
        )
        yield "resident memory, idle", f"{idle_memory:.0f} MB"
        yield (
            f"resident memory, after {alone.requests + posted:,} events",
            f"{running.resident_mb():.0f} MB",
        )


def start(directory: Path) -> Iterator[tuple[str, str]]:
    """From starting the process to the first 202."""
    times = []
    for turn in range(3):
        config = write_config(_new(directory / f"start{turn}"))
        started = time.perf_counter()
        with gateway(config) as running:
            request = urllib.request.Request(
                f"{running.url}/in/{TOKEN}",
                b'{"id":1,"email":"a@b.edu","date_registered":"Aug 11, 2020 04:58 PM"}',
            )
            with urllib.request.urlopen(request, timeout=10) as response:
                assert response.status == 202
            times.append(time.perf_counter() - started)
    yield "start to first 202", f"{median(times):.2f} s"


@dataclass(slots=True)
class Bare:
    """The yardstick, as it runs."""

    url: str
    process: subprocess.Popen[bytes]
    cpu: float = math.nan  # microseconds per request, once that is measured

    def measured(self) -> Load:
        return wrk(self.url, seconds=SECONDS, process=self.process.pid)

    def compared(self, cpu: float) -> str:
        return f"{cpu:.0f} µs   {cpu / self.cpu:.2f} times bare"


@contextmanager
def bare() -> Iterator[Bare]:
    port = free_port()
    process = subprocess.Popen(
        pinned(SERVER_CPU, [sys.executable, "-m", "tests.bench.bare", str(port)])
    )
    url = f"http://127.0.0.1:{port}/in/token/order.placed"
    try:
        until(lambda: _listens(url), "the bare route is ready")
        yield Bare(url, process)
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


def _measured(running: Running, seconds: int, *, offset: int, connections: int = 64) -> Load:
    """Orders that are all different, posted for so long."""
    url = f"{running.url}/in/{TOKEN}/order.placed"
    load = wrk(
        url, seconds=seconds, offset=offset, connections=connections, process=running.process.pid
    )
    if load.errors:
        sys.exit(f"{load.errors} posts failed; see {running.log}")
    return load


def _told(loads: list[Load]) -> str:
    rate, p50, p99 = (
        median(getattr(load, name) for load in loads) for name in ("per_second", "p50", "p99")
    )
    errors = sum(load.errors for load in loads)
    return f"{rate:,.0f}   p50 {p50:.1f} ms   p99 {p99:.1f} ms" + (
        f"   {errors} ERRORS" if errors else ""
    )


def _new(directory: Path) -> Path:
    directory.mkdir()
    return directory


if __name__ == "__main__":
    main()
