"""The configuration in which every situation has a source and a connector of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from connectors.base import read_shipped_mappings
from connectors.registry import load
from tests.e2e.accounts import Account
from tests.e2e.orgs.situation import Situation
from tests.processes import ADMIN_TOKEN, free_port


def token(name: str) -> str:
    return f"token-of-the-situation-{name}"


def write_configuration(config: Path, orgs: Iterable[tuple[str, Situation, Account]]) -> None:
    """For orgs by the names of their situations; the store lies beside it."""
    server = f'[server]\nport = {free_port()}\nadmin_token = "{ADMIN_TOKEN}"\n\n'
    store = f'[store]\nurl = "sqlite:///{config.parent}/aom-gateway.db"\ndedup_hours = 0\n\n'
    config.write_text(server + store + "\n".join(_tables(*org) for org in orgs))


def _tables(name: str, situation: Situation, account: Account) -> str:
    """A source that leads to a connector of the same name alone, by routes that are the shipped
    ones.
    """
    source = (
        f'[sources.{name}]\ntokens = ["{token(name)}"]\ntimezone = '
        '"America/New_York"\ncurrency = "USD"\n'
    )
    table = account.table().replace('mapping = "standard"\n', "")
    kind = re.search(r'type = "(\w+)"', table)
    assert kind is not None
    mappings = read_shipped_mappings(load(kind[1]))
    shipped = [mappings[name] for name in situation.mappings]
    routes = re.sub(
        r'(?m)^\[\[routes\]\]\nname = "([^"]+)"$',
        _own_route(name),
        "\n".join((*shipped, situation.routes)),
    )
    return f"{source}\n{table}\n{_own_snippets(routes, name)}"


def _own_snippets(routes: str, name: str) -> str:
    """Several orgs stand in one file, where each snippet may stand once."""
    named = re.sub(r"(?m)^\[snippets\.(\w+)\]", rf"[snippets.\1_of_{name}]", routes)
    return re.sub(
        r"(?m)^use = \[.*\]$",
        lambda use: re.sub(r'"(\w+)"', rf'"\1_of_{name}"', use[0]),
        named,
    )


def _own_route(name: str) -> str:
    return rf'[[routes]]\nname = "\1 of {name}"\nsources = ["{name}"]\nconnector = "{name}"'
