"""The Typer application, and what every command shares: where the configuration is, how faults are
shown, exit codes.

Exit codes: 0 good, 1 the check found something, 2 wrong use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from receiver.settings import ConfigError, ConfigFault, Settings, load_settings
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize

FOUND = 1
WRONG_USE = 2

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


class CommandFailure(typer.Exit):
    """Ends a command by its exit code, with what is wrong in words, or the `faults` of a file.

    `words` are shown after the faults.
    """

    def __init__(
        self, words: str, code: int, faults: tuple[ConfigFault, ...] = (), file: Path | None = None
    ) -> None:
        super().__init__(code)
        self.words = words
        self.faults = faults
        self.file = file

    def show(self) -> None:
        """Tell a person."""
        if self.file is not None:
            show_faults(self.file, self.faults)
        if self.words:
            err.print(escape_hidden(self.words), style="red", markup=False)

    def plain(self) -> dict[str, Any]:
        """Tell a script."""
        errors = sum(not fault.warning for fault in self.faults)
        words = self.words or f"{self.file}: {pluralize(errors, 'fault')}"
        return {"error": words, "faults": [asdict(fault) for fault in self.faults]}


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
            failure.show()
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

_PIPED = 200  # columns of a table that no terminal cuts

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPED)
err = Console(
    stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else _PIPED
)

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="AOM_GATEWAY_CONFIG", help="The configuration file."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
CONFIG = Path("config.toml")


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


def show_faults(config: Path, faults: tuple[ConfigFault, ...]) -> None:
    """One block per fault: place, what is wrong, what would be right."""
    for fault in faults:
        kind, style = ("warning", "yellow") if fault.warning else ("error", "red")
        err.print(f"{kind}: ", style=f"bold {style}", end="", markup=False)
        err.print(escape_hidden(f"{fault.place}: {fault.message}"), markup=False)
        if fault.remedy:
            err.print(escape_hidden(f"       {fault.remedy}"), style="dim", markup=False)
    errors = sum(not fault.warning for fault in faults)
    if errors:
        err.print(
            escape_hidden(f"{config}: {errors} fault{'s' if errors > 1 else ''}"),
            style="bold",
            markup=False,
        )


def fail_command(message: str, code: int = WRONG_USE) -> NoReturn:
    """Say what is wrong and end."""
    raise CommandFailure(message, code)


def print_json(value: Any) -> None:
    """For scripts: plain, also on a terminal."""
    lines = json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
    typer.echo("\n".join(map(escape_hidden, lines)))  # what is escaped means the same in JSON


def confirm_action(question: str, *, yes: bool, as_json: bool) -> None:
    """Go on only if the operator agrees; a script has to have said so."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        fail_command(f"{question} Nobody can be asked here: add --yes.")
    if not typer.confirm(escape_hidden(question), err=True):
        fail_command("Nothing was changed.", code=FOUND)
