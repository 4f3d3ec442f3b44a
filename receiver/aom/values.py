"""The values in AOM's payloads: what is accepted, and what it becomes.

What is absent may be absent in any way: the key is missing, null, or an empty text.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from receiver.aom import address, currency, dates, money, status

_LONGEST_ID = 200  # characters


def read_id(value: object) -> str:
    """3 and "3" are the same id. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    elif isinstance(value, float) and value.is_integer():
        value = str(int(value))
    if not isinstance(value, str):
        raise ValueError("must be an id, as number or text")  # noqa: TRY004 - pydantic wants a ValueError
    value = value.strip()
    if not 0 < len(value) <= _LONGEST_ID:
        raise ValueError(f"must be an id of 1 to {_LONGEST_ID} characters")
    return value


def _optional(read: Callable[[Any], Any]) -> PlainValidator:
    return PlainValidator(lambda value: None if value is None or value == "" else read(value))


Text = str | None

Id = Annotated[str | None, _optional(read_id), WithJsonSchema({"type": ["integer", "string", "null"]})]

NeededId = Annotated[str, PlainValidator(read_id), WithJsonSchema({"type": ["integer", "string"], "minLength": 1})]

Email = Annotated[str, PlainValidator(address.read), WithJsonSchema({"type": "string", "format": "email"})]

Status = Annotated[
    str, PlainValidator(status.read), WithJsonSchema({"type": "string", "minLength": 1, "examples": list(status.EVENTS_BY_STATUS)})
]

Money = Annotated[
    Decimal | None, _optional(money.read), WithJsonSchema({"type": ["number", "string", "null"], "examples": [220, "110.00"]})
]

Quantity = Annotated[Decimal | None, _optional(money.read), WithJsonSchema({"type": ["number", "string", "null"], "examples": [1]})]

Currency = Annotated[
    str | None,
    _optional(currency.read),
    WithJsonSchema({"type": ["string", "null"], "examples": ["United States (US) dollar", "USD"]}),
]

Date = Annotated[
    datetime | None,
    _optional(dates.read),
    WithJsonSchema({"type": ["string", "null"], "examples": ["Aug 11, 2020 04:58 PM", "2020-08-11T16:58:00-04:00"]}),
]
