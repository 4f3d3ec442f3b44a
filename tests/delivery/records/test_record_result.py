"""What is remembered of a record after a batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import Record, Ref, Refused, Retry, Saved
from receiver.delivery.batch_splitter import Verdict
from receiver.delivery.merge import MergedRecord
from receiver.delivery.records.record_result import RecordResult, lane_results
from receiver.inbox import RecordState
from receiver.inbox.lanes.field_versions import FieldVersion
from tests.delivery.records.test_record_writer import event_id, lane_write

DEAL = Ref("deal", "o1")
BUYER = Ref("contact", "a@b.edu")
OLD, NEW = FieldVersion(event_id(1), 7), FieldVersion(event_id(5), 8)


def result_of(verdict: Verdict, *, sent: bool = True, was_read: bool = False) -> RecordResult:
    record = Record("deal", "o1", {"amount": "1"}, links=(BUYER,))
    merged = MergedRecord(DEAL, record, {"amount": NEW}, {7, 8}, "digest of now")
    return RecordResult(merged, verdict, sent=sent, was_read=was_read)


def test_what_was_written_is_remembered_by_its_newest_event() -> None:
    """With the CRM's id, which event set which field, and what was written."""
    result = result_of(Saved("5"))
    result.stamps, result.tied = {"name": OLD, "amount": NEW}, {"contact/a@b.edu": "3"}
    row = result.remote(None)
    assert row is not None
    assert (row.id, row.event_id, row.lane_id) == ("5", NEW.event_id, NEW.lane_id)
    assert (row.stamps, row.add_links, row.digest) == (result.stamps, result.tied, "digest of now")


@pytest.mark.parametrize("verdict", [Refused("NO", "no"), Retry("later"), Saved("")])
def test_of_what_is_not_in_the_crm_nothing_is_remembered(verdict: Verdict) -> None:
    """Refused, not tried to its end, or not there and not to be made."""
    assert result_of(verdict).remote(None) is None


def test_a_connector_that_keeps_no_records_misses_none() -> None:
    """An empty id says that a record is not there only where none was to be made."""
    result = result_of(Saved(""))
    assert not result.is_missing
    result.merged.record = replace(result.merged.record, creates=False)
    assert result.is_missing


def test_what_nobody_asked_for_teaches_nothing() -> None:
    """What is known stays as it is; a read alone is worth a row, with what was written before."""
    known = RecordState("5", {}, OLD.event_id, {"amount": OLD}, "digest of before")
    assert result_of(Saved("5"), sent=False).remote(known) is None
    row = result_of(Saved("5"), sent=False, was_read=True).remote(known)
    assert row is not None
    assert row.digest == "digest of before"


def test_a_key_that_another_record_has_says_nothing_of_the_former_one() -> None:
    """The record that was written is another one: fields and links of the former do not count."""
    known = RecordState("5", {"contact/x": "1"}, OLD.event_id, {"name": OLD}, former_key="old")
    result = result_of(Saved("6"))
    result.stamps = {"name": OLD, "amount": NEW}
    row = result.remote(known)
    assert row is not None
    assert (row.id, row.stamps, row.add_links, row.former_key) == ("6", {"amount": NEW}, {}, None)


def test_a_record_that_moved_to_a_new_key_keeps_its_links() -> None:
    """It is the same record: what it was tied to stays so."""
    known = RecordState("5", {"contact/x": "1"}, OLD.event_id, {"name": OLD}, former_key="old")
    result = result_of(Saved("5"))
    result.tied = {"contact/a@b.edu": "3"}
    row = result.remote(known)
    assert row is not None
    assert row.add_links == {"contact/x": "1", "contact/a@b.edu": "3"}
    assert row.former_key == "old"


def test_a_lane_hears_of_its_records_and_their_links() -> None:
    """A link that was refused is the lane's matter, too."""
    result = result_of(Saved("5"))
    result.links[BUYER] = refused = Refused("NO", "no")
    write = lane_write(8, result.merged.record)
    assert list(lane_results({DEAL: result}, write)) == [Saved("5"), refused]
