"""Serves a gateway over HTTP until it is told to stop: first no new calls, then deliveries under
way, then the store.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from receiver.gateway import ConfigReloader, RunningGateway, open_gateway
from receiver.jobs.worker_jobs import WorkerJobs
from receiver.server.app import create_app
from receiver.server.connections import Connections
from receiver.server.descriptor_limit import raise_limit
from receiver.server.request_limits import LimitedProtocol
from receiver.server.worker_processes import WorkerHandle
from receiver.settings import Settings
from receiver.telemetry.log_lines import LONGEST_WAIT
from receiver.telemetry.worker_metrics import WorkerMetrics

# Python's own 700 find the events that wait for a commit, again and again
SELDOM = (20_000, 20, 20)
SWITCH = 0.001  # seconds
NOTICE = 0.5  # seconds in which new calls are told to come back later, before the port is closed


class _Server(uvicorn.Server):
    """uvicorn raises a captured signal again at its end, which would kill the process before the
    gateway is closed.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        connections: Connections,
        on_started: Callable[[], None],
        on_signal: Callable[[], None],
        on_hangup: Callable[[], None] | None,
    ) -> None:
        super().__init__(config)
        self.server_state = self._connections = connections
        self._on_started = on_started
        self._on_signal = on_signal
        self._on_hangup = on_hangup

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._connections.sweep(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            self._on_signal()
            loop.call_later(NOTICE, self.handle_exit, number, None)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end, number)
        if self._on_hangup:
            loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))
        # and keep the handlers: closing, which comes next, must not be cut short by a second signal
        yield


async def serve_gateway(
    settings: Settings,
    on_ready: Callable[[], None] = lambda: None,
    *,
    load: Callable[[], Settings] | None = None,
    note_in_force: Callable[[Settings], None] = lambda _settings: None,
    worker: WorkerHandle | None = None,
) -> None:
    """Run until SIGTERM or Ctrl-C. `on_ready` is called once calls are answered.

    Raises StoreUnavailable, OSError (port taken), ConfigError (a connector cannot be opened).

    With `load`, which reads the configuration as it is now, it is taken over on SIGHUP and when an
    operator asks for it; `note_in_force` is called with it.

    As one `worker` of several, on the socket that it was given, and no longer than its parent.
    """
    log = structlog.get_logger()
    with (
        worker.listener
        if worker
        else open_socket(settings.server.host, settings.server.port) as listener
    ):
        parent = os.getppid() if worker else None
        async with (
            open_gateway(settings, create_app, parent=parent) as running,
            _among_workers(running, worker),
        ):
            shared = Connections(raise_limit(), running.lasting.metrics.turned_away)
            tell_siblings = _signal_parent if worker else None
            reloader = ConfigReloader(running, load, tell_siblings, note_in_force) if load else None
            running.lasting.reloader = reloader

            def ready() -> None:
                _spare_the_collector()
                _share_the_lock()
                log.info(
                    "gateway.ready",
                    host=settings.server.host,
                    port=listener.getsockname()[1],
                    connections=shared.most,
                )
                if worker:
                    worker.tell_ready()
                on_ready()

            await _Server(
                _config(running),
                shared,
                ready,
                running.begin_closing,
                reloader.reload_on_signal if reloader else None,
            ).serve([listener])
            log.info("gateway.stopping")
    log.info("gateway.stopped")
    if running.hung:
        await asyncio.sleep(2 * LONGEST_WAIT)  # the last log lines
        os._exit(0)  # all is closed but for threads that never end, which would keep the process


@asynccontextmanager
async def _among_workers(
    running: RunningGateway[ASGIApp], worker: WorkerHandle | None
) -> AsyncIterator[None]:
    """Tell the others what was counted here and what is worked at; stop where the parent is
    gone.
    """
    if worker is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(worker.parent)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(worker.parent, stop)
    metrics = running.lasting.metrics
    running.lasting.workers = WorkerMetrics(
        worker.directory, worker.number, worker.of, metrics.text, metrics.of_the_store
    )
    running.lasting.worker_jobs = WorkerJobs(
        worker.directory, worker.number, worker.of, running.lasting.background
    )
    async with running.lasting.workers.served(), running.lasting.worker_jobs.served():
        yield


def _signal_parent() -> None:
    """It reads the configuration too, for those that it starts, and passes the signal on to all."""
    os.kill(os.getppid(), signal.SIGHUP)


def _share_the_lock() -> None:
    """Threads that compute give up Python's lock this often: the event loop has to win it back at
    each turn.
    """
    sys.setswitchinterval(SWITCH)


def _spare_the_collector() -> None:
    """What a start has made stays.

    To look at all of it again and again would stop everything for 50 ms each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def open_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """The listening socket, made before anything else, so that a port that is taken is told at
    once. `shared`: with other workers.
    """
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address, family=family, backlog=2048, reuse_port=shared)


def _config(running: RunningGateway[ASGIApp]) -> uvicorn.Config:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        """That of the configuration in force when the request came, to its end."""
        await running.app(scope, receive, send)

    return uvicorn.Config(
        application,
        http=LimitedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
