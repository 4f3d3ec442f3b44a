"""An order's status, and which event it stands for."""

import re
from collections.abc import Mapping

EVENTS_BY_STATUS: Mapping[str, str] = {
    # AOM's samples
    "COMPLETED": "order.placed",
    "FAILED": "order.failed",
    "REFUNDED": "order.refunded",
    # AOM's menu: "Order Refused", "Payment Pending"
    "REFUSED": "order.refused",
    "PENDING": "order.pending",
    "PAYMENT-PENDING": "order.pending",
    # WooCommerce's order statuses, which AOM's resemble: paid but not yet fulfilled; waiting for the payment to be confirmed
    "PROCESSING": "order.placed",
    "ON-HOLD": "order.pending",
    "PENDING-PAYMENT": "order.pending",
}
"""Only what is sound: a cancelled order or a draft is none of AOM's events, so CANCELLED and the like keep the URL's name."""

_LONGEST = 100  # characters


def read(value: object) -> str:
    """Upper case, words joined by hyphens, without WooCommerce's prefix: `wc-on_hold` → `ON-HOLD`. Raises ValueError."""
    status = _normal(value) if isinstance(value, str) else ""
    if not 0 < len(status) <= _LONGEST:
        raise ValueError(f"must be a status like COMPLETED, a text of 1 to {_LONGEST} characters")
    return status


def event(value: object) -> str | None:
    """The event that a status as sent stands for, None where it is no status that we know."""
    return EVENTS_BY_STATUS.get(_normal(value)) if isinstance(value, str) else None


def _normal(text: str) -> str:
    return text if text in EVENTS_BY_STATUS else re.sub(r"[\s_-]+", "-", text.strip().upper()).removeprefix("WC-")
