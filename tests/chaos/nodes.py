"""Gateway processes that are killed, frozen and started again, and the database under them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.processes import Running, free_port, get_json, until

ALIVE = 60.0  # seconds in which a process must be ready


@dataclass(slots=True)
class Node:
    """One gateway. Its log goes on over restarts."""

    config: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    frozen: bool = False

    @property
    def running(self) -> Running:
        assert self.process
        return Running(
            self.process, f"http://127.0.0.1:{self.port}", self.config.with_suffix(".log")
        )

    def start(self) -> None:
        command = [sys.executable, "-m", "receiver", "serve", "--config", str(self.config)]
        with self.config.with_suffix(".log").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def kill(self) -> None:
        if self.process:
            self.thaw()
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGSTOP)
            self.frozen = True

    def thaw(self) -> None:
        if self.process and self.frozen:
            self.process.send_signal(signal.SIGCONT)
        self.frozen = False

    def is_ready(self) -> bool:
        try:
            return bool(get_json(self.running.url + "/healthz"))
        except OSError:
            return False


@dataclass(slots=True)
class Cluster:
    """Three gateways and their database.

    `strike` does one bad thing to them, `mend` takes all of them back.
    """

    nodes: list[Node]
    database: Any
    random: Random
    struck: list[str] = field(default_factory=list)

    def strike(self) -> None:
        """Kill, freeze, start again, or take the database away for a moment.

        One process is always left.
        """
        whole = [node for node in self.nodes if node.process and not node.frozen]
        broken = [node for node in self.nodes if node not in whole]
        choices = ["kill", "freeze"] if len(whole) > 1 else []
        choices += ["mend"] * len(broken) + ["database"]
        what = self.random.choice(choices)
        self.struck.append(what)
        match what:
            case "kill":
                self.random.choice(whole).kill()
            case "freeze":
                self.random.choice(whole).freeze()
            case "mend":
                node = self.random.choice(broken)
                node.thaw() if node.frozen else node.start()
            case "database":
                self._kill_database()

    def mend(self) -> None:
        self.database.ensure_postgres_running()
        for node in self.nodes:
            node.thaw()
            if node.process is None or node.process.poll() is not None:
                node.start()
        for node in self.nodes:
            until(node.is_ready, "a gateway is ready", ALIVE)

    def close(self) -> None:
        for node in self.nodes:
            node.kill()

    def _kill_database(self) -> None:
        pid = int((Path(self.database.pgdata) / "postmaster.pid").read_text().split()[0])
        # as a crash: no word to anybody, and recovery at the next start
        os.kill(pid, signal.SIGQUIT)
        until(lambda: not _exists(pid), "the database is dead")
        self.database.ensure_postgres_running()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@contextmanager
def cluster(
    directory: Path, body: str, database: Any, random: Random, *, size: int = 3
) -> Iterator[Cluster]:
    """All of them ready. `body` is the configuration beside the server and the store."""
    nodes = []
    for number in range(size):
        config, port = directory / f"node{number}.toml", free_port()
        config.write_text(body.format(port=port, store=database.get_uri()))
        nodes.append(Node(config, port))
    made = Cluster(nodes, database, random)
    try:
        made.mend()
        yield made
    finally:
        made.close()
