"""Tokens tell sources apart, and cannot be guessed."""

from __future__ import annotations

from pydantic import SecretStr

from receiver.settings import Operator, Source
from receiver.settings.model import Server
from receiver.settings.token_check import SHORTEST, token_faults

LONG, OTHER = "a" * SHORTEST, "b" * SHORTEST


def told(
    server: Server | None,
    operators: dict[str, Operator | None] | None = None,
    **sources: str | None,
) -> list[str]:
    read = {
        name: None if token is None else Source(tokens=(SecretStr(token),))
        for name, token in sources.items()
    }
    return [
        f"{fault.where} {fault.message}" for fault in token_faults(server, operators or {}, read)
    ]


def test_good_tokens_are_no_fault() -> None:
    """Each long, each its own; a source that could not be read is told elsewhere."""
    assert told(Server(admin_token=SecretStr(LONG)), north=OTHER, south=None) == []
    assert told(None) == []


def test_operators_have_tokens_of_their_own() -> None:
    """Long ones, that neither another operator nor a source has; a faulty table is told
    elsewhere.
    """
    dana, olaf = (Operator(token=SecretStr(one), role="viewer") for one in (LONG, "short"))
    assert told(Server(admin_token=SecretStr(LONG)), {"dana": dana, "olaf": olaf, "x": None}) == [
        "operators.dana.token is the same token as server.admin_token",
        "operators.olaf.token is short for a token: 5 characters",
    ]
    assert told(None, {"dana": dana}, north=LONG) == [
        "sources.north.tokens[0] is the same token as operators.dana.token"
    ]


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
