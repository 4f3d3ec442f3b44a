"""What staff has written stays, and the CRM is asked for it as seldom as can be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from connectors.base import (
    Record,
    Ref,
    Saved,
    Value,
)
from receiver.delivery.fields.ownership import is_empty
from receiver.delivery.lane_outcome import LaneOutcome
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.merge import LaneWrite
from receiver.delivery.records.record_result import Known, Results
from receiver.delivery.records.record_writer import write_records
from receiver.delivery.renderer import RenderedDelivery
from receiver.inbox import PendingDelivery, ReadyLane, RecordState
from receiver.inbox.db.event_ids import IN_TIME
from receiver.inbox.lanes.field_versions import FieldVersion
from receiver.mapping import find_origins
from receiver.mapping.routes.ruled_record import Overwrite, make_record
from tests.delivery.calling import Calling
from tests.delivery.crm import Crm

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADA = Ref("contact", "ada@b.edu")
ORDER = Ref("deal", "o1")


def event_id(second: int) -> str:
    return f"{second * 1000:012x}{IN_TIME:0<20}"


def contact(
    fields: Mapping[str, Value],
    key: str = ADA.key,
    *,
    creates: bool = True,
    **overwrite: Overwrite,
) -> Record:
    return make_record({}, overwrite, "contact", key, fields, creates=creates)


def named(first: str = "Ada", key: str = ADA.key) -> Record:
    """A contact whose name is written only where there is none."""
    return contact({"firstname": first, "seen": "now"}, key, firstname="if_empty")


def deal(buyer: Ref = ADA) -> Record:
    return Record("deal", ORDER.key, {"amount": "1"}, links=(buyer,))


def lane(*records: Record, second: int = 9, number: int = 1) -> LaneWrite:
    event = event_id(second)
    return LaneWrite(number, records, find_origins([(event, records)]), event, doubtful=False)


def state(*filled: str, id: str = "id-contact-ada@b.edu") -> RecordState:
    """A record that earlier events have filled these fields of."""
    stamps = {name: FieldVersion(event_id(1), 1) for name in filled}
    return RecordState(id, {}, event_id(1), stamps)


def write(
    crm: Crm, *writes: LaneWrite, known: Known | None = None, calling: Calling | None = None
) -> Results:
    calls = (calling or Calling()).calls(crm)
    return asyncio.run(
        write_records(crm, writes, known or {}, calls, now=NOW, in_flight={}, share=LoopShare())
    )


def remembered(results: Results, ref: Ref = ADA, known: Known | None = None) -> Known:
    """What the inbox would know afterwards."""
    row = results[ref].remote((known or {}).get(ref))
    if row is None:
        return known or {}
    return {**(known or {}), ref: RecordState(row.id, row.add_links, row.event_id, row.stamps)}


def test_a_new_record_has_all_its_fields() -> None:
    """It is asked for once, and then made."""
    crm = Crm()
    results = write(crm, lane(named()))
    assert crm.held[ADA] == {"firstname": "Ada", "seen": "now"}
    assert crm.reads == [((ADA.key,), ("firstname",))]
    assert results[ADA].crm_owned == frozenset()


@pytest.mark.parametrize("value", [None, "", "Augusta"])
def test_what_staff_has_filled_stays(value: str | None) -> None:
    """And an empty field is filled."""
    crm = Crm()
    crm.held[ADA] = {"firstname": value}
    results = write(crm, lane(named()))
    assert crm.held[ADA] == {"firstname": value or "Ada", "seen": "now"}
    assert results[ADA].crm_owned == ({"firstname"} if value else set())


@pytest.mark.parametrize("value", [None, "Augusta"])
def test_the_crm_is_asked_once(value: str | None) -> None:
    """Later events do not ask again, whoever has filled the field, and leave it as it is."""
    crm = Crm()
    crm.held[ADA] = {"firstname": value}
    known = remembered(write(crm, lane(named())))
    crm.held[ADA]["firstname"] = "Countess"
    for second in (10, 11):
        results = write(crm, lane(named("Lady"), second=second), known=known)
        known = remembered(results, known=known)
        assert results[ADA].crm_owned == {"firstname"}
    assert crm.held[ADA] == {"firstname": "Countess", "seen": "now"}
    assert len(crm.reads) == 1


def test_a_field_that_is_new_to_the_mapping_is_asked_for() -> None:
    """Of a record that is known, what the gateway has not filled may be staff's."""
    crm = Crm()
    crm.held[ADA] = {"firstname": "Augusta"}
    write(crm, lane(named()), known={ADA: state("seen")})
    assert crm.held[ADA]["firstname"] == "Augusta"
    assert len(crm.reads) == 1


def test_nothing_is_asked_where_all_is_written_always() -> None:
    """Neither of new records nor of known ones."""
    crm = Crm()
    plain = contact({"firstname": "Ada"})
    write(crm, lane(plain))
    write(crm, lane(plain, second=10), known={ADA: state()})
    assert crm.reads == []


def test_records_are_asked_for_together() -> None:
    """25 of them in calls of as many as the CRM takes, with those that need no reading left out."""
    crm = Crm()
    keys = [f"{number}@b.edu" for number in range(25)]
    writes = [lane(named(key=key), number=number) for number, key in enumerate(keys)]
    write(crm, *writes, known={Ref("contact", keys[0]): state("firstname", id="1")})
    assert [len(asked) for asked, _ in crm.reads] == [10, 10, 4]


def test_what_goes_only_with_a_new_record() -> None:
    """`never` is written once; of a record that is known, nobody has to ask."""
    record = contact({"source": "AOM", "seen": "now"}, source="never")
    new, there, known = Crm(), Crm(), Crm()
    there.held[ADA], known.held[ADA] = {"source": ""}, {}
    write(new, lane(record))
    write(there, lane(record))
    write(known, lane(record), known={ADA: state()})
    assert (new.held[ADA], there.held[ADA], known.held[ADA]) == (
        {"source": "AOM", "seen": "now"},
        {"source": "", "seen": "now"},
        {"seen": "now"},
    )
    assert [len(crm.reads) for crm in (new, there, known)] == [1, 1, 0]


def test_what_is_only_created_is_not_changed_when_it_is_there() -> None:
    """No call writes it, and its id is learnt, so that others are tied to it."""
    crm = Crm()
    crm.held[ADA] = {"firstname": "Augusta"}
    record = contact({"firstname": "Ada"}, firstname="never")
    results = write(crm, lane(record, deal()))
    assert crm.held[ADA] == {"firstname": "Augusta"}
    assert [name for name, _ in crm.calls] == ["deal", "link"]
    assert crm.links == {(ORDER, ADA)}
    known = remembered(results)
    assert known[ADA].id == "id-contact-ada@b.edu"
    write(crm, lane(record, second=10), known=known)
    assert (len(crm.reads), len(crm.calls)) == (1, 2)


def test_nobody_is_made_by_an_update() -> None:
    """Who is not there is not written; what is tied to them is written without the tie."""
    crm = Crm()
    results = write(crm, lane(contact({"told": "x"}, creates=False), deal()))
    assert list(crm.held) == [ORDER]
    assert crm.links == set()
    assert [record.links for record in crm.received] == [()]
    assert results[ADA].remote(None) is None
    assert results[ADA].is_missing


def test_an_update_changes_who_is_there() -> None:
    """Found by the key, or known by an id, then without asking."""
    crm = Crm()
    crm.held[ADA] = {}
    results = write(crm, lane(contact({"told": "x"}, creates=False)))
    write(crm, lane(contact({"told": "y"}, creates=False), second=10), known=remembered(results))
    assert crm.held[ADA] == {"told": "y"}
    assert len(crm.reads) == 1


def test_who_was_deleted_is_made_anew_with_what_is_new() -> None:
    """A known record that is gone gets all of its fields, those of new records too."""
    crm = Crm()
    record = contact(
        {"firstname": "Ada", "source": "AOM", "seen": "now"}, firstname="if_empty", source="never"
    )
    write(crm, lane(record), known={ADA: state("firstname", "source")})
    assert crm.held[ADA] == {"firstname": "Ada", "source": "AOM", "seen": "now"}
    assert crm.reads == []


def test_who_was_deleted_is_not_made_anew_by_an_update() -> None:
    """The CRM alone knows that the record is gone; the delivery is done."""
    crm = Crm()
    results = write(crm, lane(contact({"told": "x"}, creates=False)), known={ADA: state()})
    assert crm.held == {}
    assert isinstance(results[ADA].verdict, Saved)
    assert results[ADA].remote(state()) is None


def test_of_two_lanes_the_older_event_fills_a_field() -> None:
    """Two people's events on one record: as if they had been written one after the other."""
    crm = Crm()
    first, second = lane(named("First"), second=1, number=2), lane(named("Second"), number=1)
    results = write(crm, second, first)
    assert crm.held[ADA]["firstname"] == "First"
    assert results[ADA].stamps["firstname"].event_id == event_id(1)
    assert results[ADA].stamps["seen"].event_id == event_id(9)


@pytest.mark.parametrize("value", [None, "", [], ()])
def test_nothing_is_empty(value: object) -> None:
    """What CRMs answer for a field that holds nothing."""
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, False, "0", "no", ["a"]])
def test_a_no_is_something(value: object) -> None:
    """Somebody may have meant it."""
    assert not is_empty(value)


def concluded(crm: Crm, *records: Record) -> LaneOutcome:
    """The outcome of a lane with one delivery."""
    delivery = PendingDelivery(1, 1, event_id(9), "school", "order.placed", None, b"{}", NOW)
    ready = ReadyLane(1, "crm", "ada@b.edu", 1, 0, None, (delivery,))
    outcome = LaneOutcome(ready, NOW, doubtful=False)
    outcome.add([RenderedDelivery(delivery, records, "order.placed")])
    part = outcome.next_write()
    assert part is not None
    outcome.conclude(part, write(crm, part))
    return outcome


def test_people_read_what_was_left_as_it_is() -> None:
    """The attempt does not show it as sent, and says why."""
    crm = Crm()
    crm.held[ADA] = {"firstname": "Augusta"}
    outcome = concluded(crm, named())
    assert outcome.sent[0]["fields"] == {"seen": "now"}
    assert outcome.notes == ["contact ada@b.edu: left as the CRM has it: firstname"]


def test_people_read_who_was_not_made() -> None:
    """The delivery is done, and says that nothing was written, and what was not tied."""
    outcome = concluded(Crm(), contact({"told": "x"}, creates=False), deal())
    assert [one.delivery.delivery_id for one in outcome.delivered] == [1]
    assert [sent["result"] for sent in outcome.sent] == ["missing", "saved"]
    assert outcome.sent[1]["links"] == []
    assert outcome.notes == [
        "contact ada@b.edu: it is not in the CRM, and the mapping makes none: nothing was written",
        "deal o1: not tied to contact ada@b.edu, which is not in the CRM",
    ]
