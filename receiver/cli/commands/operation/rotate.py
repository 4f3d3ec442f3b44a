"""`rotate`: a new token for a source, while the one before still counts; then without that."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from receiver.cli.admin_client import open_admin
from receiver.cli.app import app, settings_of
from receiver.cli.command_failure import FOUND, fail_command
from receiver.cli.commands.urls import list_urls, show_urls
from receiver.cli.completion.known_names import complete_source
from receiver.cli.local_times import show_time
from receiver.cli.options import CONFIG, ConfigOption, JsonOption
from receiver.cli.terminal import out, print_json
from receiver.settings import Settings
from receiver.settings.private_files import rewrite_file
from receiver.settings.token_rotation import (
    NotEditable,
    TokenEntry,
    insert_entry,
    keep_first_entry,
    read_entries,
)
from receiver.text.escape import escape_hidden

_OLD = ".old"  # a file with the token before


@app.command()
def rotate(
    source: Annotated[
        str, typer.Argument(help="Its name in the configuration.", autocompletion=complete_source)
    ],
    config: ConfigOption = CONFIG,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish", help="Remove the token before, where none has used it since the new one."
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --finish: remove it, whoever still uses it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give a source a new token, and show the URLs with it; the one before still counts.

    It is written where the one before stands: in the configuration, whose comments stay, or in the
    file that it names. A variable of the environment is yours to change: the command says what to
    set. Called again while there are two, it says when each was used last. --json prints {"state",
    "tokens", "urls", "set"}: the state is "begun", "to_set" (nothing was written: set the variables
    in `set`), "rotating" or "finished". Exit 1 where --finish finds the token before still in use.
    """
    if force and not finish:
        fail_command("--force goes with --finish.")
    settings = settings_of(config)
    if source not in settings.sources:
        names = ", ".join(settings.sources)
        fail_command(f"{source!r} is not configured; there are: {names}")
    try:
        answer = _rotate(settings, config, source, finish=finish, force=force)
    except NotEditable as error:
        fail_command(f"{config}: {error}; change sources.{source}.tokens by hand.", code=FOUND)
    except OSError as error:
        words = f"{error.filename or config} can't be written: {error.strerror or error}"
        fail_command(f"{words}. Nothing was changed in the configuration.", code=FOUND)
    if as_json:
        print_json({key: value for key, value in answer.items() if key != "words"})
        return
    if answer["urls"]:
        show_urls(settings, answer["urls"])
    out.print(escape_hidden(answer["words"], lines=True), markup=False)


def _rotate(
    settings: Settings, config: Path, source: str, *, finish: bool, force: bool
) -> dict[str, Any]:
    text = _read_file(config)
    entries = read_entries(text, source)
    if finish:
        return _finish(settings, config, source, text, entries, force=force)
    if len(entries) > 1:
        tokens = _uses(settings, source, len(entries))
        words = f"{source} has {len(entries)} tokens; the first is the new one.\n"
        words += "\n".join(map(_use, tokens))
        words += f"\nOnce AOM uses the first alone: `aom-gateway rotate {source} --finish`."
        return _result("rotating", words, tokens=tokens)
    return _begin(settings, config, source, text, entries[0])


def _begin(
    settings: Settings, config: Path, source: str, text: str, entry: TokenEntry
) -> dict[str, Any]:
    token = secrets.token_urlsafe(24)
    urls = list_urls(settings, source, token)
    if entry.kind in {"variable", "mixed"}:
        return _to_set(config, source, token, entry, urls)
    if entry.kind == "file":
        _write_file(settings, config, source, text, entry, token)
    else:
        rewrite_file(config, insert_entry(text, source, 0, token))
    words = (
        f"{source} has a new token beside the one before. Let it count with `aom-gateway reload`, "
        f"and have these addresses pasted into AOM. `aom-gateway rotate {source}` then says which "
        f"token AOM uses, and `aom-gateway rotate {source} --finish` removes the one before."
    )
    return _result("begun", words, urls=urls)


def _write_file(
    settings: Settings, config: Path, source: str, text: str, entry: TokenEntry, token: str
) -> None:
    """Keep the file as another one, name that too, and only then write the new token: whatever
    fails in between, the one before still counts.
    """
    path = settings.directory / entry.name
    before = path.with_name(path.name + _OLD)
    if before.exists():
        raise NotEditable(f"{before} exists already, where the token before would be kept")
    changed = insert_entry(text, source, 1, f"${{file:{entry.name}{_OLD}}}")
    content = path.read_text(encoding="utf-8")
    rewrite_file(before, content, like=path)
    try:
        rewrite_file(config, changed)
    except OSError:
        before.unlink()
        raise
    rewrite_file(path, f"{token}\n")


def _to_set(
    config: Path, source: str, token: str, entry: TokenEntry, urls: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    name = entry.name or f"{source}_TOKEN".upper().replace("-", "_")
    line = f'tokens = ["${{{name}}}", "${{{name}_OLD}}"]'
    if entry.kind == "mixed":
        line = f'tokens = ["${{{name}}}", "{entry.text}"]'
    old = "" if entry.kind == "mixed" else f"  {name}_OLD={'the value that ' + name + ' has now'}\n"
    words = (
        f"Nothing was written: the token of {source} comes from the environment of the gateway, "
        "which this command cannot change. Set there\n"
        f"  {name}={token}\n{old}"
        f"and write in {config} for {source}\n  {line}\n"
        "Then restart the gateway, for variables are read when it starts, and have the addresses "
        f"above pasted into AOM. `aom-gateway rotate {source}` then says which token AOM uses."
    )
    return _result("to_set", words, urls=urls, to_set={name: token})


def _finish(
    settings: Settings,
    config: Path,
    source: str,
    text: str,
    entries: Sequence[TokenEntry],
    *,
    force: bool,
) -> dict[str, Any]:
    if len(entries) == 1:
        words = f"{source} has one token, so there is none to remove. Begin with `aom-gateway "
        fail_command(f"{words}rotate {source}`.", code=FOUND)
    tokens = [] if force else _uses(settings, source, len(entries))
    if not force:
        _require_unused(source, tokens)
    rewrite_file(config, keep_first_entry(text, source))
    removed = [one for one in entries[1:] if one.kind == "file" and one.name.endswith(_OLD)]
    for one in removed:
        (settings.directory / one.name).unlink(missing_ok=True)
    words = f"{source} has one token again. Let it count with `aom-gateway reload`."
    if tokens:
        words = "\n".join([*map(_use, tokens), words])
    if variables := [one.name for one in entries[1:] if one.kind == "variable"]:
        words += f" {', '.join(variables)} can be unset."
    return _result("finished", words, tokens=tokens)


def _require_unused(source: str, tokens: Sequence[dict[str, Any]]) -> None:
    """Which was used later decides, not how long ago: events of some kinds are rare."""
    new, *before = tokens
    uses = "\n".join(map(_use, tokens))
    if new["last_used_at"] is None:
        fail_command(
            f"{uses}\nThe new token of {source} was never used: have the addresses that "
            f"`aom-gateway urls --source {source}` shows pasted into AOM first, or use --force.",
            code=FOUND,
        )
    if any(one["last_used_at"] and one["last_used_at"] >= new["last_used_at"] for one in before):
        fail_command(
            f"{uses}\nA token before was used since the new one: some address in AOM still holds "
            "it, and its calls would be answered 404 and lost. Paste the new ones, or use --force.",
            code=FOUND,
        )


def _uses(settings: Settings, source: str, number: int) -> list[dict[str, Any]]:
    """The tokens as the gateway knows them, which must be as many as the file has."""
    tokens: list[dict[str, Any]] = asyncio.run(_fetch_status(settings))["sources"][source]["tokens"]
    if len(tokens) != number:
        fail_command(
            f"The gateway that runs does not know all tokens of {source}: `aom-gateway reload` "
            "first.",
            code=FOUND,
        )
    return tokens


async def _fetch_status(settings: Settings) -> Any:
    async with open_admin(settings) as asked:
        return await asked.get("/api/status")


def _use(token: dict[str, Any]) -> str:
    used = show_time(token["last_used_at"])
    words = f"last used {used}" if used else "never used"
    return f"Token {token['position']} ({token['name']}): {words}."


def _result(
    state: str,
    words: str,
    *,
    tokens: Sequence[dict[str, Any]] = (),
    urls: Sequence[dict[str, Any]] = (),
    to_set: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "state": state,
        "tokens": list(tokens),
        "urls": list(urls),
        "set": to_set or {},
        "words": words,
    }


def _read_file(config: Path) -> str:
    """As it is, with its own line breaks."""
    return config.read_bytes().decode("utf-8-sig")
