"""A subset of SOQL: SELECT fields FROM object WHERE conditions ORDER BY fields LIMIT n.

Text compares without case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.salesforce.org import CallError, Row, folded

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<word>[\w.:+-]+)|(?P<sign><=|>=|!=|[=<>(),]))"
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Query:
    object: str
    fields: tuple[str, ...]
    conditions: frozenset[str]  # the fields that it compares
    test: Test
    order: tuple[tuple[str, bool], ...]  # field, and whether descending
    limit: int | None

    def run(self, rows: list[Row]) -> list[Row]:
        found = [row for row in rows if self.test(row)]
        for name, descending in reversed(self.order):
            found.sort(key=lambda row: folded(row.get(name) or ""), reverse=descending)
        return found[: self.limit]


def parse(text: str) -> Query:
    """Read a query. Raises CallError MALFORMED_QUERY."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.named: set[str] = set()

    def query(self) -> Query:
        self.expect("SELECT")
        fields = self.names()
        self.expect("FROM")
        name = self.word()
        test = self.either() if self.accept("WHERE") else lambda _: True
        order = self.order() if self.accept("ORDER") else ()
        limit = int(self.word()) if self.accept("LIMIT") else None
        if self.tokens:
            raise _malformed(f"unexpected token: '{self.tokens[0]}'")
        return Query(name, tuple(fields), frozenset(self.named), test, order, limit)

    def either(self) -> Test:
        tests = [self.both()]
        while self.accept("OR"):
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.accept("AND"):
            tests.append(self.one())
        return lambda row: all(test(row) for test in tests)

    def one(self) -> Test:
        if self.accept("("):
            test = self.either()
            self.expect(")")
            return test
        if self.accept("NOT"):
            inner = self.one()
            return lambda row: not inner(row)
        return self.comparison()

    def comparison(self) -> Test:
        name = self.word()
        self.named.add(name)
        if self.accept("IN"):
            values = self.values()
            return lambda row: folded(row.get(name)) in values
        sign, value = self.take(), self.value()
        if sign not in SIGNS:
            raise _malformed(f"unexpected token: '{sign}'")
        return lambda row: SIGNS[sign](row.get(name), value)

    def values(self) -> set[str]:
        self.expect("(")
        values = {folded(self.value())}
        while self.accept(","):
            values.add(folded(self.value()))
        self.expect(")")
        return values

    def value(self) -> Any:
        token = self.take()
        if token.startswith("'"):
            return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), token[1:-1])
        constants = {"null": None, "true": True, "false": False}
        if token.lower() in constants:
            return constants[token.lower()]
        if re.fullmatch(r"[+-]?\d+(\.\d+)?|\d{4}-\d\d-\d\d(T.*)?", token):
            return token
        raise _malformed(f"unexpected token: '{token}'")

    def order(self) -> tuple[tuple[str, bool], ...]:
        self.expect("BY")
        fields = [self.ordered()]
        while self.accept(","):
            fields.append(self.ordered())
        return tuple(fields)

    def ordered(self) -> tuple[str, bool]:
        name = self.word()
        return name, self.accept("DESC") or (self.accept("ASC") and False)

    def names(self) -> list[str]:
        names = [self.word()]
        while self.accept(","):
            names.append(self.word())
        return names

    def word(self) -> str:
        token = self.take()
        if not re.fullmatch(r"[\w.]+", token):
            raise _malformed(f"unexpected token: '{token}'")
        return token

    def take(self) -> str:
        if not self.tokens:
            raise _malformed("unexpected token: <EOF>")
        return self.tokens.pop(0)

    def accept(self, word: str) -> bool:
        if self.tokens and self.tokens[0].upper() == word:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise _malformed(
                f"expecting '{word}', found '{self.tokens[0] if self.tokens else '<EOF>'}'"
            )


SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: folded(left) == folded(right),
    "!=": lambda left, right: folded(left) != folded(right),
    "<": lambda left, right: folded(left) < folded(right),
    ">": lambda left, right: folded(left) > folded(right),
    "<=": lambda left, right: folded(left) <= folded(right),
    ">=": lambda left, right: folded(left) >= folded(right),
}


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if found is None:
            raise _malformed(f"unexpected character at {at}")
        tokens.append(found[0].strip())
        at = found.end()
    return tokens


def _malformed(message: str) -> CallError:
    return CallError(400, "MALFORMED_QUERY", message)
