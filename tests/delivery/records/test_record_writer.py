"""One batch: how records are ordered, shared, split and linked, and what each lane is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from connectors.base import AuthFailed, Connector, Limits, Record, Ref, Refused, Retry, Saved
from receiver.delivery.batch_splitter import ConnectorDefect, NoAnswer, Verdict
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.merge import LaneWrite
from receiver.delivery.records.record_result import Results, lane_results
from receiver.delivery.records.record_writer import write_records
from receiver.delivery.retry import worst_verdict
from receiver.inbox import RecordState
from receiver.inbox.db.event_ids import IN_TIME
from receiver.mapping import find_origins
from tests.delivery.calling import Calling
from tests.delivery.crm import Crm

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BAD = Refused("INVALID_EMAIL", "that is no address", "email")


def contact(key: str, **fields: str) -> Record:
    return Record("contact", key, fields)


def deal(key: str, buyer: str) -> Record:
    return Record("deal", key, {"amount": "1"}, links=(Ref("contact", buyer),))


def event_id(second: int) -> str:
    return f"{second * 1000:012x}{IN_TIME:0<20}"


def lane_write(lane: int, *records: Record, second: int = 9, doubtful: bool = False) -> LaneWrite:
    event = event_id(second)
    return LaneWrite(lane, records, find_origins([(event, records)]), event, doubtful)


def known(id: str, **links: str) -> RecordState:
    return RecordState(
        id, {name.replace("_", "/", 1): target for name, target in links.items()}, event_id(1), {}
    )


Known = Mapping[tuple[str, str], RecordState]


def run(
    crm: Crm, *writes: LaneWrite, remotes: Known | None = None, calling: Calling | None = None
) -> Results:
    made = (calling or Calling()).calls(crm)
    return asyncio.run(
        write_records(crm, writes, remotes or {}, made, now=NOW, in_flight={}, share=LoopShare())
    )


def verdicts(results: Results, *writes: LaneWrite) -> list[Verdict]:
    return [worst_verdict(lane_results(results, one)) for one in writes]


def test_the_fake_is_a_connector() -> None:
    """The CRM of these tests keeps to the interface."""
    crm: Connector = Crm()
    assert crm.limits.records == 10


def test_contacts_go_before_the_deals_that_link_to_them() -> None:
    """One call per object, linked-to first, then the links; ids come from the upserts."""
    crm = Crm()
    writes = [lane_write(n, deal(f"o{n}", f"{n}@b.edu"), contact(f"{n}@b.edu")) for n in range(3)]
    results = run(crm, *writes)
    assert [name for name, _ in crm.calls] == ["contact", "deal", "link"]
    assert {type(verdict) for verdict in verdicts(results, *writes)} == {Saved}
    assert (Ref("deal", "o1"), Ref("contact", "1@b.edu")) in crm.links


def test_batches_keep_to_the_limits() -> None:
    """25 records of a limit of 10 are three calls."""
    crm = Crm()
    run(crm, *(lane_write(n, contact(f"{n}@b.edu")) for n in range(25)))
    assert [len(keys) for _, keys in crm.calls] == [10, 10, 5]


def test_a_batch_refused_as_a_whole_is_split_until_the_guilty_record_stands_alone() -> None:
    """Nine of ten are written, one is refused with the CRM's words."""
    crm = Crm()
    crm.refuses_whole_batches = True
    crm.rule = lambda record: BAD if record.key == "7@b.edu" else None
    writes = [lane_write(n, contact(f"{n}@b.edu")) for n in range(10)]
    results = run(crm, *writes)
    assert [verdict == BAD for verdict in verdicts(results, *writes)] == [n == 7 for n in range(10)]
    assert len(crm.held) == 9
    assert len(crm.calls) <= 9


def test_a_deal_shares_the_fate_of_its_contact() -> None:
    """A deal whose contact is refused is not written, and its lane is told of the contact's
    refusal.
    """
    crm = Crm()
    crm.rule = lambda record: BAD if record.key == "1@b.edu" else None
    writes = [lane_write(n, contact(f"{n}@b.edu"), deal(f"o{n}", f"{n}@b.edu")) for n in (1, 2)]
    results = run(crm, *writes)
    assert verdicts(results, *writes)[0] == BAD
    assert isinstance(verdicts(results, *writes)[1], Saved)
    assert Ref("deal", "o1") not in crm.held


def test_one_record_that_must_wait_holds_up_its_lane_alone() -> None:
    """A retry of one record is no fault of the batch."""
    crm = Crm()
    crm.rule = lambda record: Retry("locked", 3) if record.key == "1@b.edu" else None
    writes = [lane_write(n, contact(f"{n}@b.edu")) for n in (1, 2)]
    results = run(crm, *writes)
    assert verdicts(results, *writes) == [Retry("locked", 3), Saved("")]


def test_after_a_fault_of_the_connector_nothing_more_is_called() -> None:
    """The failed call may have been written; what comes behind it was not tried."""
    crm = Crm(limits=Limits(records=2))
    crm.faults = [None, AuthFailed("token")]
    writes = [lane_write(n, contact(f"{n}@b.edu")) for n in range(6)]
    results = run(crm, *writes)
    assert len(crm.calls) == 2
    sent = [
        verdict.sent if isinstance(verdict, NoAnswer) else None
        for verdict in verdicts(results, *writes)
    ]
    assert sent == [None, None, True, True, False, False]


def test_ids_and_doubt_reach_the_connector() -> None:
    """A remembered id comes with the record, and so does the doubt after an attempt without an
    answer.
    """
    crm = Crm()
    remotes = {("contact", "a@b.edu"): known("5")}
    run(crm, lane_write(1, contact("a@b.edu"), doubtful=True), remotes=remotes)
    assert (crm.received[0].id, crm.received[0].doubtful) == ("5", True)


def test_what_a_connector_should_not_raise_is_a_defect() -> None:
    """An unexpected error and a wrong number of outcomes are told apart from outages, and
    retried.
    """
    crm = Crm()
    crm.faults = [KeyError("x")]
    one = lane_write(1, contact("a@b.edu"))
    assert "KeyError" in str(defect(run(crm, one), one))

    async def too_few(_object: str, _records: object) -> list[Saved]:
        return []

    crm.upsert = too_few  # type: ignore[method-assign, assignment]
    assert "0 outcomes for 1" in str(defect(run(crm, one), one))


def defect(results: Results, one: LaneWrite) -> ConnectorDefect:
    (verdict,) = verdicts(results, one)
    assert isinstance(verdict, NoAnswer)
    assert isinstance(verdict.fault, ConnectorDefect)
    return verdict.fault


@pytest.mark.parametrize("answer", ["oops", None, 7])
def test_an_outcome_that_nobody_knows_is_no_success(answer: object) -> None:
    """It is a defect of the connector, and the record is tried again."""
    crm = Crm()
    crm.rule = lambda _record: answer or "oops"  # type: ignore[assignment, return-value]
    one = lane_write(1, contact("a@b.edu"))
    assert defect(run(crm, one), one)


def test_an_id_that_is_a_number_becomes_text() -> None:
    """The commonest slip of a connector costs nothing."""
    crm = Crm()
    crm.rule = lambda _record: Saved(12345)  # type: ignore[arg-type]
    one = lane_write(1, contact("a@b.edu"))
    assert run(crm, one)[Ref("contact", "a@b.edu")].verdict == Saved("12345")
