"""Outcomes and errors: what they carry to the gateway."""

from __future__ import annotations

import pytest

from connectors.base import BatchRefused, ConnectorError, Refused, Throttled, TimedOut, Unavailable


def test_a_refused_batch_carries_the_refusal_of_the_guilty_record() -> None:
    """The CRM's code, words and field; the text for people holds code and words."""
    refused = BatchRefused("INVALID_EMAIL", "that is no address", "email")
    assert refused.refusal == Refused("INVALID_EMAIL", "that is no address", "email")
    assert str(refused) == "INVALID_EMAIL: that is no address"


@pytest.mark.parametrize(
    "error",
    [Throttled("slower", 7.0), Unavailable("away", 7.0), TimedOut("late", 7.0)],
)
def test_errors_carry_the_time_that_the_crm_named(error: ConnectorError) -> None:
    """In seconds, beside the text for people; none unless it named one."""
    assert getattr(error, "retry_after", None) == 7.0
    assert type(error)("words").__dict__["retry_after"] is None
    assert not isinstance(error, Throttled) or error.daily is False
