"""Bodies for the tests of this folder: AOM's samples, changed here and there."""

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from receiver.aom import Event, InvalidBody, SourceContext, read_event, read_sample

ADA, BEN = {"id": 1, "email": "ada@example.edu"}, {"id": 3, "email": "ben@example.edu"}

NEW_YORK = SourceContext("springfield", ZoneInfo("America/New_York"), "USD")
SAMPLED = {
    "account.created",
    "course.enrolled",
    "quiz.submitted",
    "assignment.submitted",
    "discussion.submitted",
    "order.placed",
    "order.failed",
    "order.refunded",
    "announcement.created",
}


def sampled(event: str) -> dict[str, Any]:
    """AOM's sample of the event, parsed anew."""
    body = read_sample(event)
    assert body is not None
    parsed: dict[str, Any] = json.loads(body)
    return parsed


def changed(event: str, /, **changes: Any) -> bytes:
    """AOM's sample with other values at its top; a value of `...` takes the key away."""
    kept = {key: value for key, value in (sampled(event) | changes).items() if value is not ...}
    return json.dumps(kept).encode()


def reading(
    body: bytes | dict[str, Any], named: str | None = None, site: SourceContext = NEW_YORK
) -> Event:
    return read_event(body if isinstance(body, bytes) else json.dumps(body).encode(), site, named)


def refusal(body: bytes | dict[str, Any], named: str | None = None) -> InvalidBody:
    """Why the body is no event; fails if it is one."""
    try:
        event = reading(body, named)
    except InvalidBody as invalid:
        return invalid
    raise AssertionError(f"was read as {event.name}")


def paths(invalid: InvalidBody) -> Sequence[str]:
    return [fault.path for fault in invalid.faults]
