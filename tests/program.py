"""The program in a process of its own, forked from one that has imported its packages already.

To import them takes a second of CPU of each start, and tests start it some hundred times. What is
forked takes arguments, environment, directory and streams as a fresh one does. `receiver.cli`,
which looks at them while it is imported, is imported by each.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryFile
from typing import IO, Any, NoReturn

ROOT = Path(__file__).parents[1]
FRESH = ("PYTHON", "LC_", "LANG")  # what of the environment is read by Python while it starts
NOT_PRELOADED = ("receiver.cli", "receiver.__main__", "receiver.inbox.db.migrations")
PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>
BESIDE = (  # what is imported late, or by receiver.cli
    "alembic.command",
    "alembic.config",
    "alembic.script",
    "psycopg",
    "rich.console",
    "rich.live",
    "rich.progress",
    "rich.table",
    "typer.core",
    "uvloop",
)


class Program:
    """A process of the program. It has the part of `subprocess.Popen` that tests need; what it
    writes is read once it has ended.
    """

    def __init__(self, status: int, output: IO[bytes] | None, errors: IO[bytes] | None) -> None:
        self._status = os.fdopen(status, "rb", buffering=0)
        self._output, self._errors = output, errors
        self.returncode: int | None = None
        self.pid = int(self._status.read(20))

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        if (code := self._ended(timeout)) is None:
            raise subprocess.TimeoutExpired("aom-gateway", timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait, and return what was written to streams that were not given."""
        self.wait(timeout)
        return _content(self._output), _content(self._errors)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._status.read(20)))
            self._status.close()
        return self.returncode


def start_program(
    *words: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: IO[bytes] | int | None = None,
    stdout: IO[bytes] | int | None = None,
    stderr: IO[bytes] | int | None = None,
) -> Program:
    """Start `aom-gateway` with these words; streams that are not given are files of its own."""
    environment = dict(os.environ if env is None else env)
    fresh = frozenset(pair for pair in environment.items() if pair[0].startswith(FRESH))
    output, errors = (
        None if given is not None else TemporaryFile()  # noqa: SIM115 - open until it is read
        for given in (stdout, stderr)
    )
    streams = [stdin, stdout if output is None else output, stderr if errors is None else errors]
    told, status = os.pipe()
    request = {"words": words, "cwd": str(cwd or Path.cwd()), "env": environment}
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - no path of ours
        streams[0] = nothing if stdin is None else stdin
        numbers = [one if isinstance(one, int) else one.fileno() for one in streams if one]
        socket.send_fds(_parent(fresh), [json.dumps(request).encode()], [*numbers, status])
    os.close(status)
    return Program(told, output, errors)


def run_program(
    *words: str, cwd: Path | None = None, stdin: bytes = b"", timeout: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run `aom-gateway` with these words to its end, and return what it wrote.

    `timeout`: no measure, only an end for what hangs.
    """
    with TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        process = start_program(*words, cwd=cwd, stdin=given)
    try:
        output, errors = process.communicate(timeout)
    finally:
        process.kill()
    return subprocess.CompletedProcess(words, process.wait(), output.decode(), errors.decode())


def _content(file: IO[bytes] | None) -> bytes:
    if file is None:
        return b""
    with file:
        file.seek(0)
        return file.read()


@cache
def _parent(fresh: frozenset[tuple[str, str]]) -> socket.socket:
    """Start the process that all of this environment are forked from; it ends with this one.

    `fresh`: what of the environment is read by Python while it starts.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith(FRESH)}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.program"],
            cwd=ROOT,
            env=others | dict(fresh),
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def import_packages() -> None:
    """Import all that the program may import, but for what looks at the process it is in."""
    import receiver  # noqa: PLC0415 - where this is imported by tests, nothing is wanted of it
    from connectors import hubspot, salesforce, sandbox  # noqa: F401, PLC0415

    import_modules(receiver.__path__, "receiver.")
    for name in BESIDE:
        import_module(name)


def import_modules(path: Iterable[str], prefix: str) -> None:
    for module in iter_modules(path, prefix):
        if module.name not in NOT_PRELOADED:
            imported = import_module(module.name)
            import_modules(getattr(imported, "__path__", ()), f"{module.name}.")


def take_request(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Fork for each request. Returns in what was forked; ends when nobody is left to ask."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who report
    while True:
        message, streams, _, _ = socket.recv_fds(control, 1 << 20, 4)
        if not message:
            sys.exit()
        if os.fork() == 0:
            end_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if child := os.fork():
                report_end(child, streams)
            end_with_parent()
            os.close(streams.pop())
            return json.loads(message), streams
        for stream in streams:
            os.close(stream)


def end_with_parent() -> None:
    """Be killed when the process ends that this one was forked from: so nothing of a run is left
    when that is killed. Where no kernel can do that, it is left.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def report_end(child: int, streams: list[int]) -> NoReturn:
    """Tell the number of the process, and with what it has ended."""
    *others, status = streams
    for stream in others:
        os.close(stream)
    os.write(status, f"{child:20}".encode())
    os.write(status, f"{os.waitpid(child, 0)[1]:20}".encode())
    os._exit(0)


def take_place(request: dict[str, Any], streams: list[int]) -> None:
    """Become what would have been started: streams, directory, environment, arguments."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    encoding = sys.stdout.encoding
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    buffering = 1 if os.isatty(1) else -1
    sys.stdout = open(1, "w", buffering, encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding, "backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.path[0] = request["cwd"]
    sys.argv[1:] = request["words"]


def end_in_order(ended: SystemExit) -> NoReturn:
    """End as Python does: threads are waited for, what was registered for the end is called, and
    what was written leaves. Only objects are not freed: that would copy every page that is shared
    with the process this one was forked from, and take four fifths of the CPU of a short command.
    """
    if ended.code is not None and not isinstance(ended.code, int):
        print(ended.code, file=sys.stderr)  # noqa: T201 - as Python does
        ended.code = 1
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit((ended.code or 0) & 0xFF)


if __name__ == "__main__":
    import_packages()
    assert "receiver.cli" not in sys.modules
    gc.freeze()  # what is not looked at is not copied for each fork
    control = socket.socket(fileno=os.dup(0))
    take_place(*take_request(control))
    control.close()
    try:
        runpy.run_module("receiver", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        end_in_order(ended)
