"""Folds many events of one person into one record per key.

Of a field the last value wins; of one that only goes forward the furthest, and of two that are as
far the last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from connectors.base import Append, Record, Ref, Value
from receiver.mapping.routes.ranked_record import ranks_of, with_ranks


def fold_records(rendered: Iterable[Sequence[Record]]) -> tuple[Record, ...]:
    """Fold oldest first: options to append and links are united.

    One record per object and key comes out, sorted so that a record stands after those that it
    links to.
    """
    folded: dict[tuple[str, str], Record] = {}
    for records in rendered:
        for record in records:
            ref = (record.object, record.key)
            known = folded.get(ref)
            folded[ref] = record if known is None else _merged(known, record)
    return _sorted(folded.values())


def find_origins(rendered: Iterable[tuple[str, Sequence[Record]]]) -> dict[Ref, dict[str, str]]:
    """From which event each field of the folded records comes.

    Options to append come from several, and are left out.
    """
    found: dict[Ref, dict[str, str]] = {}
    furthest: dict[Ref, dict[str, str]] = {}
    for event_id, records in rendered:
        for record in records:
            of, ranks = found.setdefault(record.ref, {}), furthest.setdefault(record.ref, {})
            for name, value in record.fields.items():
                if isinstance(value, Append):
                    of.pop(name, None)
                elif _advances(name, record, ranks):
                    of[name] = event_id
    return found


def _merged(older: Record, newer: Record) -> Record:
    fields, ranks = dict(older.fields), dict(ranks_of(older))
    for name, value in newer.fields.items():
        if _advances(name, newer, ranks):
            fields[name] = _united(fields.get(name), value)
    merged = Record(
        object=newer.object,
        key=newer.key,
        fields=fields,
        key_field=newer.key_field or older.key_field,
        links=tuple(dict.fromkeys((*older.links, *newer.links))),
        id=newer.id or older.id,
        doubtful=older.doubtful or newer.doubtful,
    )
    return with_ranks(merged, ranks) if ranks else merged


def _advances(name: str, record: Record, ranks: dict[str, str]) -> bool:
    """Whether the record's value of a field counts, after those with these ranks; they are brought
    up to it.
    """
    rank = ranks_of(record).get(name)
    if rank is None:
        ranks.pop(name, None)
        return True
    if rank < ranks.get(name, ""):
        return False
    ranks[name] = rank
    return True


def _united(older: Value | None, newer: Value) -> Value:
    if isinstance(older, Append) and isinstance(newer, Append):
        return Append(tuple(dict.fromkeys((*older.values, *newer.values))))
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
