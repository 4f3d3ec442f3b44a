"""`serve`: the gateway itself."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import typer
import uvloop

from receiver.cli.app import (
    CONFIG,
    FOUND,
    ConfigOption,
    app,
    fail_command,
    settings_of,
    show_faults,
)
from receiver.inbox import StoreUnavailable
from receiver.server.http_server import open_socket, serve_gateway
from receiver.server.worker_processes import WorkerHandle, WorkerSupervisor
from receiver.settings import ConfigError, Settings, keep_fixed, load_settings
from receiver.telemetry import set_up_logs


@app.command()
def serve(config: ConfigOption = CONFIG) -> None:
    """Receive events and deliver them, until SIGTERM or Ctrl-C.

    SIGHUP reloads the configuration.
    """
    settings = settings_of(config)
    set_up_logging(settings)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))  # until there is an answer to it
    run_gateway(config, settings)


def run_gateway(config: Path, settings: Settings) -> None:
    """Serve on uvloop; a store, port or connector that cannot be had is told in words."""
    file = _ConfigFile(config, settings)
    try:
        worker = _become_worker(file) if settings.server.workers > 1 else None
        uvloop.run(serve_gateway(file.settings, load=file.load, worker=worker))
    except StoreUnavailable as error:
        fail_command(f"store.url: {error}", code=1)
    except ConfigError as error:
        show_faults(config, error.faults)
        raise typer.Exit(FOUND) from error
    except OSError as error:
        fail_command(
            f"server.port: cannot listen on {settings.server.host}:{settings.server.port}: "
            f"{error.strerror or error}",
            code=1,
        )
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit from None


class _ConfigFile:
    """The file, and what was in force of it last: by that the workers start that come later."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path.absolute()
        self.settings = settings

    def load(self) -> Settings:
        """Read it as it is now. Raises ConfigError."""
        return load_settings(self._path)

    def reload(self) -> None:
        """Keep it where it has no fault. The workers, who read it too, tell of faults."""
        with suppress(ConfigError):
            self.settings, _ = keep_fixed(self.settings, self.load())


def _become_worker(file: _ConfigFile) -> WorkerHandle:
    """Returns in each worker; the parent ends here once they have ended."""
    server = file.settings.server
    host, port = server.host, server.port
    open_socket(host, port).close()  # a shared port would be shared with another gateway, too
    outcome = WorkerSupervisor(
        server.workers, lambda known: open_socket(host, known or port, shared=True), file.reload
    ).run()
    if isinstance(outcome, int):
        raise typer.Exit(outcome)
    return outcome


def set_up_logging(settings: Settings) -> None:
    """Logging as configured, with every secret of the configuration cut out of the lines."""
    set_up_logs(
        settings.log.level,
        settings.log.format,
        secrets=settings.secrets(),
        plain_emails=settings.log.emails == "plain",
    )
