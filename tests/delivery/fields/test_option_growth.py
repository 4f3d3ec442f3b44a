"""Options are made before the records that hold them, and one that isn't costs no record."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest

from connectors.base import (
    Append,
    Outcome,
    Record,
    Refused,
    RefusedOption,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
    Value,
)
from receiver.delivery.fields.option_growth import upsert_growing
from receiver.delivery.loop_share import LoopShare
from receiver.delivery.merge import LaneWrite, merge_writes
from tests.delivery.crm import Crm


class GrowingCrm(Crm):
    """Makes options, all but those that begin with "No"."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, list[str]]] = []

    async def grow(
        self, object: str, options: Mapping[str, Collection[str]]
    ) -> Sequence[RefusedOption]:
        assert object == "contact"
        self.asked.append({name: [*values] for name, values in options.items()})
        if fault := self.faults.pop(0) if self.faults else None:
            raise fault
        return [
            RefusedOption(name, value, "it is full")
            for name, values in options.items()
            for value in values
            if value.startswith("No")
        ]


def learner(name: str, *courses: str, grow: bool = True, **more: Value) -> Record:
    return Record("contact", name, {"courses": Append(courses, grow), **more})


def write(crm: Crm, *records: Record) -> list[Outcome]:
    return asyncio.run(upsert_growing(crm, records))


def test_the_crm_is_asked_once_for_a_batch() -> None:
    """Of all its records, each option once."""
    crm = GrowingCrm()
    outcomes = write(crm, learner("ada", "Algebra", "Logic"), learner("bob", "Logic"))
    assert crm.asked == [{"courses": ["Algebra", "Logic"]}]
    assert outcomes == [
        Saved("id-contact-ada", created=True),
        Saved("id-contact-bob", created=True),
    ]


def test_without_growth_it_is_not_asked() -> None:
    """What does not say so is written as it is."""
    crm = GrowingCrm()
    write(crm, learner("ada", "Nonsense", grow=False), Record("contact", "bob", {"x": "1"}))
    assert crm.asked == []
    assert crm.received[0].fields == {"courses": Append(("Nonsense",))}


def test_what_is_made_with_a_new_record_grows_too() -> None:
    """Fields of `mode = "create"` wait apart from the others."""
    crm = GrowingCrm()
    write(crm, replace(learner("ada"), fields={}, on_create={"courses": Append(("A",), grow=True)}))
    assert crm.asked == [{"courses": ["A"]}]


def test_a_refused_option_is_left_out_and_told() -> None:
    """All else of the record is written, and who has no such option has no such note."""
    crm = GrowingCrm()
    ada, bob, eve = write(
        crm,
        learner("ada", "Logic", "Nothing", called="Ada"),
        learner("bob", "Logic"),
        learner("eve", "Nothing", called="Eve"),
    )
    note = "'Nothing' was left out of courses, which cannot grow: it is full"
    assert ada == Saved("id-contact-ada", created=True, notes=(note,))
    assert bob == Saved("id-contact-bob", created=True)
    assert eve == Saved("id-contact-eve", created=True, notes=(note,))
    assert [record.fields for record in crm.received] == [
        {"courses": Append(("Logic",), grow=True), "called": "Ada"},
        {"courses": Append(("Logic",), grow=True)},
        {"called": "Eve"},
    ]


def test_what_was_written_before_a_fault_tells_it_too() -> None:
    """Nothing is left out in silence."""
    fault = Throttled("slow down")
    fault.outcomes = [Saved("1"), None]

    class Throttling(GrowingCrm):
        async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:  # noqa: ARG002
            raise fault

    with pytest.raises(Throttled):
        write(Throttling(), learner("ada", "Nonsense"), learner("bob", "Nonsense"))
    (saved, unknown) = fault.outcomes
    assert isinstance(saved, Saved)
    assert saved.notes == ("'Nonsense' was left out of courses, which cannot grow: it is full",)
    assert unknown is None


def test_a_refused_record_stays_refused() -> None:
    """An option that was left out does not hide what the CRM says of the record."""
    crm = GrowingCrm()
    crm.rule = lambda _record: Refused("BAD", "no")
    assert write(crm, learner("ada", "Nothing")) == [Refused("BAD", "no")]


def test_late_growth_holds_no_record() -> None:
    """A time-out says that a call may be writing the records still; none was sent."""
    crm = GrowingCrm()
    crm.faults = [TimedOut("too late")]
    with pytest.raises(Unavailable) as raised:
        write(crm, learner("ada", "Logic"))
    assert not isinstance(raised.value, TimedOut)
    assert crm.received == []


@pytest.mark.parametrize("first", [True, False])
def test_merged_options_grow_where_any_of_them_does(first: bool) -> None:
    """Two routes may write one field."""
    lanes = [
        LaneWrite(number, (learner("ada", name, grow=grow),), None, f"{number}", doubtful=False)
        for number, name, grow in ((1, "Algebra", first), (2, "Logic", not first))
    ]
    (merged,) = asyncio.run(merge_writes(lanes, LoopShare()))
    assert merged.record.fields == {"courses": Append(("Algebra", "Logic"), grow=True)}
