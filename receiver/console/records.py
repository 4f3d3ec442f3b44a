"""Records: what was sent of them, and where they are seen in their CRM."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from receiver.gateway import Gateway

RESULTS = {"saved": "saved", "refused": "refused", "retry": "to be sent again", "halted": "the call failed"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One record of an attempt, as the store keeps it. `id` is the CRM's and empty where it answered none."""

    object: str
    key: str
    result: str
    id: str
    created: bool
    url: str | None
    fields: Mapping[str, str]
    links: Sequence[str]


def sent(stored: Mapping[str, Any], url: Callable[[str, str], str | None]) -> Sent:
    """`url` gives the page of an (object, id)."""
    object, id = str(stored.get("object", "")), str(stored.get("id") or "")
    return Sent(
        object=object,
        key=str(stored.get("key", "")),
        result=RESULTS.get(stored.get("result", ""), ""),
        id=id,
        created=bool(stored.get("created")),
        url=url(object, id),
        fields={name: _text(value) for name, value in stored.get("fields", {}).items()},
        links=stored.get("links", ()),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def record_url(gateway: Gateway, connector: str, object: str, id: str) -> str | None:
    """The record's page; None where the connector cannot say, is not configured any more, or names anything but an https page."""
    found = gateway.connectors.get(connector)
    url = found.record_url(object, id) if found and id else None
    return url if url and url.startswith("https://") else None
