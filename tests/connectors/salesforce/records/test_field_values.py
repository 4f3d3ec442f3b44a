"""How values are written, field by field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Append, Refused, Saved, Value
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import Clock, ids, order, person, run
from tests.fakes.salesforce import FakeSalesforce

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("string", "Ada", "Ada"),
        ("string", 3, "3"),
        ("string", True, "true"),
        ("string", Decimal("110.00"), "110.00"),
        ("string", date(2020, 8, 11), "2020-08-11"),
        ("string", datetime(2020, 8, 11, 16, 58, tzinfo=UTC), "2020-08-11T16:58:00+00:00"),
        ("boolean", True, True),
        ("boolean", "No", False),
        ("double", 3, 3),
        ("double", "3.5", 3.5),
        ("currency", Decimal("110.00"), 110),
        ("currency", Decimal("110.10"), 110.1),
        ("percent", Decimal("-0.5"), -0.5),
        ("int", "7", 7),
        ("date", date(2020, 8, 11), "2020-08-11"),
        ("date", datetime(2020, 8, 11, 23, 58, tzinfo=NEW_YORK), "2020-08-11"),
        ("date", "2020-08-11", "2020-08-11"),
        ("date", "2020-08-11T23:58:00-04:00", "2020-08-11"),
        ("datetime", datetime(2020, 8, 11, 23, 58, tzinfo=NEW_YORK), "2020-08-12T03:58:00.000Z"),
        ("datetime", date(2020, 8, 11), "2020-08-11T00:00:00.000Z"),
        ("datetime", "2020-08-11T16:58:00+02:00", "2020-08-11T14:58:00.000Z"),
        ("phone", "+1 555 0100", "+1 555 0100"),
        ("email", "Ada@Example.test", "ada@example.test"),
    ],
)
def test_a_value_is_written_as_its_field_wants_it(
    fake: FakeSalesforce, kind: str, value: Value, written: object
) -> None:
    """Whatever the mapping gives, the fake, which is strict about JSON types, takes what the
    connector makes of it.
    """
    fake.add_field("Contact", name="Field__c", type=kind)
    assert (
        len(
            ids(
                run(fake, lambda salesforce: salesforce.upsert("contact", [person(Field__c=value)]))
            )
        )
        == 1
    )
    assert fake.records("Contact")[0]["Field__c"] == written


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("double", "three", "'three' is no number"),
        ("double", Decimal("NaN"), "no number that Salesforce can hold"),
        ("double", Decimal("1E+999999999"), "no number that Salesforce can hold"),
        ("int", True, "'true' is no number"),
        ("boolean", "perhaps", "'perhaps' is neither true nor false"),
        ("date", "11.8.2020", "'11.8.2020' is no date"),
        ("datetime", "2020-08-11T16:58:00", "has no time zone"),
        ("datetime", 3, "'3' is no date"),
    ],
)
def test_a_value_that_a_field_cant_hold_is_refused_alone(
    fake: FakeSalesforce, kind: str, value: Value, words: str
) -> None:
    """It never reaches Salesforce, where it might sink the whole call; the others of the batch are
    written.
    """
    fake.add_field("Contact", name="Field__c", type=kind)
    batch = [person("bad@example.test", Field__c=value), person()]
    refused, saved = run(fake, lambda salesforce: salesforce.upsert("contact", batch))
    assert isinstance(refused, Refused)
    assert words in refused.message
    assert refused.field == "Field__c"
    assert isinstance(saved, Saved)


def test_an_empty_text_clears_a_field(fake: FakeSalesforce) -> None:
    """`""` is written on purpose; what is absent is left alone."""
    run(
        fake,
        lambda salesforce: salesforce.upsert("contact", [person(FirstName="Ada", AOM_Id__c="3")]),
    )
    run(fake, lambda salesforce: salesforce.upsert("contact", [person(AOM_Id__c="")]))
    (row,) = fake.records("Contact")
    assert (row["AOM_Id__c"], row["FirstName"]) == (None, "Ada")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("x" * 200, "x" * 119 + "…"), ("😀" * 100, "😀" * 59 + "…"), ("x" * 120, "x" * 120)],
    ids=["letters", "beyond the basic plane", "just fits"],
)
def test_long_text_is_cut_and_said_so(fake: FakeSalesforce, text: str, kept: str) -> None:
    """To the length that the org states, counted as Salesforce counts; the note is for the
    operator.
    """
    (outcome,) = run(fake, lambda salesforce: salesforce.upsert("deal", [order(Name=text)]))
    assert isinstance(outcome, Saved)
    assert outcome.notes == (("Name was cut to 120 characters",) if kept != text else ())
    assert fake.records("Opportunity")[0]["Name"] == kept


def test_addresses_are_never_cut(fake: FakeSalesforce) -> None:
    """A cut e-mail is somebody else's: Salesforce refuses the row instead."""
    (outcome,) = run(
        fake, lambda salesforce: salesforce.upsert("contact", [person("x" * 80 + "@example.test")])
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.field) == ("STRING_TOO_LONG", "Email")


@pytest.mark.parametrize("stage", ["closed won", "Closed Won", " CLOSED WON "])
def test_options_are_known_whatever_their_case(fake: FakeSalesforce, stage: str) -> None:
    """The org's own spelling is written."""
    run(fake, lambda salesforce: salesforce.upsert("deal", [order(StageName=stage)]))
    assert fake.records("Opportunity")[0]["StageName"] == "Closed Won"


def test_an_unknown_stage_is_refused_with_the_known_ones(fake: FakeSalesforce) -> None:
    """Salesforce would take any StageName, and its reports would know none of it."""
    refused, saved = run(
        fake,
        lambda salesforce: salesforce.upsert(
            "deal", [order(StageName="Won"), order("springfield-20")]
        ),
    )
    assert isinstance(refused, Refused)
    assert "'Won' is no option" in refused.message
    assert "Closed Won, Closed Lost" in refused.message
    assert isinstance(saved, Saved)


def test_a_new_option_is_seen_within_a_minute(fake: FakeSalesforce) -> None:
    """Before a record is refused for its option the org is asked again."""
    clock = Clock()

    async def work(salesforce: SalesforceConnector) -> None:
        assert isinstance((await salesforce.upsert("deal", [order(StageName="Trial")]))[0], Refused)
        fake.change_field("Opportunity", "StageName", options=["Trial"])
        clock.time += timedelta(minutes=1)
        assert isinstance((await salesforce.upsert("deal", [order(StageName="Trial")]))[0], Saved)

    run(fake, work, clock=clock)


def test_restricted_picklists_are_checked(fake: FakeSalesforce) -> None:
    """Of one option or several."""
    fake.add_field(
        "Contact", name="Level__c", type="picklist", restricted=True, options=["Beginner", "Master"]
    )
    fake.add_field(
        "Contact",
        name="Topics__c",
        type="multipicklist",
        restricted=True,
        options=["Algebra", "Logic"],
    )
    batch = [
        person("a@example.test", Level__c="master", Topics__c="logic;Algebra"),
        person("b@example.test", Level__c="Expert"),
        person("c@example.test", Topics__c="Logic;Poetry"),
    ]
    outcomes = run(fake, lambda salesforce: salesforce.upsert("contact", batch))
    assert [type(outcome) for outcome in outcomes] == [Saved, Refused, Refused]
    (row,) = fake.records("Contact")
    assert (row["Level__c"], row["Topics__c"]) == ("Master", "Logic;Algebra")


def test_options_are_appended_to_those_that_are_there(fake: FakeSalesforce) -> None:
    """For known, claimed and new people alike; a picklist of one option takes the last."""
    fake.add_field("Contact", name="Topics__c", type="multipicklist")
    fake.add_field("Contact", name="Level__c", type="picklist")
    known = fake.seed(
        "Contact",
        LastName="K",
        Email="known@example.test",
        AOM_Key__c="known@example.test",
        Topics__c="Algebra;Sets",
    )
    fake.seed("Contact", LastName="C", Email="claimed@example.test", Topics__c="Algebra")
    fake.seed(
        "Contact",
        LastName="L",
        Email="lost@example.test",
        AOM_Key__c="lost@example.test",
        Topics__c="Sets",
    )
    topics, level = Append(("Logic", "Algebra")), Append(("One", "Two"))
    batch = [
        person(
            f"{name}@example.test",
            known if name == "known" else None,
            Topics__c=topics,
            Level__c=level,
        )
        for name in ("known", "claimed", "lost", "new")
    ]
    ids(run(fake, lambda salesforce: salesforce.upsert("contact", batch)))
    written = {
        row["AOM_Key__c"].partition("@")[0]: row["Topics__c"] for row in fake.records("Contact")
    }
    assert written == {
        "known": "Algebra;Sets;Logic",
        "claimed": "Algebra;Logic",
        "lost": "Sets;Logic;Algebra",
        "new": "Logic;Algebra",
    }
    assert {row["Level__c"] for row in fake.records("Contact")} == {"Two"}


def test_the_currency_is_left_out_where_the_org_has_one(fake: FakeSalesforce) -> None:
    """And said so of each currency once, as an amount in another currency would be taken for the
    org's.
    """
    codes = ("EUR", "EUR", "USD", "EUR")
    batch = [
        order(f"springfield-{number}", CurrencyIsoCode=code) for number, code in enumerate(codes)
    ]
    outcomes = run(fake, lambda salesforce: salesforce.upsert("deal", batch))
    assert [outcome.notes for outcome in outcomes if isinstance(outcome, Saved)] == [
        ("CurrencyIsoCode EUR is left out, here and in all others: the org has one currency",),
        (),
        ("CurrencyIsoCode USD is left out, here and in all others: the org has one currency",),
        (),
    ]


def test_the_currency_is_written_where_the_org_has_several(fake: FakeSalesforce) -> None:
    """One that the org does not have is refused: the amount would be wrong without it."""
    fake.add_field(
        "Opportunity",
        name="CurrencyIsoCode",
        type="picklist",
        restricted=True,
        options=["USD", "EUR"],
    )
    outcomes = run(
        fake,
        lambda salesforce: salesforce.upsert(
            "deal", [order(CurrencyIsoCode="EUR"), order("springfield-20", CurrencyIsoCode="CHF")]
        ),
    )
    assert [type(outcome) for outcome in outcomes] == [Saved, Refused]
    assert fake.records("Opportunity")[0]["CurrencyIsoCode"] == "EUR"


@pytest.mark.parametrize(("setting", "name"), [(None, "ada"), ("Unknown", "Unknown")])
def test_a_missing_last_name_is_made_up_for_new_people(
    fake: FakeSalesforce, setting: str | None, name: str
) -> None:
    """Contact needs one: the e-mail's local part, or what the settings say; the note tells."""
    batch = [person(LastName=""), person("grace@example.test")]
    outcome, _ = run(
        fake, lambda salesforce: salesforce.upsert("contact", batch), last_name=setting
    )
    assert isinstance(outcome, Saved)
    assert outcome.notes == (f"there is no last name; {name!r} was taken",)
    assert sorted(row["LastName"] for row in fake.records("Contact")) == sorted(["Lovelace", name])


def test_a_made_up_last_name_never_replaces_a_real_one(fake: FakeSalesforce) -> None:
    """Who has a last name in Salesforce keeps it, also if the gateway does not know that."""
    fake.seed(
        "Contact", LastName="King", Email="changed@example.test", AOM_Key__c="ada@example.test"
    )
    record = person()
    nameless = type(record)(record.object, record.key, {"FirstName": "Ada"})
    assert len(ids(run(fake, lambda salesforce: salesforce.upsert("contact", [nameless])))) == 1
    (row,) = fake.records("Contact")
    assert (row["FirstName"], row["LastName"]) == ("Ada", "King")
