"""What every connector must keep, as checks to run against your own; they explain what broke, in
words.

With pytest:

    from connectors import testing

    SUBJECT = testing.Subject(
        MyConnector,
        settings={"type": "mycrm", "api_key": "test", "base_url": "http://127.0.0.1:9030"},
        records={
            "contact": {"first_name": "Ada"},
            "deal": {"name": "Order 1", "amount": Decimal("9.90")},
        },
        address="base_url",
    )

    @pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
    def test_contract(check, tmp_path):
        try:
            testing.run(check, SUBJECT, tmp_path)
        except testing.NotTried as reason:
            pytest.skip(str(reason))

or without: `for check in testing.CHECKS: testing.run(check, SUBJECT, Path("."))`. The account is a
fake's, or one that may be littered: every run writes records under keys of its own, and removes
none. What a subject does not tell is not tried, and the reason says what to give.
"""

from connectors.testing import calls, faults, links, ownership, records, setup, values
from connectors.testing.trial import Breach, Check, Gate, NotTried, Stored, Subject, Trial, run

CHECKS: tuple[Check, ...] = (
    *setup.CHECKS,
    *records.CHECKS,
    *values.CHECKS,
    *ownership.CHECKS,
    *links.CHECKS,
    *calls.CHECKS,
    *faults.CHECKS,
)

__all__ = ["CHECKS", "Breach", "Check", "Gate", "NotTried", "Stored", "Subject", "Trial", "run"]
