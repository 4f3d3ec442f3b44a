"""`backup` and `restore`: a copy of a SQLite store, and its way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin_client import command_line_operator
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.options import CONFIG, ConfigOption, JsonOption, YesOption
from receiver.cli.terminal import confirm_action, err, out, print_json
from receiver.inbox import StoreLocked
from receiver.inbox.transfer.backup import (
    BackupContent,
    BackupFault,
    back_up,
    check_backup,
    store_file,
)
from receiver.inbox.transfer.backup import restore as restore_store
from receiver.text.escape import escape_hidden
from receiver.text.plurals import pluralize


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The new file.")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Copy the SQLite store as it is now into a new file, and check the copy.

    The gateway may run and goes on. The file holds personal data, and is readable by you alone;
    configuration and secrets are not in it. --json prints {"file", "events", "newest", "pending",
    "connectors", "bytes"}.
    """
    settings = settings_of(config)
    try:
        with err.status("Copying, then reading the copy …"):
            content = back_up(store_file(settings.store.url), file)
    except BackupFault as fault:
        fail_command(f"{fault}.", code=FOUND)
    if as_json:
        print_json({"file": str(file), **_json(content)})
    else:
        out.print(escape_hidden(f"{file}: {_describe(content)}."), markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` made.")],
    config: ConfigOption = CONFIG,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the SQLite store, while no gateway runs.

    The former store stays beside it. What waited in the backup may have been delivered since, and
    newer states with it: those connectors are paused until `resume`, so that nothing moves
    backwards before you have imported what is missing. --json prints {"file", "events", "newest",
    "pending", "connectors", "bytes", "aside"}.
    """
    settings = settings_of(config)
    try:
        store = store_file(settings.store.url)
        with err.status("Reading the backup …"):
            content = check_backup(file)
        if not as_json:
            out.print(escape_hidden(f"{file}: {_describe(content)}."), markup=False)
        confirm_action(f"Put it in the place of {store}?", yes=yes, as_json=as_json)
        done = restore_store(file, store, who=command_line_operator(), now=datetime.now(UTC))
    except (BackupFault, StoreLocked) as fault:
        fail_command(f"{fault}.", code=FOUND)
    if as_json:
        aside = str(done.aside) if done.aside else None
        print_json({"file": str(file), **_json(done.content), "aside": aside})
        return
    for line in _what_now(done.content, done.aside):
        out.print(escape_hidden(line), markup=False)


def _what_now(content: BackupContent, aside: Path | None) -> list[str]:
    lines = ["It is the store now."]
    if aside:
        lines.append(f"The former one is {aside}; remove it once you do not need it.")
    newest = f"{content.newest:%Y-%m-%d %H:%M:%S} UTC" if content.newest else "the first event"
    lines.append(
        f"Events that came after {newest} are not in it. Export them in AOM and hand them in with "
        "`aom-gateway import`."
    )
    if content.connectors:
        names = ", ".join(content.connectors)
        lines.append(
            f"Paused, since deliveries waited for them then: {names}. Start the gateway, import, "
            "then `aom-gateway resume` each."
        )
    return lines


def _describe(content: BackupContent) -> str:
    newest = f", the newest of {content.newest:%Y-%m-%d %H:%M:%S} UTC" if content.newest else ""
    waiting = f", {pluralize(content.pending, 'delivery', 'deliveries')} waiting"
    return (
        f"sound, {pluralize(content.events, 'event', 'events')}{newest}{waiting}, "
        f"{content.bytes / 1e6:,.1f} MB"
    )


def _json(content: BackupContent) -> dict[str, Any]:
    return {
        "events": content.events,
        "newest": content.newest.isoformat() if content.newest else None,
        "pending": content.pending,
        "connectors": list(content.connectors),
        "bytes": content.bytes,
    }
