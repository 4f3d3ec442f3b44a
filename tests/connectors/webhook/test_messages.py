"""What a message holds, and what its id is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.base import Append, JsonText, Record, Ref, Value
from connectors.http import write_json
from connectors.webhook.messages import build_batch, build_message

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
AT = datetime(2026, 5, 4, 11, 59, tzinfo=UTC)
DEAL = Record(
    "deal", "19", {"stage": "won", "amount": Decimal("110.00")}, event_id="e", event_at=AT
)


def as_sent(record: Record) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(write_json(build_message(record, NOW)), parse_float=Decimal)
    return sent


def test_a_message_has_the_shape_of_standard_webhooks() -> None:
    """`type`, `timestamp` and `data`; the time is the event's."""
    message = as_sent(replace(DEAL, links=(Ref("contact", "ann@b.edu"),), former_key="18"))
    assert message.pop("id").startswith("msg_")
    assert message == {
        "type": "deal",
        "timestamp": "2026-05-04T11:59:00+00:00",
        "data": {
            "key": "19",
            "fields": {"stage": "won", "amount": Decimal("110.00")},
            "links": [{"object": "contact", "key": "ann@b.edu"}],
            "former_key": "18",
        },
    }


def test_values_keep_the_types_of_json() -> None:
    """Numbers with all places, dates in ISO 8601, lists and whole things as such."""
    items = JsonText("[…]", [{"price": Decimal("1.50"), "coupon": None}])
    fields: dict[str, Value] = {
        "paid": True,
        "count": 3,
        "empty": "",
        "on": date(2026, 5, 4),
        "at": AT,
        "courses": Append(("A", "B")),
        "items": items,
        "name": "Zoë 🎓",
    }
    assert as_sent(replace(DEAL, fields=fields))["data"]["fields"] == {
        "paid": True,
        "count": 3,
        "empty": "",
        "on": "2026-05-04",
        "at": "2026-05-04T11:59:00+00:00",
        "courses": ["A", "B"],
        "items": [{"price": Decimal("1.50"), "coupon": None}],
        "name": "Zoë 🎓",
    }


def test_a_key_field_of_the_mapping_holds_the_key() -> None:
    """Beside `key`, which is always there."""
    data = as_sent(replace(DEAL, key_field="number"))["data"]
    assert data["fields"]["number"] == data["key"] == "19"


def test_the_same_write_has_the_same_id() -> None:
    """Later, in doubt, and with its fields in another order."""
    first = build_message(DEAL, NOW)["id"]
    other = dict(sorted(DEAL.fields.items()))
    assert build_message(replace(DEAL, doubtful=True, fields=other), AT)["id"] == first


def test_another_write_has_another_id() -> None:
    """Of another event, also where a state comes back; of another record; of other content."""
    others = [
        DEAL,
        replace(DEAL, event_id="f"),
        replace(DEAL, key="20"),
        replace(DEAL, object="contact"),
        replace(DEAL, fields={"stage": "lost"}),
        replace(DEAL, links=(Ref("contact", "ann@b.edu"),)),
    ]
    assert len({build_message(one, NOW)["id"] for one in others}) == len(others)


def test_a_batch_is_a_message_of_messages() -> None:
    """Its id is that of the same messages in the same order."""
    one, other = build_message(DEAL, NOW), build_message(replace(DEAL, key="20"), NOW)
    batch = build_batch([one, other], NOW)
    assert (batch["type"], batch["data"]) == ("batch", [one, other])
    assert batch["id"] == build_batch([one, other], AT)["id"]
    assert batch["id"] != build_batch([other, one], NOW)["id"]
