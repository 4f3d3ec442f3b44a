"""Tokens must tell sources, and operators, apart, and should not be guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from receiver.config_errors import ConfigFault, format_place
from receiver.settings.model import Operator, Server, Source
from receiver.settings.value_types import FRESH

SHORTEST = 16  # characters that take too long to guess


def token_faults(
    server: Server | None,
    operators: Mapping[str, Operator | None],
    sources: Mapping[str, Source | None],
) -> Iterator[ConfigFault]:
    """All that is wrong with tokens beside what each says of itself."""
    tokens = tuple(_tokens(server, operators, sources))
    yield from _shared(tokens)
    yield from _short(tokens)


def _shared(tokens: Iterable[tuple[str, str]]) -> Iterator[ConfigFault]:
    """A fault for each token that stands in two places."""
    first: dict[str, str] = {}
    for where, token in tokens:
        known = first.setdefault(token, where)
        if known != where:
            yield ConfigFault(
                where, f"is the same token as {known}", "give each a token of its own"
            )


def _short(tokens: Iterable[tuple[str, str]]) -> Iterator[ConfigFault]:
    """A fault for each token that could be guessed."""
    for where, token in tokens:
        if len(token) < SHORTEST:
            yield ConfigFault(
                where,
                f"is short for a token: {len(token)} characters",
                f"use at least {SHORTEST}; {FRESH}",
            )


def _tokens(
    server: Server | None,
    operators: Mapping[str, Operator | None],
    sources: Mapping[str, Source | None],
) -> Iterator[tuple[str, str]]:
    if server is not None and server.admin_token is not None:
        yield "server.admin_token", server.admin_token.get_secret_value()
    for name, operator in operators.items():
        if operator is not None:
            yield format_place(("operators", name, "token")), operator.token.get_secret_value()
    for name, source in sources.items():
        for index, token in enumerate(source.tokens if source is not None else ()):
            yield format_place(("sources", name, "tokens", index)), token.get_secret_value()
