"""Several processes on one port: a parent that starts them, starts anew those that crash, and ends
with them.

Each has a listening socket of its own, between which the system shares out the connections
(SO_REUSEPORT): one that crashed takes its socket with it, and the others get all connections until
it is back.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import structlog

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before one that keeps crashing is started anew
SOUND = 60.0  # seconds after which a crash is the first one again
LONGEST_STOP = 60.0  # seconds; then what still runs is killed

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class WorkerHandle:
    """What one of the processes is given."""

    number: int  # from 1
    of: int
    listener: socket.socket
    directory: Path  # where the workers find each other
    parent: int  # a pipe that ends with the parent
    ready_pipe: int

    def tell_ready(self) -> None:
        """Calls are answered: from now on a crash is no failed start."""
        os.write(self.ready_pipe, b"1")


@dataclass(slots=True)
class _Place:
    """Of one worker, whichever process has it."""

    number: int
    pid: int = 0
    ready_pipe: int = -1
    started: float = 0.0
    crashes: int = 0
    start_at: float = 0.0  # where no process has it

    def was_ready(self) -> bool:
        try:
            return bool(os.read(self.ready_pipe, 1))
        finally:
            os.close(self.ready_pipe)
            self.ready_pipe = -1


class WorkerSupervisor:
    """The parent. It has one thread and no event loop, so that it can fork at any time."""

    def __init__(
        self,
        number: int,
        listen: Callable[[int | None], socket.socket],
        on_hangup: Callable[[], None] = lambda: None,
    ) -> None:
        """`listen` makes a socket that shares its port, given or as configured. `on_hangup` is
        called on SIGHUP, before the workers get it.

        Raises OSError where the port is taken.
        """
        self._on_hangup = on_hangup
        self._listen = listen
        first = listen(None)
        self.port = int(first.getsockname()[1])
        self._listeners = {1: first} | {place: listen(self.port) for place in range(2, number + 1)}
        self._places = [_Place(place) for place in range(1, number + 1)]
        self._signals: SimpleQueue[int] = SimpleQueue()
        self._stopping_since: float | None = None
        self._code = 0
        self._log = structlog.get_logger()

    def run(self) -> WorkerHandle | int:
        """Returns in each worker what it is to do, and in the parent, when all have ended, the exit
        code.
        """
        directory = Path(tempfile.mkdtemp(prefix="aom-gateway-"))
        self._parent = os.pipe()
        for number in _SIGNALS:
            signal.signal(number, lambda given, _frame: self._signals.put(given))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))
        try:
            while True:
                for place in self._due():
                    if worker := self._start(place, directory):
                        return worker
                with suppress(Empty):
                    self._handle(self._signals.get(timeout=self._pause()))
                self._collect()
                if self._stopping_since is not None and not any(
                    place.pid for place in self._places
                ):
                    return self._code
        finally:
            if all(not place.pid for place in self._places):  # else this is a worker
                shutil.rmtree(directory, ignore_errors=True)

    def _due(self) -> list[_Place]:
        now = time.monotonic()
        return (
            []
            if self._stopping_since is not None
            else [one for one in self._places if not one.pid and one.start_at <= now]
        )

    def _pause(self) -> float:
        now = time.monotonic()
        return max(
            0.01,
            min((place.start_at - now for place in self._places if not place.pid), default=1.0),
        )

    def _start(self, place: _Place, directory: Path) -> WorkerHandle | None:
        """The worker, in its process; None in this one."""
        listener = self._listeners.pop(place.number, None) or self._listen(self.port)
        ready, tell_ready = os.pipe()
        # until the child has its own answer to them
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            # SIGHUP would end it: it waits until there is an answer to it
            signal.pthread_sigmask(signal.SIG_UNBLOCK, set(_SIGNALS) - {signal.SIGHUP})
            for other in self._listeners.values():
                other.close()
            os.close(self._parent[1])
            place.pid = -1
            return WorkerHandle(
                place.number, len(self._places), listener, directory, self._parent[0], tell_ready
            )
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        listener.close()
        os.close(tell_ready)
        place.pid, place.ready_pipe, place.started = pid, ready, time.monotonic()
        return None

    def _handle(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._on_hangup()
            self._signal(signal.SIGHUP)
        elif number != signal.SIGCHLD:
            self._stop()

    def _stop(self) -> None:
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        for place in self._places:
            if place.pid:
                os.kill(place.pid, number)

    def _collect(self) -> None:
        """See who has ended."""
        for place in self._places:
            if place.pid:
                ended, status = os.waitpid(place.pid, os.WNOHANG)
                if ended:
                    self._ended(place, os.waitstatus_to_exitcode(status))
        if (
            self._stopping_since is not None
            and time.monotonic() - self._stopping_since > LONGEST_STOP
        ):
            self._signal(signal.SIGKILL)

    def _ended(self, place: _Place, code: int) -> None:
        """Whoever cannot even start takes all down, as a single process would; who crashes later is
        started anew.
        """
        pid, place.pid = place.pid, 0
        was_ready = place.was_ready()
        now = time.monotonic()
        if self._stopping_since is not None:
            self._code = self._code or abs(code)
        elif not was_ready and not place.crashes:
            self._code = abs(code) or 1
            self._stop()
        else:
            place.crashes = 1 if now - place.started > SOUND else place.crashes + 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (place.crashes - 1))
            place.start_at = now + pause
            self._log.error(
                "worker.ended", worker=place.number, pid=pid, code=code, again_in_seconds=pause
            )
