"""`serve`: the gateway itself."""

from __future__ import annotations

import asyncio

import typer
import uvloop

from receiver.cli.app import CONFIG, ConfigOption, app, fail_command, settings_of
from receiver.inbox import StoreUnavailable
from receiver.server.http_server import open_socket
from receiver.server.http_server import serve_gateway as serve_forever
from receiver.server.worker_processes import WorkerHandle, WorkerSupervisor
from receiver.settings import Settings
from receiver.telemetry import set_up_logs


@app.command()
def serve(config: ConfigOption = CONFIG) -> None:
    """Receive events and deliver them, until SIGTERM or Ctrl-C."""
    settings = settings_of(config)
    set_up_logging(settings)
    run_gateway(settings)


def run_gateway(settings: Settings) -> None:
    """Serve on uvloop; a store or port that cannot be had is told in one line."""
    try:
        worker = _become_worker(settings) if settings.server.workers > 1 else None
        uvloop.run(serve_forever(settings, worker=worker))
    except StoreUnavailable as error:
        fail_command(f"store.url: {error}", code=1)
    except OSError as error:
        fail_command(
            f"server.port: cannot listen on {settings.server.host}:{settings.server.port}: "
            f"{error.strerror or error}",
            code=1,
        )
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit from None


def _become_worker(settings: Settings) -> WorkerHandle:
    """Returns in each worker; the parent ends here once they have ended."""
    host, port = settings.server.host, settings.server.port
    open_socket(host, port).close()  # a shared port would be shared with another gateway, too
    outcome = WorkerSupervisor(
        settings.server.workers, lambda known: open_socket(host, known or port, shared=True)
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
