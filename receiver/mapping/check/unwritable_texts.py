"""Characters in texts of a mapping that no CRM takes: what controls a terminal, and what stands for
no character at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes

from receiver.config_errors import ConfigFault, format_place
from receiver.mapping.language.constant_texts import constant_texts
from receiver.mapping.language.environment import parse_expression
from receiver.mapping.routes.route_config import PlacedRoute
from receiver.mapping.routes.route_settings import FieldSettings, UpsertSettings

_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""XML 1.0 has no place for them (but for U+007F), and CRMs refuse or drop them."""

Text = tuple[str, Any]
"""A place, and a text or an expression there."""


def check_texts(one: PlacedRoute) -> Iterator[ConfigFault]:
    """A fault for each text of a route with such a character in it, and each field without a
    name.
    """
    for index, upsert in enumerate(one.route.upsert):
        where = f"{one.where}.upsert[{index}]"
        for place, text in (
            *_texts_of_upsert(where, upsert),
            *(
                text
                for name, field in upsert.fields.items()
                for text in _texts_of_field(one.field_place(index, name), name, field)
            ),
        ):
            if found := _find_unwritable(text):
                yield ConfigFault(
                    place,
                    f"has the character U+{ord(found):04X} in it, which no CRM takes",
                    "leave it out",
                )
        for name in upsert.fields:
            if not name.strip():
                place = one.field_place(index, name)
                yield ConfigFault(place, "has no name", "write the name of a field of the CRM")


def _texts_of_upsert(where: str, upsert: UpsertSettings) -> Iterator[Text]:
    yield f"{where}.object", upsert.object
    yield f"{where}.key_field", upsert.key_field
    yield f"{where}.key", upsert.key


def _texts_of_field(where: str, name: str, field: FieldSettings) -> Iterator[Text]:
    yield where, name
    yield where, field.value
    yield f"{where}.default", field.default
    for key, value in (field.map or {}).items():
        yield f"{where}.{format_place(('map', key))}", value
    for stage in field.forward or ():
        yield f"{where}.forward", stage


def _find_unwritable(text: Any) -> str:
    """The first such character of what is written as it stands."""
    if not isinstance(text, str):
        return ""
    try:
        around = [part.data for part in parse_expression(text).find_all(nodes.TemplateData)]
        written = "".join([*around, *sorted(constant_texts(text))])
    except (TemplateSyntaxError, RecursionError):  # told already
        return ""
    found = _UNWRITABLE.search(written)
    return found[0] if found else ""
