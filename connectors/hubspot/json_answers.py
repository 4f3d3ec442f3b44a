"""HubSpot's answers as JSON, of which no part can be relied on to be there, or to be of its
type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def items_of(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Give the objects of a list, an empty list where there is none."""
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def properties_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the properties of a record, none where there are none."""
    found = item.get("properties")
    return found if isinstance(found, dict) else {}


def text_of(data: Mapping[str, Any], name: str) -> str:
    """Give a text, an empty one where there is none."""
    found = data.get(name)
    return found if isinstance(found, str) else ""
