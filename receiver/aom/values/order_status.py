"""An order's status, and which event it stands for."""

import re
from collections.abc import Mapping

from receiver.aom.values.plain_text import alone, strip_invisible, without_entities

EVENTS_BY_STATUS: Mapping[str, str] = {
    # AOM's samples
    "COMPLETED": "order.placed",
    "FAILED": "order.failed",
    "REFUNDED": "order.refunded",
    # AOM's menu: "Order Refused", "Payment Pending"
    "REFUSED": "order.refused",
    "PENDING": "order.pending",
    "PAYMENT-PENDING": "order.pending",
    # WooCommerce's order statuses, which AOM's resemble: paid but not yet fulfilled; waiting for
    # the payment to be confirmed
    "PROCESSING": "order.placed",
    "ON-HOLD": "order.pending",
    "PENDING-PAYMENT": "order.pending",
}
"""Only what is sound: any other status keeps the name in the URL, but for those that say that the
order is off.
"""

OFF: frozenset[str] = frozenset(
    {
        *(
            "CANCELLED",
            "CANCELED",
            "CANCELLED-BY-CUSTOMER",
            "TRASH",
            "TRASHED",
            "DELETED",
            "DRAFT",
            "AUTO-DRAFT",
            "CHECKOUT-DRAFT",
        ),
        *("ABANDONED", "VOID", "VOIDED", "EXPIRED", "REJECTED", "DECLINED"),
    }
)
"""There is no sale, whatever the URL says.

None of AOM's events, so that without a URL that names one they tell nothing.
"""

OFF_EVENT = "order.failed"

_LONGEST = 100  # characters
_LONGEST_SENT = 1000  # with escapes of HTML in it; longer ones are no status, and dear to read


def read_status(value: object) -> str:
    """Upper case, words joined by hyphens, without WooCommerce's prefix: `wc-on_hold` → `ON-HOLD`.

    Raises ValueError.
    """
    status = _normal(value) or ""
    if not 0 < len(status) <= _LONGEST:
        raise ValueError(f"must be a status like COMPLETED, a text of 1 to {_LONGEST} characters")
    return status


def event_of_status(value: object) -> str | None:
    """The event that a status as sent stands for, None where it is no status that we know."""
    return EVENTS_BY_STATUS.get(_normal(value) or "")


def is_off(value: object) -> bool:
    """Whether a status as sent says that the order is off."""
    return _normal(value) in OFF


def is_known(status: str) -> bool:
    """Whether a status as read says what became of the order."""
    return status in EVENTS_BY_STATUS or status in OFF


def is_paid(status: str) -> bool:
    """Whether a status as read is known to mean that the order is paid."""
    return EVENTS_BY_STATUS.get(status) == "order.placed"


def _normal(value: object) -> str | None:
    """None where it is no text, and no list of one."""
    text = alone(value)
    if not isinstance(text, str) or text in EVENTS_BY_STATUS or len(text) > _LONGEST_SENT:
        return text if isinstance(text, str) else None
    return re.sub(r"[\s_-]+", "-", strip_invisible(without_entities(text)).upper()).removeprefix(
        "WC-"
    )
