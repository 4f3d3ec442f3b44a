"""What a CRM must hold after a school's calls, counted anew from the calls themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.e2e.traffic import Post

LABELS = {
    "course.enrolled": "Enrolled in a course",
    "quiz.submitted": "Submitted a Quiz",
    "assignment.submitted": "Submitted an assignment",
    "discussion.submitted": "Submitted a discussion",
    "order.placed": "New Order Placed",
    "order.failed": "Order Failed",
    "order.refunded": "Order Refunded",
    "order.refused": "Order Refused",
    "order.pending": "Payment Pending",
}
STAGES = {
    "PENDING": "open",
    "COMPLETED": "won",
    "FAILED": "lost",
    "REFUSED": "lost",
    "REFUNDED": "lost",
}
WORKS = ("quiz", "assignment", "discussion")

Fields = dict[str, Any]
"""Values by HubSpot's names; times are moments, None is empty."""


@dataclass(frozen=True, slots=True)
class TimedPost:
    """A call, and when what it tells happened."""

    at: datetime
    post: Post


def people_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload.get("userList") or [payload.get("customer") or payload]
    return found


def address_of(person: dict[str, Any]) -> str:
    return str(person["email"]).lower()


def recount_contacts(posts: Iterable[TimedPost]) -> dict[str, Fields]:
    """Every contact by the address that the learner has in the end."""
    in_order = sorted(posts, key=lambda one: one.at)
    newest = _newest_addresses(in_order)
    theirs: dict[str, list[TimedPost]] = {}
    persons: dict[str, list[dict[str, Any]]] = {}
    for one in in_order:
        for person in people_of(one.post[1]):
            address = newest.get(address_of(person), address_of(person))
            theirs.setdefault(address, []).append(one)
            persons.setdefault(address, []).append(person)
    return {
        address: _contact(address, persons[address], events) for address, events in theirs.items()
    }


def _newest_addresses(events: Sequence[TimedPost]) -> dict[str, str]:
    """Each address of a learner → the one that AOM has told last, orders aside."""
    had: dict[int, list[str]] = {}
    for name, payload in (one.post for one in events):
        for person in () if name.startswith("order.") else people_of(payload):
            if "id" in person:
                had.setdefault(person["id"], []).append(address_of(person))
    return {address: addresses[-1] for addresses in had.values() for address in addresses}


def recount_deals(posts: Iterable[TimedPost]) -> dict[str, Fields]:
    """Every deal by its key: an order as the newest call has it."""
    newest = _newest_orders(sorted(posts, key=lambda one: one.at))
    return {f"springfield:{order['id']}": _deal(order) for order in newest.values()}


def _newest_orders(events: Sequence[TimedPost]) -> dict[int, dict[str, Any]]:
    return {
        payload["id"]: payload
        for name, payload in (one.post for one in events)
        if name.startswith("order.")
    }


def _contact(
    address: str, persons: Sequence[dict[str, Any]], events: Sequence[TimedPost]
) -> Fields:
    person = persons[-1] | {"id": next(one["id"] for one in reversed(persons) if "id" in one)}
    found: Fields = {
        "email": address,
        "firstname": person["first_name"],
        "lastname": person["last_name"],
        "aom_user_id": str(person["id"]),
        "aom_site": "springfield",
        "aom_first_seen_at": min(one.at for one in events),
    }
    return found | _story(events) | _money(events) | _work(events)


def _story(events: Sequence[TimedPost]) -> Fields:
    """What is told by the newest of some events."""
    found: Fields = {}
    for one in events:
        name, payload = one.post
        if name == "account.created":
            found["aom_registered_at"] = one.at
            continue
        what = _what(name, payload)
        found["aom_last_activity"] = f"{LABELS[name]}: {what}"
        found["aom_last_activity_at"] = one.at
        course = payload.get("course") or (payload.get("enrolled_courses_list") or [None])[-1]
        if course is not None:
            found["aom_last_course"], found["aom_last_course_id"] = (
                course["name"],
                str(course["id"]),
            )
    return found


def _what(name: str, payload: dict[str, Any]) -> str:
    if name.startswith("order."):
        return f"order {payload['id']}"
    if name == "course.enrolled":
        return ", ".join(course["name"] for course in payload["enrolled_courses_list"])
    return str(payload[name.partition(".")[0]]["name"])


def _money(events: Sequence[TimedPost]) -> Fields:
    orders = _newest_orders(events)
    made = {
        one.post[1]["id"]: one.at for one in reversed(events) if one.post[0].startswith("order.")
    }
    paid = [order for order in orders.values() if order["status"] == "COMPLETED"]
    revenue = sum((Decimal(order["order_total"]) for order in paid), Decimal(0))
    times = sorted(made[order["id"]] for order in paid)
    ever = any(
        payload["status"] == "COMPLETED" and payload["order_total"]
        for name, payload in (one.post for one in events)
        if name.startswith("order.")
    )
    average = revenue / len(paid) if paid else Decimal(0)
    return {
        "lifecyclestage": "customer" if ever else "lead",
        "aom_order_count": Decimal(len(paid)),
        "aom_revenue": revenue,
        "aom_average_order": average.quantize(Decimal("0.01"), ROUND_HALF_UP),
        "aom_first_order_at": times[0] if times else None,
        "aom_last_order_at": times[-1] if times else None,
    }


def _work(events: Sequence[TimedPost]) -> Fields:
    found: Fields = {}
    for kind in WORKS:
        ids = {one.post[1][kind]["id"] for one in events if one.post[0] == f"{kind}.submitted"}
        found[f"aom_{kind}_count"] = Decimal(len(ids))
    courses = {
        course["name"]
        for name, payload in (one.post for one in events)
        if name == "course.enrolled"
        for course in payload["enrolled_courses_list"]
    }
    return found | {"aom_courses": frozenset(courses), "aom_course_count": Decimal(len(courses))}


def _deal(order: dict[str, Any]) -> Fields:
    items = order["line_items"]
    names = ", ".join(item["product_name"] for item in items)
    address = order["customer"]["billing_address"]
    return {
        "dealname": f"Order {order['id']}: {names}",
        "amount": Decimal(order["order_total"]),
        "dealstage": STAGES[order["status"]],
        "aom_order_id": str(order["id"]),
        "aom_order_status": order["status"],
        "aom_refunded": order["status"] == "REFUNDED",
        "aom_products": names,
        "aom_quantity": Decimal(sum(item["quantity"] for item in items)),
        "aom_sub_total": Decimal(order["sub_total"]),
        "aom_coupons": None,
        "aom_payment_method": "Manual order",
        "aom_payment_ref": None,
        "aom_billing_city": address["city"],
        "aom_billing_country": address["country"],
    }
