"""The reference of a file of mapping tests: every key, from the models that check it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from docs.hooks.configuration import default_of, type_and_bounds
from docs.hooks.markdown import code, table
from receiver.cases.case_settings import CaseSettings, ExpectSettings

CASE_TABLES: Mapping[str, type[BaseModel]] = {
    "[[case]]": CaseSettings,
    "[[case.expect]]": ExpectSettings,
}


def describe_cases() -> str:
    """A table for each of the two."""
    rows = [
        (code(place), code(key), type_and_bounds(field), default_of(field), field.description or "")
        for place, model in CASE_TABLES.items()
        for key, field in model.model_fields.items()
    ]
    return table(("in", "key", "takes", "default", "what it is"), rows)
