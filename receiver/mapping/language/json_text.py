"""A value as JSON text, for a connector that takes more than one plain value in a field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2.runtime import Undefined
from pydantic import BaseModel

from connectors.base import JsonText
from receiver.mapping.language.value_text import is_list, value_text


def as_json(value: Any) -> JsonText | None:
    """`{{ order.line_items | json }}`: lists and whole things too.

    Decimals and dates are texts in it, what is absent is null. Its `data` keeps Decimals.
    """
    data = _plain_data(value)
    if data is None:
        return None
    return JsonText(json.dumps(data, ensure_ascii=False, default=value_text), data)


def _plain_data(value: Any) -> Any:
    match value:
        case None | bool() | int() | str() | Decimal():
            return value
        case Undefined():
            return value_text(value) or None  # raises, unless an `if` without `else` was not met
        case BaseModel():
            return {name: _plain_data(inner) for name, inner in value}
        case Mapping():
            return {value_text(name): _plain_data(inner) for name, inner in value.items()}
        case _ if is_list(value):
            return [_plain_data(inner) for inner in value]
        case _:
            return value_text(value)
