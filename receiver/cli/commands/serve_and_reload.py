"""`serve`: the gateway itself. `reload`: it takes its changed configuration over."""

from __future__ import annotations

import asyncio
import mmap
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx
import structlog
import typer
import uvloop
from httpx import codes

from receiver.cli.admin_client import (
    NO_TOKEN,
    ask_running,
    decode_answer,
    find_token,
    refusal_detail,
)
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, CommandFailure, fail_command
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.terminal import err, out, print_json, show_faults
from receiver.inbox import StoreUnavailable
from receiver.server.http_server import open_socket, serve_gateway
from receiver.server.worker_processes import WorkerHandle, WorkerSupervisor
from receiver.settings import (
    ConfigError,
    ConfigFault,
    Settings,
    digest_settings,
    keep_fixed,
    load_server,
    load_settings,
)
from receiver.telemetry import set_up_logs
from receiver.text.escape import escape_hidden

_LATEST: Final = 8  # configurations that were read, of which one may come into force yet


@app.command()
def serve(config: ConfigOption = CONFIG) -> None:
    """Receive events and deliver them, until SIGTERM or Ctrl-C.

    SIGHUP reloads the configuration.
    """
    settings = settings_of(config)
    set_up_logging(settings)
    run_gateway(config, settings)


def run_gateway(config: Path, settings: Settings) -> None:
    """Serve on uvloop; a store, port or connector that cannot be had is told in words."""
    file = _ConfigFile(config, settings)
    try:
        worker = _become_worker(file) if settings.server.workers > 1 else None
        serving = serve_gateway(
            file.settings, load=file.load, note_in_force=file.note_in_force, worker=worker
        )
        uvloop.run(serving)
    except StoreUnavailable as error:
        fail_command(f"store.url: {error}", code=1)
    except ConfigError as error:
        raise CommandFailure("", FOUND, error.faults, config) from error
    except OSError as error:
        fail_command(
            f"server.port: cannot listen on {settings.server.host}:{settings.server.port}: "
            f"{error.strerror or error}",
            code=1,
        )
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit from None


class _ConfigFile:
    """The file, and what of it came into force last at any worker: by that those start that come
    later.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path.absolute()
        self._loaded = [settings]
        self._in_force = mmap.mmap(-1, len(_digest(settings)))  # of the parent and all workers
        self.note_in_force(settings)

    @property
    def settings(self) -> Settings:
        digest = self._in_force[:]
        return next((one for one in self._loaded if _digest(one) == digest), self._loaded[0])

    def note_in_force(self, settings: Settings) -> None:
        """Let the parent know."""
        self._in_force[:] = _digest(settings)

    def load(self) -> Settings:
        """Read it as it is now. Raises ConfigError."""
        return load_settings(self._path)

    def reload(self) -> None:
        """Read it for the parent. The workers, who read it too, tell of faults, and may refuse it
        for what cannot be seen here.
        """
        former = self.settings
        try:
            new, _ = keep_fixed(former, self.load())
        except ConfigError:
            return
        except Exception:  # noqa: BLE001 - without the parent nobody starts workers anew
            structlog.get_logger().exception("configuration.reload_failed")
            return
        self._loaded = [former, *self._loaded[-_LATEST:], new]


def _digest(settings: Settings) -> bytes:
    """No key: it does not leave the memory of these processes."""
    return digest_settings(settings, b"").encode()


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


@app.command()
def reload(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Let the running gateway take its changed configuration over, without a restart.

    The gateway reads its file and checks it whole; where it has faults they are shown, the former
    one goes on, and the command ends with 1. --json prints {"digest", "changes", "needs_restart",
    "warnings", "behind"}.
    """
    answer = _ask_reload(config)
    if as_json:
        print_json(answer)
    else:
        _show_reload(config, answer)
    if answer["behind"]:
        raise typer.Exit(FOUND)


def _ask_reload(config: Path) -> dict[str, Any]:
    response = _post_reload(config)
    if response.status_code == codes.UNAUTHORIZED:
        fail_command(
            "The running gateway does not take this token. If it is the token that was "
            "changed, send the process SIGHUP: `kill -HUP PID`, or `systemctl reload`.",
            code=FOUND,
        )
    if response.status_code == codes.UNPROCESSABLE_ENTITY:
        _show_refusal(config, response)
    if response.is_error:
        fail_command(
            f"The gateway answers {response.status_code}: {refusal_detail(response)}", code=FOUND
        )
    answer: dict[str, Any] = decode_answer(response)
    return answer


def _post_reload(config: Path) -> httpx.Response:
    """The gateway is told of a file with faults too: so its status and its alarm know of them."""
    try:
        server = load_server(config)
    except ConfigError:
        server = settings_of(config).server  # which ends with all faults
    if find_token(server) is None:
        fail_command(
            f"{NO_TOKEN} Or send the process SIGHUP: `kill -HUP PID`, or `systemctl reload`."
        )
    answer = ask_running(server, "POST", "/api/reload")
    if answer is None:
        settings_of(config)  # what is wrong with the file is worth knowing before it is started
        fail_command("No gateway runs. Start it with `aom-gateway serve`.", code=FOUND)
    return answer


def _show_refusal(config: Path, response: httpx.Response) -> NoReturn:
    answer = decode_answer(response)
    faults = tuple(ConfigFault(one["path"], one["message"]) for one in answer.get("errors", ()))
    raise CommandFailure(f"The gateway answers: {answer['detail']}", FOUND, faults, config)


def _show_reload(config: Path, answer: dict[str, Any]) -> None:
    show_faults(
        config,
        tuple(ConfigFault(one["path"], one["message"], warning=True) for one in answer["warnings"]),
    )
    for one in answer["changes"]:
        out.print(escape_hidden(f"{one['change']}: {one['where']}"), markup=False)
    if not answer["changes"]:
        out.print("Nothing has changed.")
    for place in answer["needs_restart"]:
        err.print(escape_hidden(f"needs a restart: {place}"), style="yellow", markup=False)
    for name in answer["behind"]:
        err.print(
            escape_hidden(f"{name} does not work by it yet: see `aom-gateway status`"),
            style="red",
            markup=False,
        )
