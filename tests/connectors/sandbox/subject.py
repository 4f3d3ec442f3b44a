"""The sandbox for the contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

from connectors import testing
from connectors.base import Append
from connectors.sandbox import SandboxConnector


@contextmanager
def sandbox() -> Iterator[testing.Subject]:
    yield testing.Subject(
        SandboxConnector,
        settings={
            "type": "sandbox",
            "refuse": [
                {
                    "field": "first_name",
                    "value": "Nobody",
                    "code": "NAME",
                    "message": "nobody has this name",
                }
            ],
        },
        records={
            "contact": {"first_name": "Ada"},
            "deal": {"name": "Order 1", "amount": Decimal("9.90")},
            "enrolment": {"course": "Algebra"},
        },
        links=[("deal", "contact"), ("enrolment", "contact")],
        typed={
            "nickname": "",
            "newsletter": True,
            "logins": 3,
            "spent": Decimal("110.00"),
            "born": date(2001, 2, 3),
            "registered_at": datetime(2020, 8, 11, 16, 58, tzinfo=UTC),
            "courses": Append(("Algebra", "Logic")),
        },
        grows="courses",
        refused={"first_name": "Nobody"},
        unknown="no such object",
        unreachable={"type": "sandbox", "fail_rate": 1},
    )
