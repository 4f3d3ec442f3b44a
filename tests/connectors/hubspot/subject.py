"""HubSpot for the contract tests, with either style of paths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from connectors import testing
from connectors.base import Append
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import DEAL
from tests.fakes.hubspot import FakeHubSpot
from tests.fakes.hubspot.options import Options

PLURALS = {"contact": "contacts", "deal": "deals"}


def read_account(fake: FakeHubSpot, object: str) -> dict[str, testing.Stored]:
    """Give what the fake holds of an object, as the kit wants it."""
    linked = [*fake.associations()]
    linked += [(target, source) for source, target in linked]
    return {
        record["id"]: testing.Stored(
            record, [target for source, target in linked if source == record["id"]]
        )
        for record in fake.records(PLURALS[object])
    }


@contextmanager
def hubspot(version: str = "2026-09") -> Iterator[testing.Subject]:
    with FakeHubSpot(Options(burst=10_000)) as fake:
        fake.define("deals", "aom_order_key", unique=True)
        fake.define("contacts", "courses", "enumeration", "checkbox", options=["Algebra", "Logic"])
        fake.define("contacts", "newsletter", "bool", "booleancheckbox")
        fake.define("contacts", "logins", "number", "number")
        fake.define("contacts", "born", "date", "date")
        fake.define("contacts", "registered_at", "datetime", "date")
        settings = {"type": "hubspot", "access_token": fake.token, "api_version": version}
        yield testing.Subject(
            HubSpotConnector,
            settings={**settings, "base_url": fake.url},
            records={"contact": {"firstname": "Ada"}, "deal": DEAL},
            links=[("deal", "contact")],
            typed={
                "phone": "",
                "newsletter": True,
                "logins": Decimal("3.5"),
                "born": date(2001, 2, 3),
                "registered_at": datetime(2020, 8, 11, 16, 58, tzinfo=UTC),
                "courses": Append(("Algebra", "Logic")),
            },
            grows="courses",
            refused={"lastname": "x" * 65_537},
            unreachable={**settings, "base_url": "http://127.0.0.1:1"},
            address="base_url",
            read=partial(read_account, fake),
            delete=lambda name, gone: fake.delete(PLURALS[name], gone),
        )
