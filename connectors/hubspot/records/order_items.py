"""An order's items as line items, keyed by the deal that they stand on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from connectors.base import FieldNeed, ObjectNeed, Record, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.base import Needs, Value

FIELD = "aom_line_items"  # of a deal, in mappings alone: HubSpot has no such property
FIELDS: Mapping[str, FieldNeed] = {
    "name": FieldNeed("string"),
    "quantity": FieldNeed("number"),
    "price": FieldNeed("number"),
    "aom_product_id": FieldNeed("string"),
}


@dataclass(frozen=True, slots=True)
class DealOrder:
    """A deal and its line items, as they are to be; `items` None: they are left alone."""

    deal: Record
    items: tuple[Record, ...] | None


def read_order(record: Record) -> DealOrder | Refused:
    """Take the items out of a deal's fields."""
    if FIELD not in record.fields:
        return DealOrder(record, None)
    others = {name: value for name, value in record.fields.items() if name != FIELD}
    deal = replace(record, fields=others)
    try:
        listed = json.loads(str(record.fields[FIELD]))
    except ValueError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        right = "{{ order.line_items | json }}"
        return Refused("LINE_ITEMS", f"{FIELD} takes a list of items: {right}", FIELD)
    return DealOrder(deal, tuple(_line_items(record.key, listed)))


def is_of_order(item_key: str, deal_key: str) -> bool:
    """Tell whether a line item is one of ours on this deal."""
    return item_key.startswith(f"{deal_key}/")


def with_line_items(needs: Needs) -> Needs:
    """Say that who writes an order's items needs line items, and no property of that name."""
    if not any(FIELD in need.fields for need in needs):
        return needs
    plain = [_without_items(need) for need in needs]
    places = next(need.fields[FIELD].places for need in needs if FIELD in need.fields)
    fields = {name: replace(field, places=places) for name, field in FIELDS.items()}
    none = ObjectNeed("line_item", None, {})
    own = next((need for need in plain if need.object == "line_item"), none)
    others = [need for need in plain if need.object != "line_item"]
    return [*others, replace(own, fields={**fields, **own.fields}, links=(*own.links, "deal"))]


def _without_items(need: ObjectNeed) -> ObjectNeed:
    return replace(need, fields={name: one for name, one in need.fields.items() if name != FIELD})


def _line_items(deal_key: str, listed: Iterable[Mapping[str, Any]]) -> Iterable[Record]:
    """Key each item by its product.

    One that comes twice, or has none, by its number among its like too.
    """
    seen: Counter[str] = Counter()
    for item in listed:
        product = str(item.get("product_id") or "")
        seen[product] += 1
        number = "" if product and seen[product] == 1 else f"#{seen[product]}"
        yield Record("line_item", f"{deal_key}/{product}{number}", _fields(item, product))


def _fields(item: Mapping[str, Any], product: str) -> dict[str, Value]:
    quantity, price = _finite_number(item.get("quantity")), _finite_number(item.get("price"))
    total = _finite_number(item.get("total"))
    if price is None and total is not None and quantity:
        price = round(total / quantity, 6).normalize()
    given = {"quantity": quantity, "price": price, "aom_product_id": product or None}
    return {
        "name": str(item.get("name") or product or "Item"),
        **{name: one for name, one in given.items() if one is not None},
    }


def _finite_number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
