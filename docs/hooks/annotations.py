"""What a field of a model takes, in words: from its annotation and its bounds."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from docs.hooks.markdown import code

_PLAIN: Mapping[Any, str] = {
    str: "text",
    SecretStr: "text, secret",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    datetime: "date and time",
    Path: "path",
    ZoneInfo: "time zone",
    Any: "text, number, true, false or date",
}


def type_of(annotation: Any) -> str:
    """A type in words: `text`, `list of text`, the choices of a Literal."""
    annotation = stripped(annotation)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(
            dict.fromkeys(type_of(part) for part in parts if part is not types.NoneType)
        )
    if origin is Literal:
        return ", ".join(code(f'"{one}"' if isinstance(one, str) else str(one)) for one in parts)
    if origin in (list, tuple):
        return f"list of {type_of(parts[0])}"
    if origin is dict:
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return _PLAIN[annotation]


def stripped(annotation: Any) -> Any:
    """The annotation without what is only said about it."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def bounds_of(field: FieldInfo) -> str:
    """The least and the most that a number may be, empty where there are none."""
    low = [part for part in field.metadata if isinstance(part, Ge | Gt)]
    high = [part for part in field.metadata if isinstance(part, Le | Lt)]
    least = "".join(_least(part) for part in low)
    most = "".join(_most(part) for part in high)
    return ", ".join(part for part in (least, most) if part)


def _least(bound: Ge | Gt) -> str:
    if isinstance(bound, Ge):
        return f"at least {_number(bound.ge)}"
    return f"more than {_number(bound.gt)}"


def _most(bound: Le | Lt) -> str:
    if isinstance(bound, Le):
        return f"at most {_number(bound.le)}"
    return f"less than {_number(bound.lt)}"


def _number(value: Any) -> str:
    return f"{value:,}" if abs(value) >= 10_000 else str(value)  # noqa: PLR2004 - as people write


def models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    """The models that stand somewhere in an annotation."""
    annotation = stripped(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)
