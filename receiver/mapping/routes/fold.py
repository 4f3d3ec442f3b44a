"""Folds many events of one person into one record per key.

Of a field the last value wins; of one that only goes forward the furthest, and of two that are as
far the last; of one that is not written over the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from connectors.base import Append, Record, Ref, Value
from receiver.mapping.routes.ruled_record import Overwrite, make_record, overwrite_of, ranks_of


def fold_records(rendered: Iterable[Sequence[Record]]) -> tuple[Record, ...]:
    """Fold oldest first: options to append and links are united.

    One record per object and key comes out, sorted so that a record stands after those that it
    links to.
    """
    folded: dict[Ref, Record] = {}
    for records in rendered:
        for record in records:
            ref = record.ref
            folded[ref], _ = fold_record(folded.get(ref), record)
    return _sorted(folded.values())


def fold_record(older: Record | None, newer: Record) -> tuple[Record, Collection[str]]:
    """Fold a record onto what is known of it; returns also the fields that are the newer one's."""
    if older is None:
        return newer, newer.fields.keys()
    folded = _FoldedFields(dict(older.fields), dict(ranks_of(older)), dict(overwrite_of(older)))
    counting = folded.take(newer)
    merged = make_record(
        folded.ranks,
        folded.overwrite,
        object=newer.object,
        key=newer.key,
        fields=folded.values,
        key_field=newer.key_field or older.key_field,
        links=tuple(dict.fromkeys((*older.links, *newer.links))),
        id=newer.id or older.id,
        doubtful=older.doubtful or newer.doubtful,
        creates=older.creates or newer.creates,
    )
    return merged, counting


def find_origins(rendered: Iterable[tuple[str, Sequence[Record]]]) -> dict[Ref, dict[str, str]]:
    """From which event each field of the folded records comes.

    Options to append come from several, and are left out.
    """
    found: dict[Ref, dict[str, str]] = {}
    folded: dict[Ref, _FoldedFields] = {}
    for event_id, records in rendered:
        for record in records:
            of = found.setdefault(record.ref, {})
            for name in folded.setdefault(record.ref, _FoldedFields()).take(record):
                if isinstance(record.fields[name], Append):
                    of.pop(name, None)
                else:
                    of[name] = event_id
    return found


@dataclass(slots=True)
class _FoldedFields:
    """The fields of one record so far, and their rules."""

    values: dict[str, Value] = field(default_factory=dict)
    ranks: dict[str, str] = field(default_factory=dict)
    overwrite: dict[str, Overwrite] = field(default_factory=dict)

    def take(self, record: Record) -> list[str]:
        """Take in the values that count after those that are there; returns their names."""
        counting = [name for name in record.fields if self._counts(name, record)]
        for name in counting:
            self.values[name] = _united(self.values.get(name), record.fields[name])
        return counting

    def _counts(self, name: str, record: Record) -> bool:
        rule = overwrite_of(record).get(name)
        if rule is not None:
            return self._fills(name, rule)
        self.overwrite.pop(name, None)
        rank = ranks_of(record).get(name)
        if rank is None:
            self.ranks.pop(name, None)
            return True
        if rank < self.ranks.get(name, ""):
            return False
        self.ranks[name] = rank
        return True

    def _fills(self, name: str, rule: Overwrite) -> bool:
        """Whether it is empty yet: one that an older event fills stays so, as if the two had been
        written one after the other. It may be written where either of them may.
        """
        if name not in self.values:
            self.overwrite[name] = rule
            return True
        if rule == "if_empty" and name in self.overwrite:
            self.overwrite[name] = rule
        return self.values[name] == ""


def _united(older: Value | None, newer: Value) -> Value:
    if isinstance(older, Append) and isinstance(newer, Append):
        values = tuple(dict.fromkeys((*older.values, *newer.values)))
        return Append(values, older.grow or newer.grow)
    return newer


def in_order_of_links(records: Iterable[Record]) -> list[str]:
    """The objects of these records, those that are linked to first; a circle of links is cut."""
    linked: dict[str, dict[str, None]] = {}
    for record in records:
        targets = linked.setdefault(record.object, {})
        for link in record.links:
            targets[link.object] = None
    ordered: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in linked and name not in seen:
            seen.add(name)
            for target in linked[name]:
                visit(target)
            ordered.append(name)

    for name in linked:
        visit(name)
    return ordered


def _sorted(records: Collection[Record]) -> tuple[Record, ...]:
    if len({record.object for record in records}) == 1:
        return tuple(records)
    rank = {name: place for place, name in enumerate(in_order_of_links(records))}
    return tuple(sorted(records, key=lambda record: rank[record.object]))
