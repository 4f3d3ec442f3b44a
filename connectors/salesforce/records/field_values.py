"""Turns a record's fields into the columns of a row, by what the org says of each field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from connectors.base import Append, Misconfigured, Record, Refused, Value
from connectors.salesforce.error_table import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.salesforce.objects import ObjectField, SObject

CURRENCY = "CurrencyIsoCode"
CUT = {"string", "textarea"}
"""Types whose text may be cut.

An address, a link or a key that is cut is another one; Salesforce shall refuse it.
"""

APPENDED = {"multipicklist", *CUT}
"""Types that can hold several options; of another the last option is written."""

BIG = 30  # more digits than any field of Salesforce's holds

Column = str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A record as Salesforce takes it.

    `appends` are options that still want uniting with those that the org has.
    """

    body: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    appends: Mapping[str, tuple[str, ...]] | None = None

    def having(self, **columns: Any) -> FieldRow:
        return FieldRow({**self.body, **columns}, self.notes, self.appends)

    def noted(self, note: str) -> FieldRow:
        return FieldRow(self.body, (*self.notes, note), self.appends)


def build_row(record: Record, sobject: SObject) -> FieldRow | Refused:
    """Give the columns of a record's own fields, or what is wrong with one.

    Raises Misconfigured for a field that can't be written.
    """
    body: dict[str, Any] = {}
    notes: list[str] = []
    appends: dict[str, tuple[str, ...]] = {}
    for name, value in record.fields.items():
        if name == CURRENCY and CURRENCY not in sobject.fields:
            continue  # an org of one currency
        if "." in name:
            body |= _by_parent(name, value)
        else:
            field = _writable(sobject, name)
            try:
                if isinstance(value, Append) and field.type in APPENDED:
                    appends[name] = tuple(_appended(field, option) for option in value.values)
                else:
                    body[name] = build_column(
                        field, value.values[-1] if isinstance(value, Append) else value, notes
                    )
            except ValueError as error:
                return Refused("INVALID_VALUE", str(error), name)
    return FieldRow(body, tuple(notes), appends)


def build_column(field: ObjectField, value: Value, notes: list[str]) -> Column:
    """Write a value for a field.

    Raises ValueError where the field can't hold it; `notes` takes what was changed.
    """
    if value == "":
        return None
    if field.bound:
        return _option(field, write_text(value))
    if field.type in WRITERS:
        return WRITERS[field.type](value)
    written = write_text(value)
    if field.type in CUT and (shortened := cut_text(written, field.length)) != written:
        notes.append(f"{field.name} was cut to {field.length} characters")
        return shortened
    return written


def write_text(value: Value) -> str:
    """Write a value for a field of text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) <= BIG else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def cut_text(written: str, length: int) -> str:
    """Shorten a text to a length as Salesforce counts it: characters outside the basic plane are
    two.
    """
    if not length or len(written) * 2 <= length or _units(written) <= length:
        return written
    shortened = written[: length - 1]
    while _units(shortened) > length - 1:
        shortened = shortened[:-1]
    return shortened + "…"


def unite_options(old: str | None, new: tuple[str, ...]) -> str:
    """Add options to those of a multi-select picklist."""
    united: dict[str, str] = {}
    for option in (*(old or "").split(";"), *(option.replace(";", ",") for option in new)):
        if option.strip():
            united.setdefault(option.strip().casefold(), option)
    return ";".join(united.values())


def _writable(sobject: SObject, name: str) -> ObjectField:
    field = sobject.field(name)
    if not field.writable:
        raise Misconfigured(
            f"the run-as user may not write {sobject.name}.{name} → {PERMISSIONS}; formulas "
            "can never be written"
        )
    return field


def _by_parent(name: str, value: Value | Append) -> dict[str, Any]:
    """Write `Learner__r.AOM_Key__c` as Salesforce names a parent by its external id; a blank one is
    left out, as it is refused.
    """
    relationship, _, key = name.partition(".")
    written = "" if isinstance(value, Append) else write_text(value)
    return {relationship: {key: written}} if written else {}


def _option(field: ObjectField, written: str) -> str:
    chosen = (
        [part.strip() for part in written.split(";")]
        if field.type == "multipicklist"
        else [written.strip()]
    )
    known = [field.options.get(part.casefold()) for part in chosen]
    if None in known:
        options = ", ".join(dict.fromkeys(field.options.values()))
        raise ValueError(
            f"{written!r} is no option of {field.label} ({field.name}); there are: {options}"
        )
    return ";".join(option for option in known if option is not None)


def _appended(field: ObjectField, written: str) -> str:
    """Write an option as the field spells it, where it has it; options are parted by `;`."""
    one = written.replace(";", ",")
    return _option(field, one) if field.bound else field.options.get(one.strip().casefold(), one)


def _json_number(value: Value) -> int | float:
    try:
        number = Decimal(write_text(value).strip())
    except InvalidOperation as error:
        raise ValueError(f"{write_text(value)!r} is no number") from error
    if not number.is_finite() or number.adjusted() > BIG:
        raise ValueError(f"{number} is no number that Salesforce can hold")
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(value: Value) -> bool:
    answers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return answers[write_text(value).strip().lower()]
    except KeyError as error:
        raise ValueError(f"{write_text(value)!r} is neither true nor false") from error


def _date(value: Value) -> str:
    """Write a day; of a moment it is the day in its own time zone."""
    found = value if isinstance(value, date) else _parse_moment(write_text(value))
    return (found.date() if isinstance(found, datetime) else found).isoformat()


def _datetime(value: Value) -> str:
    """Write a moment in UTC; of a day it is the day's beginning."""
    found = value if isinstance(value, date) else _parse_moment(write_text(value))
    moment = found if isinstance(found, datetime) else datetime.combine(found, time(), UTC)
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _parse_moment(written: str) -> date:
    try:
        return (
            datetime.fromisoformat(written)
            if len(written) > len("2026-01-01")
            else date.fromisoformat(written)
        )
    except ValueError as error:
        raise ValueError(f"{written!r} is no date as ISO 8601 writes it") from error


def _units(written: str) -> int:
    return len(written.encode("utf-16-le", "surrogatepass")) // 2


WRITERS: Mapping[str, Callable[[Value], Column]] = {
    "boolean": _boolean,
    "int": _json_number,
    "long": _json_number,
    "double": _json_number,
    "currency": _json_number,
    "percent": _json_number,
    "date": _date,
    "datetime": _datetime,
}
