"""What `check --online` says of orgs before their first event, by the real command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

from tests.cli.command import command
from tests.e2e.orgs import hubspot, salesforce_org
from tests.fakes.character import Character
from tests.fakes.hubspot.characters import CHARACTERS as HUBSPOT
from tests.fakes.salesforce.characters import CHARACTERS as SALESFORCE
from tests.processes import write_config

Open = Callable[..., AbstractContextManager[Any]]
ORGS: Mapping[str, tuple[Open, str, Character[Any]]] = {
    **{f"hubspot_{name}": (hubspot.provisioned, "", one) for name, one in HUBSPOT.items()},
    **{
        f"salesforce_{name}": (salesforce_org.provisioned, salesforce_org.PERSON_EACH, one)
        for name, one in SALESFORCE.items()
    },
    "salesforce_private_contacts": (salesforce_org.provisioned, "", SALESFORCE["plain"]),
}
SAID_OF_ALL = {
    "hubspot": (
        "HubSpot does not tell which properties the account demands",
        "is written without its currency",
    ),
    "salesforce": (),
}
"""Warnings that every account gets."""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """What one command says of all of them, by connector."""
    directory = tmp_path_factory.mktemp("check")
    with ExitStack() as stack:
        accounts = {
            name: stack.enter_context(open_(name, settings))
            for name, (open_, settings, _) in ORGS.items()
        }
        write_config(directory, "".join(account.table() for account in accounts.values()))
        for name, account in accounts.items():
            ORGS[name][2].give(account.fake)
        found = command("check", "--online", "--json", at=directory, code=1).json
    return {name: [told["message"] for told in found if _names(told, name)] for name in ORGS}


@pytest.mark.parametrize("name", ORGS)
def test_check_names_what_will_go_wrong(said: Mapping[str, list[str]], name: str) -> None:
    """Before the first event, and nothing is made up of what nobody can know from outside."""
    character = ORGS[name][2]
    usual = SAID_OF_ALL[name.partition("_")[0]]
    own = [message for message in said[name] if not any(text in message for text in usual)]
    if name == "salesforce_private_contacts":
        assert any("new Contacts stand under no Account" in message for message in own)
    elif character.check:
        assert any(character.check in message for message in said[name])
    else:
        assert own == []


def _names(told: Mapping[str, Any], name: str) -> bool:
    where = told["where"]
    return bool(
        where == f"connectors.{name}"
        or where.startswith((f"connectors.{name}.", f"connectors.{name}:"))
    )
