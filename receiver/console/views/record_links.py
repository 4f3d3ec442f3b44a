"""Records: what was sent of them, and where they are seen in their CRM."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Addressable, Searchable
from receiver.console.views.held_records import record_address
from receiver.gateway import Gateway

RESULTS = {
    "saved": "saved",
    "dry_run": "not written: a dry run",
    "missing": "not written, since the CRM has none",
    "refused": "refused",
    "retry": "to be sent again",
    "unanswered": "the call failed",
}


@dataclass(frozen=True, slots=True)
class SentRecord:
    """One record of an attempt, as the store keeps it.

    `id` is the CRM's and empty where it answered none. `result` says in words what `outcome` is.
    """

    object: str
    key: str
    outcome: str
    result: str
    id: str
    created: bool
    url: str | None
    fields: Mapping[str, str]
    links: Sequence[str]


def read_sent_record(
    stored: Mapping[str, Any], url: Callable[[str, str], str | None]
) -> SentRecord:
    """`url` gives the page of an (object, id)."""
    object, id = str(stored.get("object", "")), str(stored.get("id") or "")
    return SentRecord(
        object=object,
        key=str(stored.get("key", "")),
        outcome=str(stored.get("result", "")),
        result=RESULTS.get(stored.get("result", ""), ""),
        id=id,
        created=bool(stored.get("created")),
        url=url(object, id),
        fields={name: read_value(value) for name, value in stored.get("fields", {}).items()},
        links=stored.get("links", ()),
    )


def read_value(value: Any) -> str:
    """A value of a field that was sent, as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def record_url(gateway: Gateway, connector: str, object: str, id: str) -> str | None:
    """The record's page in its CRM, or the console's own where the connector has none and finds
    its records; None where the connector cannot say, or is not configured any more.
    """
    found = gateway.connectors.get(connector)
    if found is None or not id:
        return None
    if isinstance(found, Addressable):
        return https_only(found.record_url(object, id))
    return record_address(connector, object, id=id) if isinstance(found, Searchable) else None


def https_only(url: str | None) -> str | None:
    """The address if it may stand behind a link: connectors make it of what a CRM or a
    configuration says.
    """
    return (
        url if url and re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?(/[\x21-\x7e]*)?", url) else None
    )
