"""Who an operator is, and what a role allows."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from receiver.http.operators import NamedOperator, OperatorTokens, forbidden_text
from receiver.settings import Operator, Role, Server, Settings

KEY = b"k" * 32


def tokens(admin: str | None = "a" * 16, **operators: tuple[str, Role]) -> OperatorTokens:
    named = {
        name: Operator(token=SecretStr(token), role=role)
        for name, (token, role) in operators.items()
    }
    server = Server(admin_token=SecretStr(admin) if admin else None)
    return OperatorTokens(Settings(server=server, operators=named, sources={}, directory=Path()))


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", {"viewer"}),
        ("operator", {"viewer", "operator"}),
        ("admin", {"viewer", "operator", "admin"}),
    ],
)
def test_each_role_may_what_those_below_it_may(role: Role, allowed: set[Role]) -> None:
    """And nothing more; the refusal says who may."""
    roles: tuple[Role, ...] = ("viewer", "operator", "admin")
    operator = NamedOperator("dana", role)
    assert {one for one in roles if operator.may(one)} == allowed
    assert forbidden_text(operator, "reload", "admin") == (
        f"The role {role} may not reload: that needs the role admin."
    )


def test_a_token_tells_who_it_is() -> None:
    """That of the server is the operator `admin`; a wrong one is nobody's."""
    known = tokens(dana=("d" * 16, "viewer"))
    assert known.find("a" * 16) == NamedOperator("admin", "admin")
    assert known.find("d" * 16) == NamedOperator("dana", "viewer")
    assert known.operators == (NamedOperator("admin", "admin"), NamedOperator("dana", "viewer"))
    assert [known.find(wrong) for wrong in ("", "d" * 15, "D" * 16, "\ud800")] == [None] * 4
    assert tokens(None).find("") is None
    assert tokens(None, dana=("d" * 16, "admin")).named("admin") is None


def test_the_digest_of_a_token_changes_with_it() -> None:
    """The same token gives the same one, by the same key."""
    before, after = tokens(dana=("d" * 16, "viewer")), tokens(dana=("e" * 16, "viewer"))
    assert before.digest("dana", KEY) == tokens(dana=("d" * 16, "admin")).digest("dana", KEY)
    assert before.digest("dana", KEY) != after.digest("dana", KEY)
    assert before.digest("dana", KEY) != before.digest("dana", b"other")
    assert before.digest("olaf", KEY) is None
