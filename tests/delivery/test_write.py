"""One batch: how records are ordered, shared, split and linked, and what each lane is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from connectors.base import AuthFailed, Connector, Limits, Record, Ref, Refused, Retry, Saved, Unavailable
from receiver.delivery.guard import Guard
from receiver.delivery.share import Unit
from receiver.delivery.write import Defect, Halted, Result, Written, worst, write
from receiver.inbox import Remote
from receiver.inbox.identifiers import IN_TIME
from receiver.mapping import origins
from tests.delivery.crm import Crm

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BAD = Refused("INVALID_EMAIL", "that is no address", "email")


def contact(key: str, **fields: str) -> Record:
    return Record("contact", key, fields)


def deal(key: str, buyer: str) -> Record:
    return Record("deal", key, {"amount": "1"}, links=(Ref("contact", buyer),))


def event_id(second: int) -> str:
    return f"{second * 1000:012x}{IN_TIME:0<20}"


def unit(lane: int, *records: Record, second: int = 9, doubtful: bool = False) -> Unit:
    event = event_id(second)
    return Unit(lane, records, origins([(event, records)]), event, doubtful)


def known(id: str, *links: str) -> Remote:
    return Remote(id, frozenset(links), lane_id=1, event_id=event_id(1), stamps={})


def run(crm: Connector, *units: Unit, remotes: Mapping[tuple[str, str], Remote] | None = None) -> Written:
    return asyncio.run(write(crm, units, remotes or {}, Guard(), now=NOW))


def verdicts(written: Written, *units: Unit) -> list[Result]:
    return [worst(written.results(one)) for one in units]


def test_the_fake_is_a_connector() -> None:
    """The CRM of these tests keeps to the interface."""
    crm: Connector = Crm()
    assert crm.limits.records == 10


def test_contacts_go_before_the_deals_that_link_to_them() -> None:
    """One call per object, linked-to first, then the links; ids come from the upserts."""
    crm = Crm()
    units = [unit(n, deal(f"o{n}", f"{n}@b.edu"), contact(f"{n}@b.edu")) for n in range(3)]
    written = run(crm, *units)
    assert [name for name, _ in crm.calls] == ["contact", "deal", "link"]
    assert {type(verdict) for verdict in verdicts(written, *units)} == {Saved}
    assert (Ref("deal", "o1"), Ref("contact", "1@b.edu")) in crm.links


def test_batches_keep_to_the_limits() -> None:
    """25 records of a limit of 10 are three calls."""
    crm = Crm()
    run(crm, *(unit(n, contact(f"{n}@b.edu")) for n in range(25)))
    assert [len(keys) for _, keys in crm.calls] == [10, 10, 5]


def test_a_batch_refused_as_a_whole_is_split_until_the_guilty_record_stands_alone() -> None:
    """Nine of ten are written, one is refused with the CRM's words."""
    crm = Crm()
    crm.refuses_whole_batches = True
    crm.rule = lambda record: BAD if record.key == "7@b.edu" else None
    units = [unit(n, contact(f"{n}@b.edu")) for n in range(10)]
    written = run(crm, *units)
    assert [verdict == BAD for verdict in verdicts(written, *units)] == [n == 7 for n in range(10)]
    assert len(crm.held) == 9
    assert len(crm.calls) <= 9


def test_a_deal_shares_the_fate_of_its_contact() -> None:
    """A deal whose contact is refused is not written, and its lane is told of the contact's refusal."""
    crm = Crm()
    crm.rule = lambda record: BAD if record.key == "1@b.edu" else None
    units = [unit(n, contact(f"{n}@b.edu"), deal(f"o{n}", f"{n}@b.edu")) for n in (1, 2)]
    written = run(crm, *units)
    assert verdicts(written, *units)[0] == BAD
    assert isinstance(verdicts(written, *units)[1], Saved)
    assert Ref("deal", "o1") not in crm.held


def test_one_record_that_must_wait_holds_up_its_lane_alone() -> None:
    """A retry of one record is no fault of the batch."""
    crm = Crm()
    crm.rule = lambda record: Retry("locked", 3) if record.key == "1@b.edu" else None
    units = [unit(n, contact(f"{n}@b.edu")) for n in (1, 2)]
    written = run(crm, *units)
    assert verdicts(written, *units) == [Retry("locked", 3), Saved("")]
    assert written.fault is None


@pytest.mark.parametrize("fault", [Unavailable("down"), AuthFailed("token")])
def test_after_a_fault_nothing_more_is_called(fault: Unavailable | AuthFailed) -> None:
    """The failed call may have been written; what comes behind it was not tried."""
    crm = Crm(limits=Limits(records=2))
    crm.faults = [None, fault]
    units = [unit(n, contact(f"{n}@b.edu")) for n in range(6)]
    written = run(crm, *units)
    assert len(crm.calls) == 2
    tried = [verdict.tried if isinstance(verdict, Halted) else None for verdict in verdicts(written, *units)]
    assert tried == [None, None, True, True, False, False]
    assert written.fault is fault


def test_known_links_are_not_made_again() -> None:
    """A pair that is known to be tied costs no call, unless the record has a new id."""
    crm = Crm()
    one = unit(1, contact("a@b.edu"), deal("o1", "a@b.edu"))
    for known_id, links_made in (("id-deal-o1", 0), ("merged-away", 1)):
        crm.calls.clear()
        remotes = {("deal", "o1"): known(known_id, "contact/a@b.edu")}
        run(crm, one, remotes=remotes)
        assert [name for name, _ in crm.calls].count("link") == links_made


def test_a_link_to_a_record_of_an_earlier_batch_uses_its_remembered_id() -> None:
    """A route may link to a contact that this unit does not write."""
    crm = Crm()
    run(
        crm,
        unit(1, deal("o1", "a@b.edu")),
        remotes={("contact", "a@b.edu"): known("5")},
    )
    assert crm.links == {(Ref("deal", "o1"), Ref("contact", "a@b.edu"))}


def test_ids_and_doubt_reach_the_connector() -> None:
    """A remembered id comes with the record, and so does the doubt after an attempt without an answer."""
    crm = Crm()
    remotes = {("contact", "a@b.edu"): known("5")}
    run(crm, unit(1, contact("a@b.edu"), doubtful=True), remotes=remotes)
    assert (crm.received[0].id, crm.received[0].doubtful) == ("5", True)


def test_what_a_connector_should_not_raise_is_a_defect() -> None:
    """An unexpected error and a wrong number of outcomes are told apart from outages, and retried."""
    crm = Crm()
    crm.faults = [KeyError("x")]
    one = unit(1, contact("a@b.edu"))
    written = run(crm, one)
    assert isinstance(written.fault, Defect)
    assert "KeyError" in str(written.fault)

    async def too_few(_object: str, _records: object) -> list[Saved]:
        return []

    crm.upsert = too_few  # type: ignore[method-assign, assignment]
    assert "0 outcomes for 1" in str(run(crm, one).fault)


@pytest.mark.parametrize("answer", ["oops", None, 7])
def test_an_outcome_that_nobody_knows_is_no_success(answer: object) -> None:
    """It is a defect of the connector, and the record is tried again."""
    crm = Crm()
    crm.rule = lambda _record: answer or "oops"  # type: ignore[assignment, return-value]
    one = unit(1, contact("a@b.edu"))
    written = run(crm, one)
    assert isinstance(written.fault, Defect)
    assert isinstance(verdicts(written, one)[0], Halted)


def test_an_id_that_is_a_number_becomes_text() -> None:
    """The commonest slip of a connector costs nothing."""
    crm = Crm()
    crm.rule = lambda _record: Saved(12345)  # type: ignore[arg-type]
    one = unit(1, contact("a@b.edu"))
    assert run(crm, one).records[Ref("contact", "a@b.edu")] == Saved("12345")
