"""Records that the CRM has by a person's former address."""

from __future__ import annotations

from connectors.base import Record, Ref, Saved
from receiver.delivery.former_keys import former_refs, with_former
from receiver.delivery.merge import LaneWrite
from receiver.inbox import ReadyLane, RecordState
from receiver.inbox.lanes.field_versions import FieldVersion
from tests.delivery.crm import Crm
from tests.delivery.test_record_writer import Known, contact, event_id, known, lane_write, run

OLD, OLDER, NEW = "old@x.test", "older@x.test", "new@x.test"
FORMER = {Ref("contact", NEW): (Ref("contact", OLD), Ref("contact", OLDER))}


def lane(*addresses: str) -> ReadyLane:
    return ReadyLane(1, "crm", OLDER, 1, 0, None, (), addresses=addresses)


def write(*records: Record) -> LaneWrite:
    return lane_write(1, *records)


def test_only_records_with_the_persons_address_as_key_have_had_another() -> None:
    """Not a deal's, and none of a person with one address."""
    records = (contact(NEW), Record("deal", "springfield:1", {}))
    assert former_refs([(lane(NEW, OLD, OLDER), write(*records))]) == FORMER
    assert former_refs([(lane(), write(*records))]) == {}


def test_the_record_that_was_written_last_is_the_one() -> None:
    """Of several former ones; where the new key is known already, none."""
    older, old = known("1"), RecordState("2", {}, event_id(5), {})
    states: Known = {Ref("contact", OLDER): older, Ref("contact", OLD): old}
    found = with_former(states, FORMER)[Ref("contact", NEW)]
    assert (found.id, found.former_key) == ("2", OLD)
    mine: Known = {**states, Ref("contact", NEW): known("3")}
    assert with_former(mine, FORMER) == mine


def test_it_is_written_by_its_id_and_known_by_the_new_key() -> None:
    """With all that was known of it; the former key leads to it no more."""
    crm = Crm()
    crm.rule = lambda record: Saved(record.id or "")
    former = with_former({Ref("contact", OLD): known("7", deal_1="3")}, FORMER)
    results = run(crm, write(contact(NEW, name="Ann")), remotes=former)
    (sent,) = crm.received
    assert (sent.id, sent.key, sent.former_key) == ("7", NEW, OLD)
    row = results[sent.ref].remote(former[sent.ref])
    assert row is not None
    assert (row.id, row.former_key, dict(row.add_links)) == ("7", OLD, {"deal/1": "3"})


def test_where_another_record_has_the_new_key_the_former_one_is_left() -> None:
    """What was written to it says nothing of the other."""
    crm = Crm()
    crm.rule = lambda _record: Saved("8")
    state = RecordState("7", {"deal/1": "3"}, event_id(1), {"name": FieldVersion(event_id(1), 1)})
    former = with_former({Ref("contact", OLD): state}, FORMER)
    results = run(crm, write(contact(NEW, email=NEW)), remotes=former)
    row = results[Ref("contact", NEW)].remote(former[Ref("contact", NEW)])
    assert row is not None
    assert (row.id, row.former_key, dict(row.add_links), [*row.stamps]) == (
        "8",
        None,
        {},
        ["email"],
    )
