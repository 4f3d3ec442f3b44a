"""The values in AOM's payloads: what is accepted, and what it becomes.

What is absent may be absent in any way: the key is missing, null, or an empty text. Beside its
reader, each type has a look that tells at a fraction of the price that a value is one of those
which nearly all are; it never says so wrongly.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema
from pydantic_core import core_schema as core

from receiver.aom.values import currency, dates, email_address, money, order_status, plain_text

_LONGEST_ID = 200  # characters
_WHOLE_FLOATS = 10**10  # from here on, a spreadsheet rounds what it shows

_PLAIN_BELOW = 10**18  # a positive whole number below it is an id as it is

_zeros = re.compile(r"([0-9]{1,200})\.0{1,20}").fullmatch
_grouped = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+").fullmatch
_rounded = re.compile(r"-?[0-9](?:\.[0-9]+E\+?|E\+)[0-9]{1,3}", re.IGNORECASE).fullmatch
_ID: Final = r"[1-9A-Za-z][0-9A-Za-z_-]{0,30}"

_plain_id = re.compile(_ID).fullmatch


def read_id(value: object) -> str:
    """3 and "3" are the same id, and so is "3.0", as spreadsheets write it.

    Raises ValueError, also for 0, which is nobody's, and for what was rounded (2.02403E+11): two
    ids may look the same.
    """
    if type(value) is int and 0 < value < _PLAIN_BELOW:
        return str(value)
    value = plain_text.strip_invisible(_number_as_text(value))
    if found := _zeros(value):
        value = found[1]
    if not 0 < len(value) <= _LONGEST_ID:
        raise ValueError(f"must be an id of 1 to {_LONGEST_ID} characters")
    if not value.strip("0"):
        raise ValueError("must be an id; 0 is none")
    if _grouped(value):
        raise ValueError(
            f"{value} is a number written for people; send it without commas: "
            f"{value.replace(',', '')}"
        )
    if _rounded(value):
        raise ValueError(
            f"{value} is a rounded number and no id any more; format the column as text and "
            "export it anew"
        )
    return value


def _number_as_text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= _WHOLE_FLOATS:
            raise ValueError(
                f"{value!r} is a rounded number and no id any more; send it as it is, as text"
            )
        return str(int(value))
    if not isinstance(value, str):
        # pydantic wants a ValueError
        raise ValueError("must be an id, as number or text")  # noqa: TRY004
    return value


def _optional_id(value: object) -> str | None:
    """0 stands for a guest, or for nothing."""
    if value and _is_plain_id(value):
        return str(value)
    if value is None or (
        isinstance(value, int | float) and value == 0 and not isinstance(value, bool)
    ):
        return None
    if isinstance(value, str) and not plain_text.strip_invisible(value).strip("0."):
        return None
    return read_id(value)


def _optional(read: Callable[[Any], Any]) -> PlainValidator:
    return PlainValidator(lambda value: None if _is_absent(value) else read(value))


def _optional_amount(value: Any) -> Decimal | None:
    if money.is_plain(value):
        return Decimal(value)
    return None if _is_absent(value) else money.read_amount(value)


def _is_absent(value: Any) -> bool:
    return value is None or (type(value) is str and (not value or value.isspace()))


class QuickLook:
    """Whether a value is surely what its field takes, told quickly; `plain` tells it of nearly all,
    more quickly still.

    `literal`: it is taken to the letter, or not at all.
    """

    def __init__(
        self, sure: Callable[[Any], bool], plain: CoreSchema, *, literal: bool = False
    ) -> None:
        self.sure = sure
        self.plain = plain
        self.literal = literal


def _text(pattern: str) -> CoreSchema:
    return core.str_schema(pattern=rf"\A(?:{pattern})\z", strict=True)


PLAIN_TEXT: Final = core.str_schema(pattern=r"\A[^&]*\z", strict=True)
_WHOLE = core.int_schema(gt=0, lt=_PLAIN_BELOW, strict=True)
_PLAIN_ID = core.union_schema([_WHOLE, _text(_ID)], mode="left_to_right")
_PLAIN_OPTIONAL_ID = core.nullable_schema(
    core.union_schema([_WHOLE, _text(f"(?:{_ID})?")], mode="left_to_right")
)
_PLAIN_DATE = core.nullable_schema(_text(f"(?:{dates.PLAIN})?"))
_PLAIN_CURRENCY = core.literal_schema([*currency.ALIASES, "", None])
_AMOUNT = core.float_schema(gt=-money.LIMIT, lt=money.LIMIT, strict=True)
_PLAIN_MONEY = core.nullable_schema(
    core.union_schema([_text(f"(?:{money.PLAIN})?"), _AMOUNT], mode="left_to_right")
)


def _or_reads(is_plain: Callable[[Any], bool], read: Callable[[Any], Any]) -> Callable[[Any], bool]:
    def sure(value: Any) -> bool:
        if is_plain(value) or value is None or value == "":
            return True
        try:
            read(value)
        except ValueError:
            return False
        return True

    return sure


def _is_plain_text(value: Any) -> bool:
    return (type(value) is str and "&" not in value) or value is None


def _is_plain_id(value: Any) -> bool:
    kind = type(value)
    if kind is int:
        return 0 < value < _PLAIN_BELOW  # type: ignore[no-any-return]
    return value is None or (
        kind is str and (value == "" or (_plain_id(value) is not None and not _rounded(value)))
    )


def _is_known_status(value: Any) -> bool:
    return type(value) is str and (
        value in order_status.EVENTS_BY_STATUS or value in order_status.OFF
    )


Text = Annotated[str | None, QuickLook(_is_plain_text, core.nullable_schema(PLAIN_TEXT))]

Id = Annotated[
    str | None,
    PlainValidator(_optional_id),
    QuickLook(_is_plain_id, _PLAIN_OPTIONAL_ID),
    WithJsonSchema({"type": ["integer", "string", "null"]}),
]

NeededId = Annotated[
    str,
    PlainValidator(read_id),
    QuickLook(lambda value: bool(value) and _is_plain_id(value), _PLAIN_ID),
    WithJsonSchema({"type": ["integer", "string"], "minLength": 1}),
]

Email = Annotated[
    str,
    PlainValidator(email_address.read_address),
    WithJsonSchema({"type": "string", "format": "email"}),
]

Status = Annotated[
    str,
    PlainValidator(order_status.read_status),
    QuickLook(
        _is_known_status,
        core.literal_schema([*order_status.EVENTS_BY_STATUS, *order_status.OFF]),
        literal=True,
    ),  # by which events are told: nothing is to be read into it
    WithJsonSchema(
        {"type": "string", "minLength": 1, "examples": list(order_status.EVENTS_BY_STATUS)}
    ),
]

Money = Annotated[
    Decimal | None,
    PlainValidator(_optional_amount),
    QuickLook(_or_reads(money.is_plain, money.read_amount), _PLAIN_MONEY),
    WithJsonSchema({"type": ["number", "string", "null"], "examples": [220, "110.00"]}),
]

Quantity = Annotated[
    Decimal | None,
    PlainValidator(_optional_amount),
    QuickLook(_or_reads(money.is_plain, money.read_amount), _PLAIN_MONEY),
    WithJsonSchema({"type": ["number", "string", "null"], "examples": [1]}),
]

Currency = Annotated[
    str | None,
    _optional(currency.read_currency),
    QuickLook(_or_reads(currency.is_plain, currency.read_currency), _PLAIN_CURRENCY),
    WithJsonSchema({"type": ["string", "null"], "examples": ["United States (US) dollar", "USD"]}),
]

Date = Annotated[
    datetime | None,
    _optional(dates.read_date),
    QuickLook(_or_reads(dates.is_plain, dates.read_date), _PLAIN_DATE),
    WithJsonSchema(
        {
            "type": ["string", "null"],
            "examples": ["Aug 11, 2020 04:58 PM", "2020-08-11T16:58:00-04:00"],
        }
    ),
]
