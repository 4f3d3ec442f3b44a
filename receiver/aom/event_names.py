"""The names of AOM's events, and what AOM's menu calls them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from receiver.aom.values.plain_text import strip_invisible

_LONGEST = 50  # characters

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "account.created": "New Account Created",
        "course.enrolled": "Enrolled in a course",
        "quiz.submitted": "Submitted a Quiz",
        "assignment.submitted": "Submitted an assignment",
        "assignment.evaluated": "Evaluated an assignment",
        "assignment.rejected": "Rejected an assignment",
        "discussion.submitted": "Submitted a discussion",
        "order.placed": "New Order Placed",
        "order.failed": "Order Failed",
        "order.refunded": "Order Refunded",
        "order.refused": "Order Refused",
        "order.pending": "Payment Pending",
        "announcement.created": "New Announcement",
    }
)
"""Name → label, in the order of AOM's menu.

"Order Refunded" is the heading of AOM's sample; the menu calls it "Order Refused".
"""

EVENTS: tuple[str, ...] = tuple(LABELS)

MENU: tuple[str, ...] = tuple(name for name in EVENTS if name != "order.refunded")
"""The twelve entries of AOM's menu, each by the name that belongs into its URL. Refunds arrive by
that of "Order Refused".
"""


_BY_LETTERS: Mapping[str, str] = MappingProxyType(
    {re.sub(r"[^a-z]", "", name): name for name in LABELS}
)


def find_event_name(text: str) -> str | None:
    """The event that somebody typed: `account_created`, `Account.Created`, with blanks around it;
    None where it is none.
    """
    if text in LABELS:
        return text
    plain = strip_invisible(text)
    return (
        _BY_LETTERS.get(re.sub(r"[\s._-]+", "", plain.lower())) if len(plain) <= _LONGEST else None
    )


def event_family(event: str) -> str:
    """Events of one family look alike: `order`, `assignment`; any other event is a family of its
    own.
    """
    return _FAMILIES.get(event, event)


_FAMILIES: Mapping[str, str] = {
    name: head for name in LABELS if (head := name.partition(".")[0]) in ("order", "assignment")
}
