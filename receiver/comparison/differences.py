"""What two mappings write otherwise, counted in groups that a person can read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from connectors.base import Append, Record, Value
from receiver.comparison.setting_differences import SettingDifference
from receiver.mapping import overwrite_of
from receiver.mapping.language.value_text import value_text

EXAMPLES = 3  # of each group
MOST_CHANGES = 50  # pairs of values that are told apart of one field
MOST_MESSAGES = 20  # faults that are told apart of one place: words may quote values
OTHER_FAULTS = "other faults at this place"
MOST_SINGLE = 8  # records, each with a pair of its own
FEW = 3  # pairs that tell how it changes where there are more of these
LONGEST = 80  # characters of a value that is shown
FIELDS = "fields."


@dataclass(slots=True)
class Group:
    """How many there are, and some of them, by key or id."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


@dataclass(frozen=True, slots=True)
class ValueChange:
    """What a part of records was and would be; None is nothing. Examples are the records' keys."""

    before: str | None
    after: str | None
    records: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A part of an object's records that differs: a field, the links, when a field is written.

    `changes` has the most frequent first, and only so many; `others` counts the records of the
    rest.
    """

    part: str
    records: int
    changes: tuple[ValueChange, ...]
    others: int


@dataclass(frozen=True, slots=True)
class ObjectDifference:
    """One object of one connector: records that change, that come, and that are not written any
    more.
    """

    connector: str
    object: str
    changed: int
    new: Group
    gone: Group
    parts: tuple[PartDifference, ...]


@dataclass(frozen=True, slots=True)
class FaultDifference:
    """Deliveries that one of the mappings cannot render. Examples are events.

    Of each place so many messages are told apart; the rest of its deliveries are counted as one.
    """

    connector: str
    where: str
    message: str
    deliveries: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedDifference:
    """Events that routes of one of the mappings take, and none of the other's."""

    source: str
    event: str
    events: int


@dataclass(frozen=True, slots=True)
class CallCost:
    """What it takes to write the records that differ, in the sizes that the CRM takes now."""

    connector: str
    object: str
    records: int
    batch_size: int
    calls: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs. `events` were looked at; `faulty` deliveries neither mapping can render;
    `unreadable` events can't be read any more. `uncounted`: a mapping asks for profiles, and not
    all events are counted into them. `again`: connector → events that would write what
    differs. `settings`: those that differ for what comes from now on.
    """

    events: int = 0
    objects: tuple[ObjectDifference, ...] = ()
    new_faults: tuple[FaultDifference, ...] = ()
    mended_faults: tuple[FaultDifference, ...] = ()
    unwanted: tuple[WantedDifference, ...] = ()
    newly_wanted: tuple[WantedDifference, ...] = ()
    people: int = 0
    calls: tuple[CallCost, ...] = ()
    faulty: int = 0
    unreadable: int = 0
    uncounted: bool = False
    again: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: tuple[SettingDifference, ...] = ()

    @property
    def differs(self) -> bool:
        return bool(
            self.objects
            or self.new_faults
            or self.mended_faults
            or self.unwanted
            or self.newly_wanted
            or self.settings
        )

    def plain(self) -> dict[str, Any]:
        """As JSON has it; of the events that would be delivered again the numbers."""
        again = {connector: len(events) for connector, events in self.again.items()}
        return {"differs": self.differs, **asdict(self), "again": again}


class ObjectTally:
    """Counts what differs of the records of one object at one connector."""

    def __init__(self) -> None:
        self.changed = 0
        self.new, self.gone = Group(), Group()
        self._parts: dict[str, _PartTally] = {}

    @property
    def differs(self) -> bool:
        return bool(self.changed or self.new.count or self.gone.count)

    def add(self, key: str, before: Record | None, after: Record | None) -> set[str] | None:
        """Count a record.

        Returns the fields that the new mapping writes otherwise, "" for what is no field; None
        where nothing differs after all.
        """
        if before is None or after is None:
            (self.new if before is None else self.gone).add(key)
            return set() if after is None else {"", *after.fields}
        parts = list(differing_parts(before, after))
        for one in parts:
            self._parts.setdefault(one.part, _PartTally()).add(key, one.before, one.after)
        self.changed += bool(parts)
        return {one.field for one in parts if one.after is not None} if parts else None

    def result(self, connector: str, object: str) -> ObjectDifference:
        parts = tuple(one.result(part) for part, one in self._parts.items())
        return ObjectDifference(connector, object, self.changed, self.new, self.gone, parts)


@dataclass(slots=True)
class _PartTally:
    records: int = 0
    groups: dict[tuple[str | None, str | None], Group] = field(default_factory=dict)

    def add(self, key: str, before: str | None, after: str | None) -> None:
        self.records += 1
        group = self.groups.get((before, after))
        if group is None and len(self.groups) < MOST_CHANGES:
            group = self.groups[before, after] = Group()
        if group is not None:
            group.add(key)

    def result(self, part: str) -> PartDifference:
        ordered = sorted(self.groups.items(), key=lambda one: -one[1].count)
        if ordered[0][1].count == 1 and self.records > MOST_SINGLE:
            ordered = ordered[:FEW]
        changes = tuple(
            ValueChange(*pair, group.count, tuple(group.examples)) for pair, group in ordered
        )
        return PartDifference(
            part, self.records, changes, self.records - sum(one.records for one in changes)
        )


class FaultTally:
    """Counts deliveries by the fault that they have."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._messages: Counter[tuple[str, str]] = Counter()  # of each place

    def add(self, connector: str, where: str, message: str, event_id: str) -> None:
        group = self._groups.get((connector, where, message))
        if group is None and self._messages[connector, where] < MOST_MESSAGES:
            self._messages[connector, where] += 1
            group = self._groups[connector, where, message] = Group()
        if group is None:
            group = self._groups.setdefault((connector, where, OTHER_FAULTS), Group())
        group.add(event_id)

    def result(self) -> tuple[FaultDifference, ...]:
        return tuple(
            FaultDifference(*at, group.count, tuple(group.examples))
            for at, group in sorted(self._groups.items(), key=lambda one: -one[1].count)
        )


def wanted_result(counts: Counter[tuple[str, str]]) -> tuple[WantedDifference, ...]:
    """The most frequent first."""
    return tuple(WantedDifference(*which, number) for which, number in counts.most_common())


class PartChange(NamedTuple):
    """A part of a record that differs, as people read it; of a `field`, or "" where of none."""

    part: str
    field: str
    before: str | None
    after: str | None


def differing_parts(before: Record, after: Record) -> Iterator[PartChange]:
    """The parts of a record that differ."""
    for name in {**before.fields, **after.fields}:
        old, new = before.fields.get(name), after.fields.get(name)
        if not _is_same(old, new):
            yield PartChange(f"{FIELDS}{name}", name, _show_value(old), _show_value(new))
    yield from _differing_rules(before, after)
    for part, was, becomes in (
        ("links", _links(before), _links(after)),
        ("key_field", before.key_field, after.key_field),
        ("mode", _mode(before), _mode(after)),
    ):
        if was != becomes:
            yield PartChange(part, "", was, becomes)


def _differing_rules(before: Record, after: Record) -> Iterator[PartChange]:
    old: Mapping[str, str] = overwrite_of(before)
    new: Mapping[str, str] = overwrite_of(after)
    for name in before.fields.keys() & after.fields.keys():
        rules = old.get(name, "always"), new.get(name, "always")
        if rules[0] != rules[1]:
            yield PartChange(f"{FIELDS}{name}.overwrite", name, *rules)


def _is_same(before: Value | None, after: Value | None) -> bool:
    return type(before) is type(after) and before == after


def _show_value(value: Value | None) -> str | None:
    """Texts in quotes, so that "1" is told from 1."""
    if value is None:
        return None
    plain = list(value.values) if isinstance(value, Append) else value
    text = (
        json.dumps(plain, ensure_ascii=False)
        if isinstance(plain, str | list)
        else value_text(plain)
    )
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _links(record: Record) -> str | None:
    return ", ".join(f"{link.object} {link.key}" for link in record.links) or None


def _mode(record: Record) -> str:
    return "upsert" if record.creates else "update"
