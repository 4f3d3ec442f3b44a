"""Calls that fail as a whole: halved until they pass or a row stands alone, at a size that is
remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from connectors.base import (
    BatchRefused,
    ConnectorError,
    Limits,
    Outcome,
    Record,
    Refused,
    Retry,
    Saved,
    Throttled,
    TimedOut,
    Unavailable,
)
from receiver.delivery.batch_splitter import NoAnswer, Verdict
from tests.delivery.calling import Calling
from tests.delivery.crm import Crm

TRIGGER = Refused(
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "OrderTrigger: System.NullPointerException",
    transaction=True,
)
Org = Callable[[Sequence[Record]], list[Outcome]]


def records(count: int, first: int = 0) -> list[Record]:
    return [Record("contact", f"p{number}@b.edu", {}) for number in range(first, first + count)]


class Account:
    """Makes calls of an org that answers as a function says."""

    def __init__(self, org: Org, most: int = 200) -> None:
        self.calls: list[int] = []
        self.calling = Calling()
        self._crm = Crm(limits=Limits(records=most))
        self._org = org

    def send(self, items: Sequence[Record]) -> list[Verdict]:
        """What came of each, in their order."""

        async def call(some: Sequence[Record]) -> Sequence[Outcome]:
            self.calls.append(len(some))
            return self._org(some)

        made = asyncio.run(self.calling.calls(self._crm).call_in_parts("contact", items, call))
        verdicts = {record.key: verdict for record, verdict in made}
        assert len(made) == len(verdicts) == len(items)
        return [verdicts[record.key] for record in items]

    @property
    def size(self) -> int:
        assert self.calling.sizes
        return self.calling.sizes.of("contact")


def saved(some: Sequence[Record]) -> list[Outcome]:
    return [Saved("1") for _ in some]


def throws_for(key: str) -> Org:
    """A trigger throws for this row, and the CRM gives every row of the call the same code."""
    return lambda some: (
        [TRIGGER] * len(some) if any(record.key == key for record in some) else saved(some)
    )


def takes(most: int) -> Org:
    """Automation breaks a limit of the transaction above so many rows."""
    return lambda some: [TRIGGER] * len(some) if len(some) > most else saved(some)


def test_one_row_that_makes_a_trigger_throw_is_dead_alone() -> None:
    """Of 200 rows with the same code 199 are written, in few calls, and the size was not at
    fault.
    """
    account = Account(throws_for("p77@b.edu"))
    verdicts = account.send(records(200))
    assert [place for place, verdict in enumerate(verdicts) if verdict == TRIGGER] == [77]
    assert sum(isinstance(verdict, Saved) for verdict in verdicts) == 199
    assert len(account.calls) <= 18
    assert account.size == 200


@pytest.mark.parametrize("most", [1, 12, 70, 115])
def test_the_size_that_an_org_takes_is_learnt(most: int) -> None:
    """All rows are written, and the next ones go at the size that was learnt."""
    account = Account(takes(most))
    assert set(map(type, account.send(records(200)))) == {Saved}
    assert most // 2 < account.size <= most
    learnt, account.calls = account.size, []
    assert set(map(type, account.send(records(100)))) == {Saved}
    assert account.calls == [learnt] * (100 // learnt) + [100 % learnt] * bool(100 % learnt)


def test_a_size_is_learnt_beside_a_guilty_row() -> None:
    """A row that is refused alone does not hide that the others went through in smaller calls
    only.
    """
    org = takes(12)
    account = Account(lambda some: throws_for("p3@b.edu")(some) if len(some) <= 12 else org(some))
    verdicts = account.send(records(100))
    assert [place for place, verdict in enumerate(verdicts) if verdict == TRIGGER] == [3]
    assert account.size == 12


def test_a_size_grows_again_slowly() -> None:
    """An org that was mended takes more: the size is tried upwards, and falls back to what works
    where it is not.
    """
    limit = 12

    def org(some: Sequence[Record]) -> list[Outcome]:
        return takes(limit)(some)

    account = Account(org, most=100)
    account.send(records(100))
    sizes = {account.size}
    for _ in range(40):
        account.send(records(10 * account.size))
        sizes.add(account.size)
    assert sizes <= {7, 8, 10, 12, 15}
    assert account.size in {12, 15}
    assert account.calls[-400:].count(15) < 8  # what failed is tried less and less often
    limit = 100
    for _ in range(60):
        account.send(records(50 * account.size))
    assert account.size == 100


def test_a_whole_refusal_is_split_until_the_guilty_row_stands_alone() -> None:
    """Where the CRM names no row, halves tell."""
    bad = Refused("VALIDATION_ERROR", "invalid property", "phone")

    def org(some: Sequence[Record]) -> list[Outcome]:
        if any(record.key in {"p5@b.edu", "p90@b.edu"} for record in some):
            raise BatchRefused(bad.code, bad.message, bad.field)
        return saved(some)

    account = Account(org, most=100)
    verdicts = account.send(records(100))
    assert [place for place, verdict in enumerate(verdicts) if verdict == bad] == [5, 90]
    assert account.size == 100


def test_rows_that_only_wait_are_not_split() -> None:
    """A lock or a plain refusal of a row is said of that row."""
    locked, plain = Retry("locked"), Refused("INVALID_EMAIL", "no address")

    def org(some: Sequence[Record]) -> list[Outcome]:
        return [
            locked
            if record.key == "p1@b.edu"
            else plain
            if record.key == "p2@b.edu"
            else Saved("1")
            for record in some
        ]

    account = Account(org)
    assert account.send(records(50))[1:3] == [locked, plain]
    assert account.calls == [50]


def test_a_call_that_timed_out_is_not_sent_again() -> None:
    """It may be running still: its rows wait as long as the CRM may take; the next calls are
    smaller, and one at a time.
    """

    def org(some: Sequence[Record]) -> list[Outcome]:
        if len(some) > 60:
            raise TimedOut("no answer within 30 s")
        return saved(some)

    account = Account(org, most=100)
    verdicts = account.send(records(200))
    unknown = [verdict for verdict in verdicts if isinstance(verdict, NoAnswer)]
    assert len(unknown) == 100
    assert {(verdict.sent, verdict.alone, verdict.after) for verdict in unknown} == {
        (True, False, 60)
    }
    assert account.calls == [100, 50, 50]
    assert len(account.calling.given_up) == 100
    assert account.calling.sizes
    assert account.calling.sizes.slow


def test_a_row_that_no_call_survives_is_alone_at_the_end() -> None:
    """The CRM answers 500 for the whole call for one row: the others are written, and no size is
    learnt from an outage.
    """

    def org(some: Sequence[Record]) -> list[Outcome]:
        if any(record.key == "p6@b.edu" for record in some):
            raise Unavailable("500")
        return saved(some)

    account = Account(org, most=32)
    account.calling.opens_after = 99
    verdicts = account.send(records(32))
    unknown = {
        place: verdict for place, verdict in enumerate(verdicts) if isinstance(verdict, NoAnswer)
    }
    assert list(unknown) == [6]
    assert account.size == 32


def test_an_outage_ends_the_batch() -> None:
    """After some failures in a row nothing more is called; what was not sent is told apart."""

    def org(_some: Sequence[Record]) -> list[Outcome]:
        raise Unavailable("503")

    account = Account(org, most=10)
    verdicts = account.send(records(40))
    assert len(account.calls) == account.calling.opens_after
    sent = [verdict.sent for verdict in verdicts if isinstance(verdict, NoAnswer)]
    assert len(sent) == 40
    assert 0 < sum(sent) <= 10


def through(some: Sequence[Record], fault: ConnectorError, rest: set[str]) -> ConnectorError:
    """The fault, with what became of the rows that it does not speak of."""
    fault.outcomes = [None if one.key in rest else Saved(one.key) for one in some]
    return fault


def test_what_was_through_before_a_limit_is_settled() -> None:
    """A CRM without a batch API throttles in the middle: what it wrote counts, and the connector
    pauses for the others.
    """
    rest = {"p3@b.edu", "p4@b.edu"}

    def org(some: Sequence[Record]) -> list[Outcome]:
        raise through(some, Throttled("slow down", 7), rest)

    account = Account(org)
    verdicts = account.send(records(5))
    assert [type(one) for one in verdicts] == [Saved] * 3 + [NoAnswer] * 2
    assert account.calls == [5]
    assert account.calling.faults[0].args == ("slow down",)


def test_only_what_timed_out_waits_until_the_crm_is_through() -> None:
    """The rows that were answered are over."""

    def org(some: Sequence[Record]) -> list[Outcome]:
        raise through(some, TimedOut("late"), {"p1@b.edu"})

    account = Account(org)
    verdicts = account.send(records(3))
    assert [type(one) for one in verdicts] == [Saved, NoAnswer, Saved]
    assert [one.key for one in account.calling.given_up] == ["p1@b.edu"]


@pytest.mark.parametrize("kind", [BatchRefused, Unavailable])
def test_only_the_rest_of_a_batch_is_split(kind: type[ConnectorError]) -> None:
    """What went through is not sent again."""

    def org(some: Sequence[Record]) -> list[Outcome]:
        if any(one.key == "p2@b.edu" for one in some):
            refused = BatchRefused("BAD", "no") if kind is BatchRefused else Unavailable("503")
            raise through(some, refused, {"p2@b.edu", "p3@b.edu"})
        return saved(some)

    account = Account(org)
    account.calling.opens_after = 99
    verdicts = account.send(records(4))
    assert [isinstance(one, Saved) for one in verdicts] == [True, True, False, True]
    assert account.calls[:3] == [4, 1, 1]
    assert account.size == 200


def test_a_trigger_that_threw_before_a_fault_is_looked_at_alone() -> None:
    """It may be innocent, whether the call went on or not."""

    def org(some: Sequence[Record]) -> list[Outcome]:
        if len(some) > 1:
            fault = Unavailable("503")
            fault.outcomes = [TRIGGER, Saved("1"), None]
            raise fault
        return saved(some)

    assert set(map(type, Account(org).send(records(3)))) == {Saved}


def test_outcomes_of_a_fault_are_as_many_as_records() -> None:
    """Else nobody knows whose they are, and it is a defect of the connector."""

    def org(some: Sequence[Record]) -> list[Outcome]:
        fault = Throttled("slow down")
        fault.outcomes = saved(some)[1:]
        raise fault

    account = Account(org)
    account.calling.opens_after = 1
    verdicts = account.send(records(3))
    assert {type(one) for one in verdicts} == {NoAnswer}
    assert "raised Throttled with 2 outcomes for 3 items" in str(account.calling.faults[0])


def test_what_goes_again_after_a_lost_answer_is_doubtful() -> None:
    """The connector is told that it may have been written already."""
    seen: list[set[bool]] = []
    faults = [Unavailable("reset")]

    def org(some: Sequence[Record]) -> list[Outcome]:
        seen.append({record.doubtful for record in some})
        if faults:
            raise faults.pop()
        return saved(some)

    Account(org).send(records(4))
    assert seen == [{False}, {True}, {True}]
