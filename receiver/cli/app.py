"""The Typer application: which commands there are, how one is called, and the settings by which it
works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from receiver.cli.command_failure import FOUND, CommandFailure, fail_command
from receiver.cli.terminal import print_json, show_failure
from receiver.settings import ConfigError, Settings, load_settings

MODULES = {  # of each command, in the order of use: try, set up, run, look, mend, change, keep
    "demo": "demo",
    "init": "init",
    "check": "check",
    "test": "mapping.test_command",
    "provision": "connectors.provision",
    "serve": "serve_and_reload",
    "urls": "urls",
    "send": "send",
    "status": "status",
    "events": "events",
    "dead": "dead_and_quarantine",
    "quarantine": "dead_and_quarantine",
    "replay": "replay",
    "explain": "explain",
    "alarms": "operation.alarms",
    "pause": "operation.pause",
    "resume": "operation.pause",
    "audit": "operation.audit",
    "diff": "mapping.diff",
    "reload": "serve_and_reload",
    "rotate": "operation.rotate",
    "import": "import_command",
    "forget": "forget",
    "new-account": "connectors.new_account",
    "backup": "store.backup",
    "restore": "store.backup",
    "move-store": "store.move_store",
    "schemas": "schemas",
    "new-connector": "connectors.new_connector",
}


_UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # Typer does not export it
_AS_JSON = "--json"


class CommandGroup(TyperGroup):
    """The commands, each with a module that is imported when the command is called.

    To import all would take a second of every command, for what one of them needs. A command that
    fails is told here: to a person, and where it was called with --json to a script.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run a command; with --json JSON is printed whatever is wrong."""
        try:
            return super().invoke(ctx)
        except CommandFailure as failure:
            show_failure(failure)
            if ctx.meta[_AS_JSON]:
                print_json(failure.plain())
            raise
        except _UsageError as error:  # which Typer shows
            if ctx.meta[_AS_JSON]:
                words: Callable[[], str] = getattr(error, "format_message", error.__str__)
                print_json({"error": words(), "faults": []})
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, and note whether a script called it."""
        ctx.meta[_AS_JSON] = _AS_JSON in args
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer calls it so
        """Name all commands, for the help; each is imported."""
        self._import_commands(MODULES)
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the command; for a name that is none, all of them: one like it is suggested."""
        self._import_commands({cmd_name} & MODULES.keys() or MODULES)
        return super().get_command(ctx, cmd_name)

    def _import_commands(self, names: Collection[str]) -> None:
        if missing := set(names) - self.commands.keys():
            for name in sorted(missing):
                import_module(f"receiver.cli.commands.{MODULES[name]}")
            self.commands.update(typer.main.get_group(app).commands)


app = typer.Typer(
    name="aom-gateway",
    cls=CommandGroup,
    help="Keeps every webhook of Academy of Mine and brings a CRM to the state that they describe.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def show_version(wanted: bool) -> None:
    """Print the version that is installed, and end."""
    if not wanted:
        return
    try:
        typer.echo(f"aom-gateway {version('aom-gateway')}")
    except PackageNotFoundError:
        typer.echo("aom-gateway, run from its source without an installation")
    raise typer.Exit


VersionOption = Annotated[
    bool,
    typer.Option(
        "--version", is_eager=True, callback=show_version, help="Show the version and exit."
    ),
]


@app.callback()
def begin(version: VersionOption = False) -> None:
    """Take the options that stand before a command."""


def settings_of(config: Path, *, stand_ins: bool = False, code: int = FOUND) -> Settings:
    """The settings, or exit with every fault shown, by `code`. With `stand_ins` secrets may be
    missing.
    """
    if not config.is_file():
        fail_command(
            f"There is no configuration at {config}. Make one with `aom-gateway init`, or "
            "name it with --config."
        )
    try:
        return load_settings(config, stand_ins=stand_ins)
    except ConfigError as error:
        raise CommandFailure("", code, error.faults, config) from error
