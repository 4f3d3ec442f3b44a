"""`urls`: what to paste into AOM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.table import Table

from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import fail_command
from receiver.cli.completion.known_names import complete_source
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.terminal import out, print_json
from receiver.settings import Settings
from receiver.settings.gateway_urls import inbound_url, menu_urls, public_url


@app.command()
def urls(
    config: ConfigOption = CONFIG,
    source: Annotated[
        str | None,
        typer.Option(help="One source; all unless given.", autocompletion=complete_source),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the URLs to paste into AOM, one per entry of its menu. They hold the token: treat them
    as passwords.
    """
    settings = settings_of(config)
    if source and source not in settings.sources:
        fail_command(
            f"--source: {source!r} is not configured; there are: {', '.join(settings.sources)}"
        )
    rows = [
        row
        for name, one in settings.sources.items()
        if source in {None, name}
        for row in list_urls(settings, name, one.tokens[0].get_secret_value())
    ]
    if as_json:
        print_json(rows)
        return
    show_urls(settings, rows)


def list_urls(settings: Settings, source: str, token: str) -> list[dict[str, str | None]]:
    """The addresses with this token, one per entry of AOM's menu and one for all."""
    base = public_url(settings)
    return [
        {"source": source, "label": label, "event": event, "url": inbound_url(base, token, event)}
        for label, event in [*menu_urls().items(), ("(any event)", None)]
    ]


def show_urls(settings: Settings, rows: Sequence[Mapping[str, str | None]]) -> None:
    """A table for each source."""
    for name in dict.fromkeys(row["source"] for row in rows):
        table = Table("in AOM's menu", "URL", title=f"{name}", title_justify="left")
        for row in rows:
            if row["source"] == name:
                table.add_row(row["label"], row["url"])
        out.print(table)
    if not settings.server.public_url:
        out.print(
            "server.public_url is not set: AOM must reach these addresses from outside.",
            style="yellow",
        )
