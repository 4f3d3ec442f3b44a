"""Records that a connector lists, as a table: which fields are columns, and where each record's
page is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from connectors.base import Browsable, Entry
from receiver.console.session import PATH
from receiver.console.views.paging import page_address
from receiver.gateway import Gateway

MOST_COLUMNS = 4


def find_browsable(gateway: Gateway) -> frozenset[str]:
    """The connectors that can list what their CRM holds."""
    return frozenset(name for name, one in gateway.connectors.items() if isinstance(one, Browsable))


def records_address(connector: str, object: str = "", **asked: str) -> str:
    """What a connector holds, or what it holds of an object."""
    steps = [PATH, "connectors", _step(connector), "records", *([_step(object)] if object else [])]
    return page_address("/".join(steps), asked)


def record_address(connector: str, object: str, **known: str) -> str:
    """The page of the record with this `id`, or with this `key`."""
    return page_address(f"{records_address(connector, object)}/record", known)


def choose_columns(entries: Sequence[Entry]) -> list[str]:
    """The fields that most of the records have, in the order in which they were written; those
    that repeat the key are no columns.
    """
    counts = Counter(
        name for entry in entries for name, value in entry.fields.items() if value != entry.key
    )
    order = list(counts)
    most = sorted(order, key=lambda name: (-counts[name], order.index(name)))[:MOST_COLUMNS]
    return sorted(most, key=order.index)


def shown_value(value: Any) -> str:
    """A field's value in words: several options stand one behind the other."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _step(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")
