"""Tokens tell sources apart, and cannot be guessed."""

from __future__ import annotations

from pydantic import SecretStr

from receiver.settings import Source
from receiver.settings.model import Server
from receiver.settings.token_check import SHORTEST, token_faults

LONG, OTHER = "a" * SHORTEST, "b" * SHORTEST


def told(server: Server | None, **sources: str | None) -> list[str]:
    read = {
        name: None if token is None else Source(tokens=(SecretStr(token),))
        for name, token in sources.items()
    }
    return [f"{fault.where} {fault.message}" for fault in token_faults(server, read)]


def test_good_tokens_are_no_fault() -> None:
    """Each long, each its own; a source that could not be read is told elsewhere."""
    assert told(Server(admin_token=SecretStr(LONG)), north=OTHER, south=None) == []
    assert told(None) == []


def test_one_token_in_two_places_is_told() -> None:
    """A source's may not be another source's, nor the operator's."""
    assert told(Server(admin_token=SecretStr(LONG)), north=LONG, south=LONG) == [
        "sources.north.tokens[0] is the same token as server.admin_token",
        "sources.south.tokens[0] is the same token as server.admin_token",
    ]


def test_a_short_token_is_told_without_being_shown() -> None:
    """Its length is told, and how to make a better one."""
    faults = told(None, north="secret")
    assert faults == ["sources.north.tokens[0] is short for a token: 6 characters"]
    assert not any("secret" in fault for fault in faults)
