"""Many events of one person into one record per key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from connectors.base import Append, Record, Ref, Value


def fold(rendered: Iterable[Sequence[Record]]) -> tuple[Record, ...]:
    """Fold oldest first: of a field the last value wins, options to append and links are united.

    One record per object and key comes out, sorted so that a record stands after those that it links to.
    """
    folded: dict[tuple[str, str], Record] = {}
    for records in rendered:
        for record in records:
            ref = (record.object, record.key)
            known = folded.get(ref)
            folded[ref] = record if known is None else _merged(known, record)
    return _sorted(folded.values())


def origins(rendered: Iterable[tuple[str, Sequence[Record]]]) -> dict[Ref, dict[str, str]]:
    """From which event each field of the folded records comes: the last that set it, oldest first.

    Options to append come from several, and are left out.
    """
    found: dict[Ref, dict[str, str]] = {}
    for event_id, records in rendered:
        for record in records:
            of = found.setdefault(record.ref, {})
            for name, value in record.fields.items():
                if isinstance(value, Append):
                    of.pop(name, None)
                else:
                    of[name] = event_id
    return found


def _merged(older: Record, newer: Record) -> Record:
    fields = dict(older.fields)
    for name, value in newer.fields.items():
        fields[name] = _united(fields.get(name), value)
    return Record(
        object=newer.object,
        key=newer.key,
        fields=fields,
        key_field=newer.key_field or older.key_field,
        links=tuple(dict.fromkeys((*older.links, *newer.links))),
        id=newer.id or older.id,
        doubtful=older.doubtful or newer.doubtful,
    )


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
