"""Assignments that were evaluated or rejected, told by what their payload says."""

from __future__ import annotations

from typing import Any

import pytest

from receiver.aom.assignment_hints import event_by_hints

EVALUATED, REJECTED = "assignment.evaluated", "assignment.rejected"


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"grade": 7}, EVALUATED),
        ({"grade": 0}, EVALUATED),
        ({"assignment": {"score": "88"}}, EVALUATED),
        ({"evaluatedBy": "Kim"}, EVALUATED),
        ({"status": "Evaluated"}, EVALUATED),
        ({"assignment": {"status": ["rejected"]}}, REJECTED),
        ({"isRejected": True}, REJECTED),
        ({"grade": 3, "rejected_reason": "late"}, REJECTED),
        ({"rejected": 0}, None),
        ({"rejected": False, "grade": None}, None),
        ({"status": "not evaluated"}, None),
        ({"max_score": 10, "pass_grade": 5}, None),
        ({"title": "Evaluating evidence", "text": "rejected"}, None),
        ({"grade": "", "score": "n/a"}, None),
        ({}, None),
    ],
)
def test_a_verdict_is_told_by_keys_and_telling_values(
    payload: dict[str, Any], event: str | None
) -> None:
    """A verdict counts, one to come does not, and what people write in titles is not asked."""
    assert event_by_hints(payload) == event
