"""What HubSpot holds after AOM's nine samples, as the page on the CRM shows it.

`python -m tests.docs.sample_records` draws the picture anew.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors.hubspot.property_definitions import own_properties
from docs.hooks.record_picture import RecordCard, draw_cards
from tests.docs.pages import ROOT
from tests.e2e.accounts import HubSpotAccount, configure, hubspot
from tests.e2e.traffic import samples
from tests.processes import TOKEN, Running, gateway

PICTURE = ROOT / "docs" / "contact.svg"
WHO = "student@app.com"
STARTED = datetime(2026, 11, 2, 9, tzinfo=UTC)

NAMES: Mapping[str, str] = {
    "email": "Email",
    "lifecyclestage": "Lifecycle stage",
    "amount": "Amount",
    "deal_currency_code": "Currency",
    "closedate": "Close date",
    "dealstage": "Deal stage",
}
"""Labels of HubSpot's own properties."""


def draw(directory: Path) -> str:
    """Send the samples to a gateway, one every minute, and draw the learner and the order."""
    with hubspot() as account:
        with gateway(configure(directory, account)) as running:
            for number, (name, payload) in enumerate(samples()):
                _send(running, name, payload, STARTED + timedelta(minutes=number))
                assert running.wait_until_delivered()["dead"] == 0
        return draw_cards(_cards(account))


def _send(running: Running, name: str, payload: Mapping[str, Any], at: datetime) -> None:
    request = urllib.request.Request(
        f"{running.url}/events/{name}",
        data=json.dumps(payload).encode(),
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Occurred-At": at.isoformat(),
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202


def _cards(account: HubSpotAccount) -> Sequence[RecordCard]:
    (contact,) = [one for one in account.fake.records("contacts") if one["email"] == WHO]
    (deal,) = account.fake.records("deals")
    return (
        RecordCard(
            f"{contact['firstname']} {contact['lastname']}",
            "Contact",
            _fields(account, "contacts", contact),
        ),
        RecordCard(deal["dealname"], "Deal", _fields(account, "deals", deal)),
    )


def _fields(
    account: HubSpotAccount, kind: str, record: Mapping[str, Any]
) -> dict[str, str | Sequence[str]]:
    """Those that hold something, with the labels that the account has for them."""
    shown: dict[str, str | Sequence[str]] = {}
    order = [*NAMES, *own_properties()[kind.removesuffix("s")]]
    for name in order:
        known = account.fake.portal.records(kind).properties.get(name)
        if known is None or not record.get(name):
            continue
        value = str(record[name])
        if known.type == "datetime":
            value = value[:16].replace("T", " ")
        shown[NAMES.get(name) or known.label] = (
            value.split(";") if known.field_type == "checkbox" else value
        )
    return shown


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        PICTURE.write_text(draw(Path(place)), "utf-8")
    sys.stdout.write(f"{PICTURE}\n")
