"""What real accounts do, played against the connector as the gateway uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Link,
    Misconfigured,
    Outcome,
    Problem,
    Record,
    Ref,
    Refused,
    Retry,
    Saved,
    Throttled,
    TimedOut,
)
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.needs import contact_need, deal_need
from tests.connectors.hubspot.needs import field as need_field
from tests.connectors.hubspot.opening import on
from tests.fakes.hubspot import FakeHubSpot, Fault
from tests.fakes.hubspot.characters import CHARACTERS

NEEDS = (
    contact_need(
        ("email", need_field("email", "string")),
        ("firstname", need_field("firstname", "string")),
        ("lifecyclestage", need_field("lifecyclestage", "string", "customer")),
        ("aom_last_activity", need_field("aom_last_activity", "string")),
    ),
    deal_need(deal_currency_code=need_field("deal_currency_code", "string")),
)
PEOPLE = ("ada", "bob", "cleo")


@pytest.fixture
def account(hubspot: FakeHubSpot) -> FakeHubSpot:
    """A school's account, provisioned, where one of the learners is a contact already."""
    hubspot.define("contacts", "aom_last_activity")
    hubspot.seed_contact("bob@example.test", properties={"phone": "1"})
    return hubspot


@dataclass
class School:
    """Writes orders with their buyers as the gateway does.

    The ids that came back go along, and links are made once.
    """

    crm: HubSpotConnector
    ids: dict[Ref, str] = field(default_factory=dict)
    linked: set[tuple[str, str]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 24, tzinfo=UTC)

    async def order(self, stage: str, *people: str) -> list[Outcome]:
        """Write an order of each person that came to a stage; what a contact is refused or waits
        for, its order waits for too.
        """
        contacts = await self.save([_contact(name, stage) for name in people])
        ready = [
            name
            for name, outcome in zip(people, contacts, strict=True)
            if isinstance(outcome, Saved)
        ]
        deals = await self.save([_deal(name, stage) for name in ready]) if ready else []
        pairs = [Link(_deal(name, stage).ref, _contact(name, stage).ref, "", "") for name in ready]
        await self.link(pairs)
        return [*contacts, *deals]

    async def save(self, records: Sequence[Record]) -> list[Outcome]:
        known = [replace(record, id=self.ids.get(record.ref)) for record in records]
        try:
            outcomes = list(await self.crm.upsert(records[0].object, known))
        except BatchRefused as refused:
            if len(records) == 1:
                return [refused.refusal]
            return [*await self.save(records[:1]), *await self.save(records[1:])]
        for record, outcome in zip(records, outcomes, strict=True):
            if isinstance(outcome, Saved):
                self.ids[record.ref] = outcome.id
                self.notes += outcome.notes
        return outcomes

    async def link(self, pairs: Sequence[Link]) -> None:
        """Tie what is not known to be tied by these ids."""
        named = [
            replace(pair, source_id=self.ids[pair.source], target_id=self.ids[pair.target])
            for pair in pairs
            if pair.source in self.ids and pair.target in self.ids
        ]
        new = [pair for pair in named if (pair.source_id, pair.target_id) not in self.linked]
        if new:
            assert all(isinstance(outcome, Saved) for outcome in await self.crm.link(new))
            self.linked |= {(pair.source_id, pair.target_id) for pair in new}

    async def until_written(self, stage: str, *people: str) -> list[Outcome]:
        """Repeat as long as something waits, as time goes by."""
        for _ in range(50):
            try:
                outcomes = await self.order(stage, *people)
            except (AuthFailed, Misconfigured, Throttled):
                outcomes = [Retry("paused")]
            if not any(isinstance(outcome, Retry) for outcome in outcomes):
                return outcomes
            self.now += timedelta(seconds=20)
        raise AssertionError("still waiting")


def _contact(name: str, stage: str) -> Record:
    fields = {
        "firstname": name.capitalize(),
        "email": f"{name}@example.test",
        "aom_last_activity": stage,
    }
    if stage == "closedwon":
        fields["lifecyclestage"] = "customer"
    return Record("contact", f"{name}@example.test", fields)


def _deal(name: str, stage: str) -> Record:
    fields = {
        "dealname": f"Order of {name}",
        "dealstage": stage,
        "amount": "50",
        "deal_currency_code": "USD",
    }
    return Record(
        "deal", f"springfield-{name}", fields, links=(Ref("contact", f"{name}@example.test"),)
    )


def at_school(
    account: FakeHubSpot, play: Callable[[School], Awaitable[None]], timeout: float = 30
) -> None:
    """Play a situation with a clock that the situation moves."""
    here: list[School] = []

    async def use(crm: HubSpotConnector) -> None:
        here.append(School(crm))
        await play(here[0])

    on(
        account,
        use,
        timeout=timeout,
        now=lambda: here[0].now if here else datetime(2026, 11, 24, tzinfo=UTC),
    )


def checked(account: FakeHubSpot) -> list[Problem]:
    """Give what `check --online` shows; it shows what is raised, too."""
    found: list[Problem] = []

    async def use(crm: HubSpotConnector) -> None:
        try:
            found.extend(await crm.check(NEEDS))
        except Throttled as fault:
            found.append(Problem("", str(fault)))

    on(account, use)
    return found


@pytest.mark.parametrize("name", CHARACTERS)
def test_check_names_what_will_go_wrong(account: FakeHubSpot, name: str) -> None:
    """Before the first event, or it says that HubSpot does not tell."""
    character = CHARACTERS[name]
    character.give(account)
    messages = [problem.message for problem in checked(account)]
    assert not character.check or any(character.check in message for message in messages)


@pytest.mark.parametrize("name", CHARACTERS)
def test_every_order_is_written_once_it_can_be(account: FakeHubSpot, name: str) -> None:
    """Nothing dies of what the account is like, nothing is doubled, and after the cure all goes on
    by itself.
    """
    character = CHARACTERS[name]
    character.give(account)

    async def play(school: School) -> None:
        first: list[Outcome] = []
        with suppress(AuthFailed, Misconfigured, Throttled):
            first += await school.order("closedwon", *PEOPLE)
            first += await school.order("closedlost", *PEOPLE)
        assert not any(isinstance(outcome, Refused) for outcome in first)
        held = [outcome for outcome in first if isinstance(outcome, Retry)]
        assert all(outcome.rule for outcome in held)
        character.cure(account)
        for stage in ("closedwon", "closedlost"):
            outcomes = await school.until_written(stage, *PEOPLE)
            assert all(isinstance(outcome, Saved) for outcome in outcomes)

    at_school(account, play)
    assert (
        len(account.records("contacts"))
        == len(account.records("deals"))
        == len(account.associations())
        == 3
    )
    assert {one["dealstage"] for one in account.records("deals")} == {"closedlost"}


def test_a_rule_holds_back_no_innocent(account: FakeHubSpot) -> None:
    """A learner who is a contact already, with the phone that the account demands, is not held back
    with the new ones.
    """
    CHARACTERS["required_by_the_batch"].give(account)

    async def play(school: School) -> None:
        outcomes = await school.save([_contact(name, "closedwon") for name in PEOPLE])
        assert [isinstance(outcome, Saved) for outcome in outcomes] == [False, True, False]

    at_school(account, play)


def test_a_missing_stage_is_left_out_with_a_note(account: FakeHubSpot) -> None:
    """Contact and deal are written all the same, and the operator reads why one field is not."""
    CHARACTERS["no_customer_stage"].give(account)

    async def play(school: School) -> None:
        assert all(isinstance(outcome, Saved) for outcome in await school.order("closedwon", "ada"))
        assert [note for note in school.notes if note.startswith("lifecyclestage was left out")]

    at_school(account, play)


def test_a_contact_deleted_between_two_events_is_made_and_tied_anew(account: FakeHubSpot) -> None:
    """The order stands under the new contact: the link is made to the id that HubSpot answers."""

    async def play(school: School) -> None:
        await school.order("appointmentscheduled", "ada")
        old = school.ids[Ref("contact", "ada@example.test")]
        account.delete("contacts", old)
        await school.order("closedwon", "ada")
        new, order = (
            school.ids[Ref("contact", "ada@example.test")],
            school.ids[Ref("deal", "springfield-ada")],
        )
        assert new != old
        assert tuple(sorted((new, order))) in account.associations()

    at_school(account, play)
    assert len(account.records("deals")) == 1


def test_people_change_merge_and_delete_as_they_like(account: FakeHubSpot) -> None:
    """A changed address stays, a merged contact and a merged deal go on, a deleted deal is made
    anew: nobody twice.
    """

    async def play(school: School) -> None:
        await school.order("closedwon", *PEOPLE)
        contacts = {name: school.ids[Ref("contact", f"{name}@example.test")] for name in PEOPLE}
        deals = {name: school.ids[Ref("deal", f"springfield-{name}")] for name in PEOPLE}
        account.edit("contacts", contacts["ada"], email="countess@example.test")
        account.merge_records("contacts", contacts["bob"], contacts["cleo"])
        account.merge_records("deals", deals["ada"], deals["bob"])
        account.delete("deals", deals["cleo"])
        outcomes = await school.until_written("closedlost", "ada")
        outcomes += await school.until_written("closedlost", "bob")
        outcomes += await school.until_written("closedlost", "cleo")
        assert all(isinstance(outcome, Saved) for outcome in outcomes)

    at_school(account, play)
    assert sorted(one["email"] for one in account.records("contacts")) == [
        "bob@example.test",
        "countess@example.test",
    ]
    assert len(account.records("deals")) == 2
    assert {one["dealstage"] for one in account.records("deals")} == {"closedlost"}


def test_an_erased_person_is_refused_alone(account: FakeHubSpot) -> None:
    """HubSpot lets nobody make that address again; the others are written."""

    async def play(school: School) -> None:
        await school.order("closedwon", "ada")
        plan = await school.crm.plan_erasure(["ada@example.test"], school.ids, NEEDS)
        await school.crm.erase(plan)
        outcomes = await school.save([_contact(name, "closedlost") for name in PEOPLE])
        assert [isinstance(outcome, Refused) for outcome in outcomes] == [True, False, False]

    at_school(account, play)


def test_slow_rows_are_written_once_though_nobody_hears_of_it(account: FakeHubSpot) -> None:
    """A call that outlives the time-out is told as timed out, not as an outage: it may have been
    written.
    """
    people = [f"p{number}" for number in range(20)]

    async def play(school: School) -> None:
        await school.order("closedwon", "ada")
        account.set_options(row_latency=0.1)
        with pytest.raises(TimedOut):
            await school.save([_contact(name, "closedwon") for name in people])
        account.set_options(row_latency=0)
        assert all(
            isinstance(outcome, Saved)
            for outcome in await school.save([_contact(name, "closedwon") for name in people])
        )

    at_school(account, play, timeout=1)
    assert len(account.records("contacts")) == 22


@pytest.mark.parametrize("status", [504, 524])
def test_a_time_out_of_hubspots_edge_is_one_too(account: FakeHubSpot, status: int) -> None:
    """What is behind the edge may be writing still."""
    account.script(Fault("status", status=status, body="<html>", applied=True, path="upsert"))

    async def play(school: School) -> None:
        with pytest.raises(ConnectorError) as caught:
            await school.order("closedwon", "ada")
        assert isinstance(caught.value, TimedOut)

    at_school(account, play)
