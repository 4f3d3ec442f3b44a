"""The reference of expressions: names, filters, tests and methods, from the code that offers
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from docs.hooks.annotations import models_in, type_of
from docs.hooks.markdown import code, table
from receiver.aom import (
    EVENTS,
    LABELS,
    SourceContext,
    names_of_event,
    profile_of_event,
    read_event,
    read_sample,
)
from receiver.aom.normal_form import descriptions
from receiver.mapping.language.attribute_access import readable_names
from receiver.mapping.language.vocabulary import FILTER_DESCRIPTIONS, TEST_DESCRIPTIONS, Described

COMMON = ("event", "source", "person", "profile", "raw")

_SITE = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")
_RECEIVED_AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
_LONGEST = 60  # characters of a value that is shown


@dataclass(frozen=True, slots=True)
class Name:
    """One name that an expression may use, and what AOM's sample has there."""

    path: str
    kind: str
    text: str
    shown: str


def describe_names() -> str:
    """What every event has, then each event's own names."""
    first = EVENTS[0]
    common = [one for one in event_names(first) if _top(one.path) in COMMON]
    parts = [f"## Every event\n\n{_table(common)}"]
    for event in EVENTS:
        own = [one for one in event_names(event) if _top(one.path) not in COMMON]
        parts.append(f"## {event}\n\nIn AOM's menu: *{LABELS[event]}*.\n\n{_table(own)}")
    return "\n".join(parts)


def event_names(event: str) -> list[Name]:
    """Every name that an expression may use for the event."""
    values, texts = _values(event), descriptions(event)
    found: list[Name] = []
    for name, annotation in names_of_event(event).items():
        found += _names(name, annotation, texts[name], values.get(name))
    return found


def describe_filters() -> str:
    """All filters."""
    return _described("filter", "what it gives", FILTER_DESCRIPTIONS)


def describe_tests() -> str:
    """All tests."""
    return _described("test", "what it asks", TEST_DESCRIPTIONS)


def _described(head: str, text: str, found: Mapping[str, Described]) -> str:
    rows = [
        (code(name), one.text, code(one.example) if one.example else "")
        for name, one in found.items()
    ]
    return table((head, text, "for example"), rows)


def describe_methods() -> str:
    """What may stand behind the dot of a plain value."""
    kinds = {"a text": str, "a date and time": datetime, "a date": date, "a JSON object": dict}
    rows = [
        (name, ", ".join(map(code, sorted(readable_names(kind))))) for name, kind in kinds.items()
    ]
    return table(("of", "names"), rows)


def _names(path: str, annotation: Any, text: str, value: Any) -> Iterator[Name]:
    models = list(models_in(annotation))
    if not models:
        yield Name(path, _kind(annotation), text, _shown(value))
        return
    (model,) = models
    is_list = type_of(annotation).startswith("list")
    yield Name(path, "list" if is_list else "the names below", text, "")
    if is_list:
        path, value = f"{path}[0]", value[0] if value else None
    for name, field in model.model_fields.items():
        inner = getattr(value, name, None)
        yield from _names(f"{path}.{name}", field.annotation, field.description or "", inner)


def _kind(annotation: Any) -> str:
    plain = type_of(annotation)
    return (
        "JSON" if "table" in plain else plain.replace("text, number, true, false or date", "JSON")
    )


def _values(event: str) -> dict[str, Any]:
    """What expressions see of AOM's sample, nothing where it publishes none."""
    body = read_sample(event)
    if body is None:
        return {}
    found = read_event(body, _SITE, event)
    person, id = found.people[0].key, "0" * 32
    profile = profile_of_event(found, person, id=id, received_at=_RECEIVED_AT)
    return found.context(person, id=id, received_at=_RECEIVED_AT, profile=profile)


def _shown(value: Any) -> str:
    if value is None or value in ("", [], {}) or isinstance(value, BaseModel | dict):
        return ""
    text = json.dumps(value, default=str, ensure_ascii=False).strip('"')
    return code(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _table(found: list[Name]) -> str:
    rows = [(code(one.path), one.kind, one.text, one.shown) for one in found]
    return table(("name", "type", "what it is", "in AOM's sample"), rows)


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
