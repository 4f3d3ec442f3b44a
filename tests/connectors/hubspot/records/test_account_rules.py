"""Rules that an admin has made: what they refuse waits, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import BatchRefused, Misconfigured, Outcome, Record, Retry, Saved
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot.opening import contact, deal, ids, on, upsert
from tests.fakes.hubspot import FakeHubSpot, Fault

START = datetime(2026, 11, 24, tzinfo=UTC)
PHONE = "+1 202 555 0100"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def held(outcomes: Sequence[Outcome]) -> list[bool]:
    """Which outcomes a rule holds back."""
    return [isinstance(outcome, Retry) and outcome.rule is not None for outcome in outcomes]


def rule_of(outcomes: Sequence[Outcome]) -> str:
    """The one rule that all of them name which wait."""
    (rule,) = {outcome.rule for outcome in outcomes if isinstance(outcome, Retry)}
    assert rule is not None
    return rule


@pytest.mark.parametrize("cost", ["record", "batch"])
def test_a_required_property_holds_back_new_records_alone(hubspot: FakeHubSpot, cost: str) -> None:
    """Whether a broken rule costs HubSpot's whole batch or not: who is there already, or has the
    property, is written.
    """
    upsert(hubspot, contact("known"))
    hubspot.set_options(rule_faults=cost)
    hubspot.required("contacts", "phone")
    outcomes = upsert(
        hubspot, contact("known"), contact("new"), contact("full", phone=PHONE), contact("other")
    )
    assert held(outcomes) == [False, True, False, True]
    assert isinstance(outcomes[0], Saved)
    assert isinstance(outcomes[2], Saved)
    assert hubspot.calls("upsert", status=400) == (1 if cost == "batch" else 0)


def test_the_rule_is_told_in_the_same_words_to_all(hubspot: FakeHubSpot) -> None:
    """It names the property that the account demands, that the mapping lacks it, and both ways to
    go on.
    """
    hubspot.required("contacts", "phone")
    rule = rule_of(upsert(hubspot, contact("a"), contact("b")))
    assert (
        "the account demands phone of new contacts, and no line of the mapping gives it a value"
        in rule
    )
    assert "write fields.phone in the mapping" in rule
    assert "Settings → Objects → Contacts" in rule


def test_earlier_versions_know_no_such_rules(hubspot: FakeHubSpot) -> None:
    """The way back: HubSpot enforces them from 2026-09 on."""
    hubspot.required("contacts", "phone")
    for version in ("v3", "2026-03"):
        assert isinstance(upsert(hubspot, contact(version), api_version=version)[0], Saved)
    assert held(upsert(hubspot, contact("new"), api_version="2026-09")) == [True]


@pytest.mark.parametrize("cost", ["record", "batch"])
def test_a_rule_is_asked_about_now_and_then(hubspot: FakeHubSpot, cost: str) -> None:
    """A hundred learners, one a second, are no hundred refusals: the rule is tried again every
    quarter of a minute.
    """
    clock = Clock()
    hubspot.set_options(rule_faults=cost)
    hubspot.required("contacts", "phone")

    async def use(crm: HubSpotConnector) -> None:
        for number in range(100):
            assert held(await crm.upsert("contact", [contact(f"c{number}")])) == [True]
            clock.pass_by(seconds=1)

    on(hubspot, use, now=clock)
    assert hubspot.calls("upsert") == 7
    assert hubspot.records("contacts") == []


def test_a_rule_that_is_lifted_is_noticed(hubspot: FakeHubSpot) -> None:
    """The next trial goes through, and with it everything that waits."""
    clock = Clock()
    hubspot.required("contacts", "phone")
    people = [contact(f"c{n}") for n in range(10)]

    async def use(crm: HubSpotConnector) -> None:
        assert all(held(await crm.upsert("contact", people)))
        hubspot.lift_rules("contacts")
        assert all(held(await crm.upsert("contact", people)))
        clock.pass_by(seconds=16)
        assert not any(held(await crm.upsert("contact", people[:5])))
        assert not any(held(await crm.upsert("contact", people[5:])))

    on(hubspot, use, now=clock)
    assert len(hubspot.records("contacts")) == 10


def test_a_rule_is_forgotten_after_minutes(hubspot: FakeHubSpot) -> None:
    """Nobody was refused for a while: the next one asks HubSpot, whatever was remembered."""
    clock = Clock()
    hubspot.required("contacts", "phone")

    async def use(crm: HubSpotConnector) -> None:
        await crm.upsert("contact", [contact("a")])
        hubspot.lift_rules("contacts")
        clock.pass_by(minutes=6)
        assert held(await crm.upsert("contact", [contact("b")])) == [False]

    on(hubspot, use, now=clock)


def test_a_mapping_that_gives_the_property_goes_on_at_once(hubspot: FakeHubSpot) -> None:
    """No waiting for what is remembered: the rule no longer concerns the record."""
    hubspot.required("contacts", "phone")

    async def use(crm: HubSpotConnector) -> None:
        assert held(await crm.upsert("contact", [contact("ada")])) == [True]
        assert held(await crm.upsert("contact", [contact("ada", phone=PHONE)])) == [False]

    on(hubspot, use)


@pytest.mark.parametrize("cost", ["record", "batch"])
def test_a_rule_of_a_stage_holds_back_that_stage_alone(hubspot: FakeHubSpot, cost: str) -> None:
    """Orders that are lost need a reason: those that are won, and a deal where people gave one, are
    written.
    """
    hubspot.define("deals", "closed_lost_reason")
    first = ids(upsert(hubspot, *(deal(n) for n in range(3))))
    hubspot.edit("deals", first[1], closed_lost_reason="too dear")
    hubspot.set_options(rule_faults=cost)
    hubspot.required_if("deals", "dealstage", "closedlost", "closed_lost_reason")
    lost = [
        Record("deal", f"springfield-{n}", deal(n, dealstage="closedlost").fields, id=first[n])
        for n in (0, 1)
    ]
    other = Record("deal", "springfield-2", {"amount": "5"}, id=first[2])

    async def use(crm: HubSpotConnector) -> list[Outcome]:
        outcomes = list(await crm.upsert("deal", [*lost, other]))
        return outcomes + list(await crm.upsert("deal", [deal(4), deal(5, dealstage="closedlost")]))

    outcomes = on(hubspot, use)
    assert held(outcomes) == [True, False, False, False, True]
    assert "demands closed_lost_reason of deals in the stage closedlost" in rule_of(outcomes)
    assert "Settings → Objects → Deals → Pipelines" in rule_of(outcomes)


def test_a_batch_of_two_stages_is_split_by_the_gateway(hubspot: FakeHubSpot) -> None:
    """Refused as a whole for a stage that could be either of two, it is taken apart until the stage
    is known.
    """
    hubspot.define("deals", "closed_lost_reason")
    hubspot.set_options(rule_faults="batch")
    hubspot.required_if("deals", "dealstage", "closedlost", "closed_lost_reason")
    with pytest.raises(BatchRefused):
        upsert(hubspot, deal(1), deal(2, dealstage="closedlost"))
    assert held(upsert(hubspot, deal(1))) == [False]
    assert held(upsert(hubspot, deal(2, dealstage="closedlost"))) == [True]


def test_a_token_that_may_not_look_holds_back_all_that_may_be_concerned(
    hubspot: FakeHubSpot,
) -> None:
    """Where a whole batch is refused and records can't be read, they wait; alone each of them shows
    what it is.
    """
    upsert(hubspot, contact("known"))
    hubspot.set_options(rule_faults="batch")
    hubspot.required("contacts", "phone")
    body = '{"status":"error","category":"MISSING_SCOPES","message":"no"}'
    hubspot.script(Fault("status", status=403, body=body, path="batch/read"))
    assert held(upsert(hubspot, contact("known"), contact("new"))) == [True, True]
    assert held(upsert(hubspot, contact("known"))) == [False]


def test_a_read_only_property_is_misconfigured(hubspot: FakeHubSpot) -> None:
    """The same for every record: the connector pauses, and names the property."""
    hubspot.portal.objects["contacts"].properties["city"].read_only = True
    with pytest.raises(Misconfigured, match="lets nobody write the property 'city'"):
        upsert(hubspot, contact("ada", city="Springfield"), contact("bob", city="Shelbyville"))
