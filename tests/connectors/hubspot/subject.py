"""HubSpot for the contract tests, with either style of paths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

from connectors import testing
from connectors.base import Append
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import DEAL
from tests.fakes.hubspot import FakeHubSpot


@contextmanager
def hubspot(version: str = "2026-09") -> Iterator[testing.Subject]:
    with FakeHubSpot() as fake:
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
        )
