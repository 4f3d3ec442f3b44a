"""What a case says that cannot be: names that the configuration has not, two bodies, or none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from receiver.cases.case_settings import CaseSettings, ExpectSettings
from receiver.config_errors import UNREADABLE, ConfigFault, suggest_name

_OF_A_RECORD = (
    *("object", "key", "fields", "absent", "links"),
    *("mode", "overwrite", "newest", "forward", "grow"),
)


@dataclass(frozen=True, slots=True)
class NamedThings:
    """What a case may name of the configuration."""

    sources: Sequence[str]
    connectors: Collection[str]


def check_cases(
    cases: Sequence[CaseSettings], known: NamedThings, known_places: Collection[str]
) -> Iterator[ConfigFault]:
    """Every fault of the cases of a file, but for those at `known_places`."""
    for index, case in enumerate(cases):
        where = f"case[{index}]"
        if case.source is not None and case.source not in known.sources:
            yield _unknown(f"{where}.source", "source", case.source, known.sources)
        if not {f"{where}.body", f"{where}.file"} & set(known_places):
            yield from _check_body(where, case)
        for number, expect in enumerate(case.expect):
            place = f"{where}.expect[{number}]"
            if f"{place}.object" not in known_places:
                yield from _check_record(place, expect)
            yield from _check_connector(f"{place}.connector", expect, known)
    yield from _twice([case.name for case in cases])


def _check_body(where: str, case: CaseSettings) -> Iterator[ConfigFault]:
    if (case.body is None) == (case.file is None):
        what = "has neither body nor file" if case.body is None else "has both body and file"
        yield ConfigFault(where, what, "write one of them")


def _check_record(where: str, expect: ExpectSettings) -> Iterator[ConfigFault]:
    """A record, or nothing at all."""
    given = [name for name in _OF_A_RECORD if getattr(expect, name) not in (None, (), {})]
    if expect.none and given:
        remedy = "leave out `none`, or all but `connector`"
        yield ConfigFault(where, f"expects nothing, and has {given[0]}", remedy)
    elif not expect.none and expect.object is None:
        remedy = 'write object = "contact", or none = true where nothing may come'
        yield ConfigFault(where, "says no object", remedy)


def _check_connector(
    where: str, expect: ExpectSettings, known: NamedThings
) -> Iterator[ConfigFault]:
    if expect.connector is not None:
        if expect.connector not in known.connectors:
            yield _unknown(where, "connector", expect.connector, known.connectors)
    elif not expect.none and len(known.connectors) != 1:
        there = ", ".join(known.connectors)
        yield ConfigFault(where, "is missing", f"there are: {there or 'none'}")


def _unknown(where: str, kind: str, name: str, known: Collection[str]) -> ConfigFault:
    remedy = suggest_name(name, known, "there are")
    return ConfigFault(where, f"there is no {kind} {name!r} in the configuration", remedy)


def _twice(names: Sequence[str]) -> Iterator[ConfigFault]:
    for index, name in enumerate(names):
        if name in names[:index] and name != UNREADABLE:
            first = f"case[{names.index(name)}]"
            place = f"case[{index}].name"
            yield ConfigFault(place, f"is that of {first} too", "give each a name of its own")
