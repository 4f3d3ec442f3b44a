"""wrk as the load, on a processor of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("orders.lua")
SERVER_CPU, LOAD_CPU = "0", "1"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw; latencies in milliseconds, CPU of the server in microseconds per
    request.
    """

    per_second: float
    p50: float
    p99: float
    requests: int
    errors: int
    cpu: float


def cpu_seconds(process: int) -> float:
    """What all its threads have used so far, in the system, too."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wrk(url: str, *, seconds: int, process: int, connections: int = 64, offset: int = 0) -> Load:
    """Post different orders for so long to the server that is this process.

    `offset` keeps a second run's orders apart.
    """
    before = cpu_seconds(process)
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "-s",
        str(SCRIPT),
        url,
    ]
    result = subprocess.run(
        pinned(LOAD_CPU, command),
        env={**os.environ, "BENCH_OFFSET": str(offset)},
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in result.stdout.splitlines() if line.startswith("RESULT "))
    requests, microseconds, p50, p99, errors = map(int, line.split()[1:])
    cpu = (cpu_seconds(process) - before) / requests * 1e6
    return Load(requests / microseconds * 1e6, p50 / 1000, p99 / 1000, requests, errors, cpu)


def pinned(cpu: str, command: list[str]) -> list[str]:
    """The command, kept to one processor where the machine has several."""
    return (
        ["taskset", "-c", cpu, *command]
        if shutil.which("taskset") and (os.cpu_count() or 1) > 1
        else command
    )


def require_wrk() -> None:
    """Wrk is not on PyPI; as root on Debian it is installed, elsewhere asked for."""
    if shutil.which("wrk"):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "wrk"], check=True, stdout=subprocess.DEVNULL
        )
        return
    sys.exit("The benchmark needs wrk: install your system's package of that name.")
