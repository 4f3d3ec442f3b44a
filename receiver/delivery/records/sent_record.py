"""What is kept of a record that was sent, for people to read: its values cut to a length, and what
came of it. A call of one MiB must not become gigabytes of history.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.base import Append, Record, Refused, Retry, Saved, Value
from receiver.delivery.batch_splitter import NoAnswer, Verdict
from receiver.delivery.records.record_result import NOT_WRITTEN, RecordResult, link_name

LONGEST_SHOWN = 200  # characters of a value: what people read of it
MOST_OPTIONS = 20
MOST_SHOWN = 1000  # characters of all values of a record

_LONG = (str, list)  # values that may be

_RESULTS: dict[type[Verdict], str] = {
    Saved: "saved",
    Refused: "refused",
    Retry: "retry",
    NoAnswer: "unanswered",
}


def plain_fields(record: Record) -> dict[str, Any]:
    """The values of a record, as JSON can hold them."""
    return {
        name: value if type(value) is str else _plain(value)
        for name, value in record.fields.items()
    }


def describe_sent(
    record: Record, result: RecordResult, of: list[int], *, dry_run: bool = False
) -> dict[str, Any]:
    """What is kept of a record: cut to what a person would read.

    `of`: the deliveries that want it, where there are several. Of a dry run it is what would have
    been sent; it has no id where the CRM holds no such record yet.
    """
    fields, verdict = plain_fields(record), result.verdict
    for name in result.left_out | result.crm_owned:
        fields.pop(name, None)
    if sum([len(value) for value in fields.values() if type(value) in _LONG]) > LONGEST_SHOWN:
        fields = _cut_all(fields)
    shown: dict[str, Any] = {
        "object": record.object,
        "key": record.key,
        "fields": fields,
        "links": [link_name(target) for target in record.links if target not in result.missing],
        "result": "missing" if result.is_missing else _RESULTS[type(verdict)],
    }
    if isinstance(verdict, Saved) and dry_run and not result.is_missing:
        shown["result"] = "dry_run"
        if verdict.id != NOT_WRITTEN:
            shown["id"] = verdict.id
    elif isinstance(verdict, Saved):
        shown |= {"id": verdict.id, "created": verdict.created} if verdict.id else {}
    if of:
        shown["of"] = of
    return shown


def _cut_all(fields: dict[str, Any]) -> dict[str, Any]:
    cut: dict[str, Any] = {}
    room = MOST_SHOWN
    for name, value in fields.items():
        cut[name] = short = _cut(value, min(LONGEST_SHOWN, room))
        room = max(0, room - len(str(short)))
    return cut


def _cut(value: Any, length: int) -> Any:
    if isinstance(value, str) and len(value) > length:
        return f"{value[:length]}… ({len(value)} characters)"
    if isinstance(value, list):
        return [_cut(one, length) for one in value[:MOST_OPTIONS]]
    return value


_PLAIN: dict[type, Callable[[Any], Any]] = {
    str: str,
    bool: bool,
    int: int,
    Append: lambda value: list(value.values),
}


def _plain(value: Value) -> Any:
    return _PLAIN.get(type(value), str)(value)
