"""Records that the CRM has by a person's former address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.base import Record, Ref, Refused, Retry, Saved
from receiver.delivery.former_keys import FormerRef, former_refs, moves_of, taken_refs, with_former
from receiver.delivery.merge import LaneWrite
from receiver.inbox import ReadyLane, RecordState
from receiver.inbox.lanes.field_versions import FieldVersion
from receiver.inbox.lanes.ready import FormerOwner
from tests.delivery.crm import Crm
from tests.delivery.records.test_record_writer import (
    Known,
    contact,
    event_id,
    known,
    lane_write,
    run,
)

OLD, OLDER, NEW = "old@x.test", "older@x.test", "new@x.test"
FORMER = {Ref("contact", NEW): (FormerRef(Ref("contact", OLD)), FormerRef(Ref("contact", OLDER)))}


def lane(*addresses: str) -> ReadyLane:
    return ReadyLane(1, "crm", OLDER, 1, 0, None, (), addresses=addresses)


def write(*records: Record) -> LaneWrite:
    return lane_write(1, *records)


def test_only_records_with_the_persons_address_as_key_have_had_another() -> None:
    """Not a deal's, and none of a person with one address."""
    records = (contact(NEW), Record("deal", "springfield:1", {}))
    assert former_refs([(lane(NEW, OLD, OLDER), write(*records))]) == FORMER
    assert former_refs([(lane(), write(*records))]) == {}


def written(id: str, *lanes: int) -> RecordState:
    """A record that holds a field of each of the lanes."""
    stamps = {f"field_{lane}": FieldVersion(event_id(lane), lane) for lane in lanes}
    return RecordState(id, {}, event_id(max(lanes)), stamps)


def test_an_address_of_another_one_now_leads_to_what_the_lane_has_written() -> None:
    """And to no record of whoever has the address since."""
    theirs = replace(lane(NEW), lost_addresses=(OLD,))
    former = former_refs([(theirs, write(contact(NEW)))])
    assert former == {Ref("contact", NEW): (FormerRef(Ref("contact", OLD), 1),)}
    mine: Known = {Ref("contact", OLD): written("7", 1, 3)}
    assert with_former(mine, former)[Ref("contact", NEW)].former_key == OLD
    others: Known = {Ref("contact", OLD): written("7", 2)}
    assert with_former(others, former) == others


def test_who_takes_an_address_moves_the_record_of_who_had_it() -> None:
    """Unless that one is written with it, or the record is the taker's already."""
    taker = replace(lane(OLD), lane_id=2, former_owners=(FormerOwner(1, NEW),))
    taken = taken_refs([(taker, write(contact(OLD), Record("deal", "springfield:1", {})))])
    states: Known = {Ref("contact", OLD): written("7", 1)}
    ((_, move),) = moves_of(states, taken, ())
    assert (move.lane_id, move.records) == (1, (Record("contact", NEW, {}),))
    assert moves_of(states, taken, [Ref("contact", NEW)]) == []
    assert moves_of({Ref("contact", OLD): written("7", 1, 2)}, taken, ()) == []
    assert moves_of({Ref("contact", OLD): written("7", 3)}, taken, ()) == []


@pytest.mark.parametrize("refused", [False, True])
def test_a_key_is_taken_once_it_is_given_up(refused: bool) -> None:
    """In a call of its own, and not where the CRM does not let the other record have its new one:
    it would be written to that person's record.
    """
    crm = Crm()
    crm.rule = lambda record: (
        Refused("NO", "not this one") if refused and record.former_key else Saved(record.id or "8")
    )
    states: Known = {Ref("contact", OLD): written("7", 1)}
    former = with_former(states, {Ref("contact", NEW): (FormerRef(Ref("contact", OLD), 1),)})
    moving = Record("contact", NEW, {})
    results = run(crm, write(contact(OLD), moving), remotes=former)
    outcome = results[Ref("contact", OLD)].verdict
    if refused:
        assert [record.key for record in crm.received] == [NEW]
        assert isinstance(outcome, Refused)
        assert outcome.code == "KEY_IN_USE"
    else:
        assert [record.key for record in crm.received] == [NEW, OLD]
        assert outcome == Saved("8")


def test_what_is_refused_of_the_others_event_is_not_the_takers_fault() -> None:
    """It is tried again, when the record gets its new key by itself."""
    crm = Crm()
    crm.rule = lambda record: Refused("NO", "no such phone") if record.former_key else Saved("8")
    states: Known = {Ref("contact", OLD): written("7", 1)}
    former = with_former(states, {Ref("contact", NEW): (FormerRef(Ref("contact", OLD), 1),)})
    results = run(crm, write(contact(OLD), contact(NEW, phone="1")), remotes=former)
    assert isinstance(results[Ref("contact", OLD)].verdict, Retry)


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
