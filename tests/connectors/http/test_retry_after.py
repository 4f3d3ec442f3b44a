"""How long an answer asks to wait."""

from __future__ import annotations

import pytest

from connectors.http import read_retry_after
from tests.connectors.http.scripted import NOW


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("Tue, 01 Dec 2026 09:01:00 GMT", 60.0),
        ("Tue, 01 Dec 2026 10:01:00 +0100", 60.0),
        ("Tue, 01 Dec 2026 09:01:00 -0000", 60.0),
        ("Tue, 01 Dec 2026 08:00:00 GMT", 0.0),
    ],
)
def test_seconds_and_dates_are_read(header: str | None, seconds: float | None) -> None:
    """A date counts from now, never backwards; what nobody can read says nothing."""
    assert read_retry_after(header, NOW) == seconds
