"""Writes case files: what comes now in the place of what was expected, and new cases.

What a person has written, comments and the order of things, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import tomlkit
from tomlkit.items import Array, InlineTable, Table

from connectors.base import Record
from receiver.cases.case_file import Expectation
from receiver.cases.case_settings import RECEIVED_AT
from receiver.cases.record_rules import RecordRules
from receiver.cases.runner import CaseResult, WrittenRecord
from receiver.cases.value_comparison import is_expected, plain_value


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to write; `body` is JSON."""

    name: str
    event: str | None
    source: str | None
    received_at: datetime
    body: str


def can_update(result: CaseResult) -> bool:
    """Not where the call fails in itself: that is no state to be kept as the right one."""
    return result.explanation is not None and not result.explanation.faulty


def update_cases(text: str, results: Iterable[CaseResult]) -> str:
    """The text of a case file with what comes now, for each of these cases that fails and can be
    updated.

    Of an expected record the fields that are named are brought up to date; where one is not written
    any more, or nothing was expected, all that comes is put in its place.
    """
    document = tomlkit.parse(text)
    for result in results:
        if not result.passed and can_update(result):
            _update(document["case"][result.case.index], result)
    return tomlkit.dumps(document)


def case_text(new: NewCase, written: Sequence[WrittenRecord]) -> str:
    """A case with all that comes of it, as it stands in a file."""
    table = tomlkit.table()
    table.add("name", new.name)
    if new.event is not None:
        table.add("event", new.event)
    if new.source is not None:
        table.add("source", new.source)
    if new.received_at != RECEIVED_AT:
        table.add("received_at", new.received_at)
    table.add("body", _body_item(new.body))
    expected = tomlkit.aot()
    for one in written:
        expected.append(_expect_table(one))
    if not written:
        expected.append(_nothing())
    table.add("expect", expected)
    cases = tomlkit.aot()
    cases.append(table)
    document = tomlkit.document()
    document.add("case", cases)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _update(case: Any, result: CaseResult) -> None:
    expected = case.get("expect")
    gone: list[int] = []
    for index, expect in enumerate(result.case.expect):
        if (one := result.matched.get(index)) is not None:
            _update_record(expected[index], expect, one.record)
        elif not expect.none or _is_violated(expect, result.written):
            gone.append(index)
    more = _missing_records(result, [result.case.expect[index] for index in gone])
    for index in reversed(gone):
        del expected[index]
    _append(case, more, nothing=not more and len(gone) == len(result.case.expect))


def _is_violated(expect: Expectation, written: Sequence[WrittenRecord]) -> bool:
    return any(expect.connector in (None, one.connector) for one in written)


def _missing_records(result: CaseResult, gone: Sequence[Expectation]) -> list[WrittenRecord]:
    """What to expect besides: of the connectors whose expectations have gone, or all."""
    if result.case.only or not result.case.expect:
        return list(result.also)
    connectors = {expect.connector for expect in gone}
    return [one for one in result.also if connectors & {None, one.connector}]


def _update_record(table: Any, expect: Expectation, record: Record) -> None:
    for name, expected in expect.fields.items():
        if name not in record.fields:
            del table["fields"][name]
        elif not is_expected(expected, record.fields[name]):
            table["fields"][name] = _toml_item(record.fields[name])
    absent = [name for name in expect.absent if name not in record.fields]
    if absent and len(absent) < len(expect.absent):
        table["absent"] = absent
    elif expect.absent and not absent:
        del table["absent"]
    links = [f"{link.object} {link.key}" for link in record.links]
    objects = [link.object for link in record.links]
    links_left = [link for link in expect.links if link in links or link in objects]
    if len(links_left) < len(expect.links):
        table["links"] = links
    _update_rules(table, expect, record)


def _update_rules(table: Any, expect: Expectation, record: Record) -> None:
    """Of the rules that are named, what they are now."""
    rules = RecordRules.of(record)
    if expect.mode not in (None, rules.mode):
        table["mode"] = rules.mode
    for rule, known in rules.tables().items():
        for name, expected in getattr(expect, rule).items():
            if name in known:
                if known[name] != expected:
                    table[rule][name] = tomlkit.item(known[name])
            elif expected != "always":
                del table[rule][name]
    if expect.grow is not None and {*expect.grow} != {*(rules.grow or ())}:
        table["grow"] = list(rules.grow or ())


def _append(case: Any, records: Sequence[WrittenRecord], *, nothing: bool) -> None:
    tables = [_expect_table(one) for one in records] or ([_nothing()] if nothing else [])
    if not tables:
        return
    expected = case.get("expect")
    if isinstance(expected, Array):  # written within one line
        expected.extend(_inline(table) for table in tables)
        return
    last = tables[-1]
    for inner in last.values():
        last = inner if isinstance(inner, Table) else last
    last.add(tomlkit.nl())  # before what follows
    if not expected:
        case.pop("expect", None)
        case["expect"] = expected = tomlkit.aot()
    for table in tables:
        expected.append(table)


def _inline(table: Table) -> InlineTable:
    inline = tomlkit.inline_table()
    inline.update(table.unwrap())
    return inline


def _nothing() -> Table:
    table = tomlkit.table()
    table.add("none", value=True)
    return table


def _expect_table(one: WrittenRecord) -> Table:
    record = one.record
    table = tomlkit.table()
    table.add("connector", one.connector)
    table.add("object", record.object)
    table.add("key", record.key)
    if record.links:
        table.add("links", [f"{link.object} {link.key}" for link in record.links])
    rules = RecordRules.of(record)
    table.add("mode", rules.mode)
    if rules.grow is not None:
        table.add("grow", list(rules.grow))
    tables: dict[str, Mapping[str, Any]] = {"fields": record.fields, **rules.tables()}
    for name, held in tables.items():
        if held or name == "fields":
            inner = tomlkit.table()
            for key, value in held.items():
                inner.add(key, _toml_item(value))
            table.add(name, inner)
    return table


def _toml_item(value: Any) -> Any:
    plain = plain_value(value)
    if isinstance(plain, Decimal):
        whole = plain == plain.to_integral_value()
        return tomlkit.integer(int(plain)) if whole else tomlkit.float_(f"{plain:f}")
    return tomlkit.item(plain)


def _body_item(body: str) -> Any:
    """On lines of its own; quotes are escaped only where they would end it."""
    if "'''" in body or not _is_literal(body):
        return tomlkit.string(body)
    return tomlkit.value(f"'''\n{body}\n'''")


def _is_literal(body: str) -> bool:
    """Whether TOML takes it without an escape."""
    return all(character in "\n\t" or character.isprintable() for character in body)
