"""A gateway for accounts, made ready as a school would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from typer.testing import CliRunner

from receiver.cli import app
from tests.e2e.accounts.account import Account
from tests.e2e.accounts.hubspot import hubspot
from tests.e2e.accounts.salesforce import salesforce
from tests.processes import write_config

CRMS: Mapping[str, Callable[..., AbstractContextManager[Account]]] = {
    "hubspot": hubspot,
    "salesforce": salesforce,
}


def configure(directory: Path, *accounts: Account) -> Path:
    """A gateway for the accounts, made ready by its own command line.

    The same content again is no duplicate to it.
    """
    config = write_config(
        directory,
        "".join(account.table() for account in accounts),
        store=f"sqlite:///{directory}/aom-gateway.db",
    )
    config.write_text(config.read_text().replace("[store]", "[store]\ndedup_hours = 0"))
    for account in accounts:
        _aom_gateway(config, "provision", account.name, "--apply")
    _aom_gateway(config, "check", "--online")
    for account in accounts:
        account.forget_calls()
    return config


def _aom_gateway(config: Path, *arguments: str) -> None:
    ended = CliRunner().invoke(app, [*arguments, "--config", str(config)])
    assert ended.exit_code == 0, ended.output
