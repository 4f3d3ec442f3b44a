"""Every connector keeps the same contract. A connector joins by its subject in SUBJECTS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors import testing
from connectors.base import Append
from connectors.sandbox import SandboxConnector


@contextmanager
def sandbox() -> Iterator[testing.Subject]:
    yield testing.Subject(
        SandboxConnector,
        settings={
            "type": "sandbox",
            "refuse": [{"field": "first_name", "value": "Nobody", "code": "NAME", "message": "nobody has this name"}],
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
        refused={"first_name": "Nobody"},
        unknown="no such object",
        unreachable={"type": "sandbox", "fail_rate": 1},
    )


SUBJECTS: dict[str, Callable[[], AbstractContextManager[testing.Subject]]] = {"sandbox": sandbox}


@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SUBJECTS)
def test_contract(name: str, check: testing.Check, tmp_path: Path) -> None:
    """The connector keeps the promise that the check is named after."""
    with SUBJECTS[name]() as subject:
        try:
            testing.run(check, subject, tmp_path)
        except testing.NotTried as reason:
            pytest.skip(str(reason))
