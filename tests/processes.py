"""The real program as a process: started, asked, stopped or killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import randrange
from typing import IO, Any

from tests.program import Program, start_program

ADMIN_TOKEN = "admin-token-of-the-tests"
TOKEN = "springfield-token-of-the-tests"


_LOW, _HIGH = 10_000, 30_000
_PORTS = islice(cycle(range(_LOW, _HIGH)), randrange(_HIGH - _LOW), None)


def free_port() -> int:
    """A port for a program that is about to start, and that this process hands out once.

    It is none of those that a kernel gives to whoever calls out, which may have it before then.
    """
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def until(
    condition: Callable[[], Any],
    what: str,
    seconds: float = 300.0,
    *,
    every: float | None = None,
) -> Any:
    """Wait for the condition to return something true, and return it.

    It is asked again `every` so many seconds; unless that is given, less often the longer it takes,
    since to ask costs those who are waited for. `seconds`: no measure, only an end for what hangs;
    a busy machine takes ten times as long.
    """
    begun = time.monotonic()
    while not (value := condition()):
        waited = time.monotonic() - begun
        if waited > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every or min(max(0.02, waited / 20), 0.5))
    return value


def get_json(url: str, token: str | None = None) -> Any:
    request = urllib.request.Request(
        url, headers={"Authorization": f"Bearer {token}"} if token else {}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@dataclass(slots=True)
class Running:
    """A gateway process, and how to ask it."""

    process: subprocess.Popen[bytes] | Program
    url: str
    log: Path

    def admin(self, path: str) -> Any:
        return get_json(self.url + path, ADMIN_TOKEN)

    def wait_until_delivered(
        self, seconds: float = 300.0, *, every: float | None = None
    ) -> dict[str, Any]:
        """Until nothing is pending; returns the status."""

        def delivered() -> dict[str, Any] | None:
            status: dict[str, Any] = self.admin("/api/status")
            return None if status["pending"] else status

        found: dict[str, Any] = until(delivered, "all deliveries done", seconds, every=every)
        return found

    def records(self, connector: str, object_name: str) -> list[dict[str, Any]]:
        """All records of a sandbox."""
        items: list[dict[str, Any]] = []
        before: str | None = None
        while True:
            page = self.admin(
                f"/api/connectors/{connector}/records/{object_name}?limit=500"
                + (f"&before={before}" if before else "")
            )
            items += page["items"]
            before = page["next"]
            if not before:
                return items

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def cpu_seconds(self) -> float:
        """How long it has computed, in all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        return self._memory_mb("VmRSS:")

    def most_resident_mb(self) -> float:
        """The most that it ever was."""
        return self._memory_mb("VmHWM:")

    def _memory_mb(self, name: str) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"no {name}")


@contextmanager
def gateway(
    config: Path, *, prefix: Sequence[str] = (), env: dict[str, str] | None = None
) -> Iterator[Running]:
    """`aom-gateway serve` with this configuration, ready when the block is entered, killed when it
    is left.
    """
    port = next(
        line.split("=")[1].strip()
        for line in config.read_text().splitlines()
        if line.startswith("port")
    )
    log = config.with_suffix(".log")
    with log.open("ab") as output:
        process = _serve(config, output, prefix, {**os.environ, **(env or {})})
    running = Running(process, f"http://127.0.0.1:{port}", log)
    try:
        until(lambda: _alive(running), "the gateway is ready")
        yield running
    finally:
        if process.poll() is None:
            running.kill()


def _serve(
    config: Path, output: IO[bytes], prefix: Sequence[str], env: dict[str, str]
) -> subprocess.Popen[bytes] | Program:
    """With a `prefix` it is a program of its own from the start, and not a fork."""
    words = ["serve", "--config", str(config)]
    if not prefix:
        return start_program(*words, env=env, stdout=output, stderr=output)
    command = [*prefix, sys.executable, "-m", "receiver", *words]
    return subprocess.Popen(command, stdout=output, stderr=output, env=env)


def _alive(running: Running) -> bool:
    if running.process.poll() is not None:
        raise AssertionError(
            f"the gateway ended with {running.process.returncode}:\n{running.log.read_text()}"
        )
    try:
        get_json(running.url + "/healthz")
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def write_config(
    directory: Path, body: str = "", *, store: str | None = None, server: str = "", source: str = ""
) -> Path:
    """A configuration with one source and one sandbox with its standard mapping, unless `body` says
    otherwise.
    """
    config = directory / "config.toml"
    config.write_text(f"""
[server]
port = {free_port()}
admin_token = "{ADMIN_TOKEN}"
{server}

[store]
url = "{store or f"sqlite:///{directory}/aom-gateway.db"}"

[sources.springfield]
tokens = ["{TOKEN}"]
timezone = "America/New_York"
{source}
{body or SANDBOX}
""")
    return config


SANDBOX = """
[connectors.sandbox]
type = "sandbox"
mapping = "standard"
"""
