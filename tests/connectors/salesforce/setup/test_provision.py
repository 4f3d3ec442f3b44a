"""What `provision` plans and makes."""

from __future__ import annotations

from connectors.base import Append, FieldNeed, ObjectNeed, Plan, Report, Saved
from connectors.salesforce import SalesforceConnector
from tests.connectors.salesforce.opening import ADMIN_TOKEN, person, run
from tests.fakes.salesforce import FakeSalesforce

CONTACT = ObjectNeed(
    "contact",
    None,
    {
        "LastName": FieldNeed(),
        "AOM_Registered_At__c": FieldNeed(),
        "Level__c": FieldNeed("choice", frozenset({"Beginner", "Master"})),
        "Topics__c": FieldNeed("choices"),
        "Kinds__c": FieldNeed("choices", frozenset({"Course", "Bundle"})),
        "Score__c": FieldNeed("number"),
        "Active__c": FieldNeed("boolean"),
    },
)
DEAL = ObjectNeed("deal", None, {"Name": FieldNeed()}, links=("contact",))

PLACED = {"policy": "person"}


def plan(fake: FakeSalesforce, *needs: ObjectNeed, token: str | None = ADMIN_TOKEN) -> Plan:
    return run(
        fake, lambda salesforce: salesforce.plan(needs or (CONTACT, DEAL)), provision_token=token
    )


def provision(fake: FakeSalesforce, *needs: ObjectNeed, **settings: object) -> Report:
    async def work(salesforce: SalesforceConnector) -> Report:
        return await salesforce.provision(await salesforce.plan(needs or (CONTACT, DEAL)))

    return run(fake, work, provision_token=ADMIN_TOKEN, **settings)


def test_a_plan_names_what_is_missing_and_makes_nothing(bare: FakeSalesforce) -> None:
    """Fields with their types, then the permission set that shows them to the run-as user."""
    found = plan(bare)
    assert found.blockers == ()
    assert [step.text for step in found.steps] == [
        "create the field Contact.AOM_Key__c: Text(255), External ID, unique",
        "create the field Contact.AOM_Registered_At__c: DateTime",
        "create the field Contact.Level__c: Picklist",
        "create the field Contact.Topics__c: LongTextArea(32768)",
        "create the field Contact.Kinds__c: MultiselectPicklist",
        "create the field Contact.Score__c: Number",
        "create the field Contact.Active__c: Checkbox",
        "create the field Opportunity.AOM_Order_Key__c: Text(255), External ID, unique",
        "create the permission set AOM_Gateway",
        "assign the permission set AOM_Gateway to the run-as user (005000000000001AAA)",
        *(
            f"let the run-as user read and edit Contact.{name}"
            for name in (
                "AOM_Key__c",
                "AOM_Registered_At__c",
                "Level__c",
                "Topics__c",
                "Kinds__c",
                "Score__c",
                "Active__c",
            )
        ),
        "let the run-as user read and edit Opportunity.AOM_Order_Key__c",
    ]
    assert bare.records("PermissionSet") == []


def test_what_is_provisioned_can_be_written(bare: FakeSalesforce) -> None:
    """The run-as user, who is no administrator, writes the new fields, and a second plan is
    empty.
    """
    assert provision(bare, account=PLACED).failed == ()
    record = person(
        Level__c="Beginner",
        Topics__c=Append(("Algebra", "Logic")),
        Kinds__c=Append(("Course",)),
        Score__c=3,
        Active__c=True,
    )
    (outcome,) = run(bare, lambda salesforce: salesforce.upsert("contact", [record]))
    assert isinstance(outcome, Saved)
    assert bare.records("Contact")[0]["Topics__c"] == "Algebra;Logic"
    assert plan(bare, token=None) == Plan()
    assert run(bare, lambda salesforce: salesforce.check([CONTACT]), account=PLACED) == []


def test_repeating_is_harmless(bare: FakeSalesforce) -> None:
    """An old plan carried out again finds everything there."""

    async def work(salesforce: SalesforceConnector) -> tuple[Report, Report]:
        found = await salesforce.plan([CONTACT, DEAL])
        return await salesforce.provision(found), await salesforce.provision(found)

    first, second = run(bare, work, provision_token=ADMIN_TOKEN)
    assert first == second
    assert second.failed == ()
    assert len(bare.records("PermissionSet")) == len(bare.records("PermissionSetAssignment")) == 1


def test_a_field_that_is_there_but_hidden_is_only_shown(fake: FakeSalesforce) -> None:
    """Fields made by an API stay invisible until a permission set shows them."""
    fake.change_field("Contact", "AOM_Id__c", granted=False)
    found = plan(fake, ObjectNeed("contact", None, {"AOM_Id__c": FieldNeed()}))
    assert [step.text for step in found.steps] == [
        "create the permission set AOM_Gateway",
        "assign the permission set AOM_Gateway to the run-as user (005000000000001AAA)",
        "let the run-as user read and edit Contact.AOM_Id__c",
    ]


def test_rights_on_objects_are_granted_with_what_they_depend_on(fake: FakeSalesforce) -> None:
    """Salesforce grants Contact only to who may read Account."""
    fake.grant_object("Contact", granted=False, readable=True)
    need = ObjectNeed("contact", None, {"LastName": FieldNeed()})
    assert [step.text for step in plan(fake, need).steps][2:] == [
        "let the run-as user read Account",
        "let the run-as user read, create and edit Contact",
    ]
    assert provision(fake, need).failed == ()
    assert isinstance(
        run(fake, lambda salesforce: salesforce.upsert("contact", [person()]))[0], Saved
    )


def test_a_user_who_sees_nothing_yet_is_given_all_that_it_needs(bare: FakeSalesforce) -> None:
    """As a fresh integration user is: objects, standard fields and our own, and after that the
    first Contact.
    """
    for name in ("Account", "Contact", "Opportunity"):
        bare.grant_object(name, granted=False)
    for name in ("FirstName", "Email", "AccountId"):
        bare.change_field("Contact", name, granted=False)
    need = ObjectNeed(
        "contact",
        None,
        {name: FieldNeed() for name in ("FirstName", "LastName", "Email", "AOM_Id__c")},
    )
    assert plan(bare, need, DEAL).blockers == ()
    assert provision(bare, need, DEAL, account=PLACED).failed == ()
    record = person(FirstName="Ada", AOM_Id__c="3")
    (outcome,) = run(
        bare, lambda salesforce: salesforce.upsert("contact", [record]), account=PLACED
    )
    assert isinstance(outcome, Saved)
    assert bare.records("Contact")[0]["FirstName"] == "Ada"


def test_a_key_that_cant_be_used_blocks(fake: FakeSalesforce) -> None:
    """It exists, is not unique, and only a person can change that."""
    fake.change_field("Contact", "AOM_Key__c", unique=False)
    (blocker,) = plan(fake, ObjectNeed("contact", None, {})).blockers
    assert blocker.where == "Contact.AOM_Key__c"
    assert blocker.remedy.endswith("AOM_Key__c → Edit: External ID and Unique")


def test_standard_fields_and_objects_are_not_made(fake: FakeSalesforce) -> None:
    """What does not end in __c comes from Salesforce or from a slip in the mapping; objects are for
    a person to make.
    """
    found = plan(
        fake,
        ObjectNeed("contact", None, {"Firstname": FieldNeed(places=("accounts.Firstname",))}),
        ObjectNeed("Course__c", None, {}),
    )
    assert found.steps == ()
    assert [blocker.where for blocker in found.blockers] == ["accounts.Firstname", "Course__c"]


def test_a_missing_lookup_is_made(fake: FakeSalesforce) -> None:
    """So that a link has something to stand in."""
    fake.add_object("Enrollment__c", "a00")
    needs = (CONTACT, ObjectNeed("Enrollment__c", None, {}, links=("contact",)))
    assert provision(fake, *needs).failed == ()
    assert run(fake, lambda salesforce: salesforce.check(needs), account=PLACED) == []


def test_who_is_no_administrator_is_told_so(bare: FakeSalesforce) -> None:
    """The run-as user may not make fields; the blocker says what helps."""
    found = plan(bare, token=None)
    assert found.steps == ()
    (blocker,) = found.blockers
    assert "provision_token" in blocker.remedy


def test_a_step_that_fails_stops_no_other(bare: FakeSalesforce) -> None:
    """The report has both, in the plan's order."""
    bare.fault(
        "POST /tooling/sobjects/CustomField",
        skip=1,
        status=400,
        body=[{"errorCode": "FIELD_INTEGRITY_EXCEPTION", "message": "too many custom fields"}],
    )
    report = provision(bare)
    assert report.failed[0].where == "create the field Contact.AOM_Registered_At__c: DateTime"
    assert report.failed[0].message == "FIELD_INTEGRITY_EXCEPTION: too many custom fields"
    assert (
        "create the field Opportunity.AOM_Order_Key__c: Text(255), External ID, unique"
        in report.done
    )


def test_a_picklist_that_grows_takes_any_option(bare: FakeSalesforce) -> None:
    """It begins with one, since Salesforce makes none without, and is not restricted to it."""
    grown = FieldNeed("choices", places=("routes[0]",), grows=True)
    need = ObjectNeed("contact", None, {"LastName": FieldNeed(), "Courses__c": grown})
    assert "create the field Contact.Courses__c: MultiselectPicklist" in [
        step.text for step in plan(bare, need).steps
    ]
    assert not provision(bare, need).failed
    assert not plan(bare, need).steps

    async def use(salesforce: SalesforceConnector) -> None:
        assert await salesforce.grow("contact", {"Courses__c": ["Algebra"]}) == []
        record = person(Courses__c=Append(("Algebra",), grow=True))
        (saved,) = await salesforce.upsert("contact", [record])
        assert isinstance(saved, Saved)

    run(bare, use)
    assert bare.records("Contact")[0]["Courses__c"] == "Algebra"
