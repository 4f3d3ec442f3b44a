"""The CRM is asked what it holds of records before they are written."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from connectors.base import AuthFailed, Found, Limits, Record, TimedOut
from receiver.delivery.batch_splitter import NoAnswer
from tests.delivery.calling import Calling
from tests.delivery.crm import Crm
from tests.delivery.fields.test_ownership import ADA, deal, lane, named, state, write


def test_a_known_record_that_is_not_found_is_looked_for_by_its_key() -> None:
    """The CRM may have it under another id: what is filled there stays."""

    class Merged(Crm):
        """Knows nobody by id."""

        async def read(
            self, object: str, records: Sequence[Record], fields: Collection[str]
        ) -> Sequence[Found | None]:
            found = await super().read(object, records, fields)
            return [None if record.id else one for record, one in zip(records, found, strict=True)]

    crm = Merged()
    crm.held[ADA] = {"firstname": "Augusta"}
    write(crm, lane(named()), known={ADA: state(id="old")})
    assert crm.held[ADA]["firstname"] == "Augusta"
    assert crm.received[0].id == "id-contact-ada@b.edu"


def test_a_read_that_fails_writes_nothing() -> None:
    """The lane comes again: nothing was sent, so nothing is in doubt; that it was tried is told."""
    crm = Crm()
    crm.faults = [AuthFailed("token")]
    results = write(crm, lane(named(), deal()))
    assert crm.calls == []
    for result in results.values():
        assert isinstance(result.verdict, NoAnswer)
        assert not result.verdict.sent
        assert not result.sent
        assert result.verdict.asked


def test_a_read_that_takes_too_long_holds_nobody_up() -> None:
    """It wrote nothing: nobody has to wait until the CRM is through with it."""
    crm, calling = Crm(), Calling()
    crm.faults = [TimedOut("late")]
    verdict = write(crm, lane(named()), calling=calling)[ADA].verdict
    assert isinstance(verdict, NoAnswer)
    assert (verdict.sent, verdict.after, calling.given_up) == (False, None, [])


def test_a_read_that_fails_is_split() -> None:
    """As a write is, so that one record alone is in trouble."""
    crm = Crm(limits=Limits(records=4))
    crm.faults = [TimedOut("late"), None, None]
    write(crm, *(lane(named(key=f"{n}@b.edu"), number=n) for n in range(4)))
    assert len(crm.held) == 4
