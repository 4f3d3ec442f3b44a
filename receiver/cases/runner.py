"""Runs a case: what its call would write, held against what it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from connectors.base import Record
from receiver.aom import InvalidBody, SourceContext
from receiver.cases.case_file import Case, Expectation
from receiver.cases.record_rules import RecordRules
from receiver.cases.value_comparison import format_value, is_expected
from receiver.config_errors import suggest_name
from receiver.mapping import RouteTable, fold_records
from receiver.mapping.explanation import Explanation, explain_body


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that came otherwise than expected.

    `expected` and `got` are written as a case file would have them; None is nothing.
    """

    message: str
    connector: str = ""
    object: str = ""
    key: str = ""
    field: str = ""
    expected: str | None = None
    got: str | None = None

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return " ".join(part for part in (self.connector, self.object, self.key) if part)


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """A record, and the connector that it is written to."""

    connector: str
    record: Record

    def __str__(self) -> str:
        return f"{self.connector} {self.record.object} {self.record.key}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case.

    `matched` has the record of each expectation that found one, by its index. `also` were written
    and are not expected. `notes` say what else a reader should know.
    """

    case: Case
    event: str | None
    mismatches: tuple[Mismatch, ...]
    written: tuple[WrittenRecord, ...]
    matched: Mapping[int, WrittenRecord]
    notes: tuple[str, ...]
    seconds: float
    explanation: Explanation | None  # None where the call would be in quarantine

    @property
    def passed(self) -> bool:
        return not self.mismatches

    @property
    def also(self) -> tuple[WrittenRecord, ...]:
        taken = [id(one) for one in self.matched.values()]
        return tuple(one for one in self.written if id(one) not in taken)


def run_case(case: Case, sites: Mapping[str, SourceContext], routes: RouteTable) -> CaseResult:
    """Read and render the call as a delivery would, and compare."""
    began = perf_counter()
    try:
        explained = explain_body(
            case.body,
            sites[case.source],
            case.event,
            routes,
            now=case.received_at,
            profile_of=lambda _: case.profile,
        )
    except InvalidBody as invalid:
        return _quarantined(case, invalid, began)
    written = _fold_written(explained)
    matched, mismatches = _compare(case, written)
    mismatches += _faults(explained)
    result = CaseResult(
        case=case,
        event=explained.event.name,
        mismatches=tuple(mismatches),
        written=written,
        matched=matched,
        notes=(*_notes(explained), *_never_sent(case, routes)),
        seconds=perf_counter() - began,
        explanation=explained,
    )
    return result if not case.only else _with_others(result)


def _with_others(result: CaseResult) -> CaseResult:
    """The case says `only`: what is written besides is a mismatch."""
    others = tuple(_unwanted(one, "is written, and not expected") for one in result.also)
    mismatched = {
        (one.connector, one.object, one.key) for one in result.mismatches if not one.field
    }
    new = tuple(one for one in others if (one.connector, one.object, one.key) not in mismatched)
    return replace(result, mismatches=result.mismatches + new)


def _quarantined(case: Case, invalid: InvalidBody, began: float) -> CaseResult:
    """Nothing is written of a call in quarantine, which may be what is expected."""
    why = "; ".join(f"{fault.path or '(body)'}: {fault.message}" for fault in invalid.faults)
    reason = f"the call would be kept in quarantine: {why}"
    wanted = bool(case.expect) and all(one.none for one in case.expect)
    return CaseResult(
        case=case,
        event=invalid.event,
        mismatches=() if wanted else (Mismatch(reason),),
        written=(),
        matched={},
        notes=(reason,) if wanted else (),
        seconds=perf_counter() - began,
        explanation=None,
    )


def _fold_written(explained: Explanation) -> tuple[WrittenRecord, ...]:
    """One record for each key, as a delivery would send it."""
    by_connector: dict[str, list[tuple[Record, ...]]] = {}
    for delivery in explained.deliveries:
        by_connector.setdefault(delivery.connector, []).append(delivery.records)
    return tuple(
        WrittenRecord(connector, record)
        for connector, rendered in by_connector.items()
        if any(rendered)
        for record in fold_records(rendered)
    )


def _compare(
    case: Case, written: tuple[WrittenRecord, ...]
) -> tuple[dict[int, WrittenRecord], list[Mismatch]]:
    matched: dict[int, WrittenRecord] = {}
    mismatches: list[Mismatch] = []
    if not case.expect:
        mismatches.append(Mismatch("the case expects nothing yet: --update writes what comes now"))
    for index, expect in enumerate(case.expect):
        if expect.none:
            mismatches += [
                _unwanted(one, "is written, and nothing may be")
                for one in written
                if expect.connector in (None, one.connector)
            ]
            continue
        found = _candidates(expect, written)
        if len(found) == 1:
            if found[0] in matched.values():
                mismatches.append(_unwanted(found[0], "is expected twice: say it once"))
            matched[index] = found[0]
            mismatches += _differences(expect, found[0])
        else:
            mismatches.append(_not_one(expect, found, written))
    return matched, mismatches


def _candidates(
    expect: Expectation, written: tuple[WrittenRecord, ...]
) -> tuple[WrittenRecord, ...]:
    return tuple(
        one
        for one in written
        if one.connector == expect.connector
        and one.record.object == expect.object
        and expect.key in (None, one.record.key)
    )


def _not_one(
    expect: Expectation,
    found: tuple[WrittenRecord, ...],
    written: tuple[WrittenRecord, ...],
) -> Mismatch:
    if found:
        keys = ", ".join(one.record.key for one in found)
        message = f"{len(found)} are written; say which by its key: {keys}"
    else:
        there = ", ".join(str(one) for one in written)
        message = f"is not written; written are: {there or 'none'}"
    return Mismatch(message, expect.connector or "", expect.object or "", expect.key or "")


def _differences(expect: Expectation, one: WrittenRecord) -> Iterator[Mismatch]:
    fields = one.record.fields
    for name, expected in expect.fields.items():
        if name not in fields:
            yield _field_mismatch(one, name, "is not sent", expected=format_value(expected))
        elif not is_expected(expected, fields[name]):
            got = format_value(fields[name])
            yield _field_mismatch(one, name, "differs", expected=format_value(expected), got=got)
    for name in expect.absent:
        if name in fields:
            yield _field_mismatch(
                one, name, "is sent, and may not be", got=format_value(fields[name])
            )
    links = [f"{link.object} {link.key}" for link in one.record.links]
    objects = [link.object for link in one.record.links]
    for link in expect.links:
        if link not in links and link not in objects:
            tied = ", ".join(links) or None
            yield _field_mismatch(one, "links", "are not to it", expected=link, got=tied)
    for place, wanted, rule in RecordRules.of(one.record).differences(expect):
        message = "is not so" if rule is None else "differs"
        shown = None if rule is None else str(rule)
        yield _field_mismatch(one, place, message, expected=str(wanted), got=shown)


def _field_mismatch(
    one: WrittenRecord,
    field: str,
    message: str,
    *,
    expected: str | None = None,
    got: str | None = None,
) -> Mismatch:
    record = one.record
    return Mismatch(message, one.connector, record.object, record.key, field, expected, got)


def _unwanted(one: WrittenRecord, message: str) -> Mismatch:
    return Mismatch(message, one.connector, one.record.object, one.record.key)


def _faults(explained: Explanation) -> Iterator[Mismatch]:
    for delivery in explained.deliveries:
        if delivery.fault is not None:
            yield Mismatch(f"{delivery.person}: {delivery.fault}", delivery.connector)


def _notes(explained: Explanation) -> Iterator[str]:
    if explained.event.disagreement:
        yield explained.event.disagreement
    for fault in explained.event.left_out:
        yield f"left out: {fault.path}: {fault.message}"


def _never_sent(case: Case, routes: RouteTable) -> Iterator[str]:
    """Fields that may not be sent, and that nothing sends: perhaps another name was meant."""
    known: dict[tuple[str, str | None], set[str]] = {}
    for one in routes.placed:
        for upsert in one.route.upsert:
            known.setdefault((one.connector, upsert.object), set()).update(upsert.fields)
    for expect in case.expect:
        written = known.get((expect.connector or "", expect.object), set())
        for name in expect.absent:
            if name not in written:
                remedy = suggest_name(name, sorted(written), "it has")
                yield f"absent: no route writes {name!r} to a {expect.object}; {remedy}"


def result_as_json(result: CaseResult) -> dict[str, Any]:
    """For a script."""
    return {
        "file": str(result.case.file),
        "name": result.case.name,
        "event": result.event,
        "passed": result.passed,
        "failures": [
            {
                "connector": one.connector,
                "object": one.object,
                "key": one.key,
                "field": one.field,
                "expected": one.expected,
                "got": one.got,
                "message": one.message,
            }
            for one in result.mismatches
        ],
        "not_expected": [
            {"connector": one.connector, "object": one.record.object, "key": one.record.key}
            for one in result.also
        ],
        "notes": list(result.notes),
    }
