"""The objects and fields of a fresh org, as far as the gateway touches them, and what the gateway's
standard mapping adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEXT_TYPES = {
    "string",
    "textarea",
    "email",
    "phone",
    "url",
    "picklist",
    "multipicklist",
    "encryptedstring",
    "combobox",
}
NUMBER_TYPES = {"double", "currency", "percent", "int"}

STAGES = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Id. Decision Makers",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
)


@dataclass
class Field:
    """`granted` is False for a field that nobody sees until a permission set shows it, as for all
    that the API creates.
    """

    name: str
    type: str = "string"
    length: int = 0
    required: bool = False
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    createable: bool = True
    updateable: bool = True
    restricted: bool = False
    options: tuple[str, ...] = ()
    reference_to: str | None = None
    relationship: str | None = None
    default: Any = None
    granted: bool = True
    label: str = ""

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def indexed(self) -> bool:
        return self.unique or self.external_id or self.id_lookup

    def describe(self, *, writable: bool) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label or self.name.removesuffix("__c").replace("_", " "),
            "type": self.type,
            "length": self.length,
            "custom": self.custom,
            "nillable": not self.required,
            "createable": self.createable and writable,
            "updateable": self.updateable and writable,
            "defaultedOnCreate": self.default is not None,
            "unique": self.unique,
            "externalId": self.external_id,
            "idLookup": self.id_lookup or self.external_id,
            "caseSensitive": False,
            "permissionable": not self.required,
            "restrictedPicklist": self.restricted,
            "picklistValues": [
                {"value": option, "label": option, "active": True, "defaultValue": False}
                for option in self.options
            ],
            "referenceTo": [self.reference_to] if self.reference_to else [],
            "relationshipName": self.relationship,
        }


@dataclass
class SObject:
    """`granted` as in Field; one that is not may be `readable` still.

    Setup objects can be written by an administrator alone.
    """

    name: str
    prefix: str
    fields: dict[str, Field]
    granted: bool = True
    readable: bool = True
    setup: bool = False


def text(name: str, length: int = 255, **more: Any) -> Field:
    return Field(name, "string", length, **more)


def reference(name: str, to: str, **more: Any) -> Field:
    return Field(
        name, "reference", 18, reference_to=to, relationship=name.removesuffix("Id"), **more
    )


def picklist(name: str, *options: str, **more: Any) -> Field:
    return Field(name, "picklist", 255, options=options, **more)


def _object(name: str, prefix: str, *fields: Field, setup: bool = False) -> SObject:
    system = (
        Field("Id", "id", 18, createable=False, updateable=False, default=""),
        Field("CreatedDate", "datetime", createable=False, updateable=False, default=""),
        Field("IsDeleted", "boolean", createable=False, updateable=False, default=False),
        Field("OwnerId", "reference", 18, reference_to="User", relationship="Owner", default=""),
    )
    return SObject(name, prefix, {each.name: each for each in (*system, *fields)}, setup=setup)


def fresh() -> dict[str, SObject]:
    """Make the objects of an org that knows nothing of the gateway."""
    return {each.name: each for each in (*_sales(), *_setup())}


def _sales() -> list[SObject]:
    email = Field("Email", "email", 80, id_lookup=True)
    return [
        _object("Account", "001", text("Name", required=True)),
        _object("Organization", "00D", text("Name"), text("DefaultAccountAccess")),
        _object(
            "Contact",
            "003",
            text("FirstName", 40),
            text("LastName", 80, required=True),
            email,
            Field("Phone", "phone", 40),
            Field("Birthdate", "date"),
            Field("Description", "textarea", 32000),
            Field("HasOptedOutOfEmail", "boolean", default=False),
            picklist("LeadSource", "Web", "Phone Inquiry", "Other"),
            reference("AccountId", "Account"),
        ),
        _object(
            "Lead",
            "00Q",
            text("FirstName", 40),
            text("LastName", 80, required=True),
            text("Company", required=True),
            Field("Email", "email", 80, id_lookup=True),
            Field("IsConverted", "boolean", createable=False, updateable=False, default=False),
        ),
        _object(
            "Opportunity",
            "006",
            text("Name", 120, required=True),
            picklist("StageName", *STAGES, required=True),
            Field("CloseDate", "date", required=True),
            Field("Amount", "currency"),
            Field("Description", "textarea", 32000),
            reference("AccountId", "Account"),
            reference("ContactId", "Contact", updateable=False),
        ),
        _object(
            "OpportunityContactRole",
            "00K",
            reference("OpportunityId", "Opportunity", required=True, updateable=False),
            reference("ContactId", "Contact", required=True),
            Field("IsPrimary", "boolean", default=False),
            picklist("Role", "Business User", "Decision Maker", "Evaluator"),
        ),
        _object("UserLicense", "100", text("Name")),
        _object("Profile", "00e", text("Name"), reference("UserLicenseId", "UserLicense")),
        _object(
            "User",
            "005",
            text("Username", 80),
            text("Name", 120),
            reference("ProfileId", "Profile"),
        ),
    ]


def _setup() -> list[SObject]:
    return [
        _object(
            "PermissionSet",
            "0PS",
            text("Name", 80, required=True, unique=True),
            text("Label", 80, required=True),
            setup=True,
        ),
        _object(
            "ObjectPermissions",
            "110",
            reference("ParentId", "PermissionSet", required=True, updateable=False),
            text("SobjectType", required=True),
            *(
                Field(f"Permissions{right}", "boolean", default=False)
                for right in (
                    "Create",
                    "Read",
                    "Edit",
                    "Delete",
                    "ViewAllRecords",
                    "ModifyAllRecords",
                )
            ),
            setup=True,
        ),
        _object(
            "FieldPermissions",
            "01k",
            reference("ParentId", "PermissionSet", required=True, updateable=False),
            text("SobjectType", required=True),
            text("Field", required=True),
            *(Field(f"Permissions{right}", "boolean", default=False) for right in ("Read", "Edit")),
            setup=True,
        ),
        _object(
            "PermissionSetLicense",
            "0PL",
            text("DeveloperName"),
            text("MasterLabel"),
            setup=True,
        ),
        _object(
            "PermissionSetLicenseAssign",
            "2LA",
            reference(
                "PermissionSetLicenseId", "PermissionSetLicense", required=True, updateable=False
            ),
            reference("AssigneeId", "User", required=True, updateable=False),
            setup=True,
        ),
        _object(
            "PermissionSetAssignment",
            "0Pa",
            reference("PermissionSetId", "PermissionSet", required=True, updateable=False),
            reference("AssigneeId", "User", required=True, updateable=False),
            setup=True,
        ),
    ]


def wanted() -> dict[str, list[Field]]:
    """List the fields that the gateway's standard mapping and its account policy want in an org, by
    object.
    """
    return {
        "Account": [text("AOM_Key__c", unique=True, external_id=True)],
        "Contact": [
            text("AOM_Key__c", unique=True, external_id=True),
            text("AOM_Id__c"),
            Field("AOM_Registered_At__c", "datetime"),
            text("AOM_Last_Activity__c"),
            Field("AOM_Last_Activity_At__c", "datetime"),
            text("AOM_Last_Course__c"),
            text("AOM_Last_Grade__c"),
            text("AOM_Site__c"),
            Field("AOM_Lifecycle__c", "picklist", 255, options=("customer", "lead")),
            Field("AOM_Courses__c", "multipicklist", options=("Other",)),
            text("AOM_Last_Course_Id__c"),
            text("AOM_Last_Announcement__c"),
            Field("AOM_Last_Announcement_At__c", "datetime"),
            Field("AOM_Order_Count__c", "double"),
            Field("AOM_Revenue__c", "double"),
            Field("AOM_Average_Order__c", "double"),
            Field("AOM_First_Order_At__c", "datetime"),
            Field("AOM_Last_Order_At__c", "datetime"),
            Field("AOM_Course_Count__c", "double"),
            Field("AOM_Quiz_Count__c", "double"),
            Field("AOM_Assignment_Count__c", "double"),
            Field("AOM_Discussion_Count__c", "double"),
            Field("AOM_First_Seen_At__c", "datetime"),
        ],
        "Opportunity": [
            text("AOM_Order_Key__c", unique=True, external_id=True),
            text("AOM_Order_Status__c"),
            text("AOM_Order_Id__c"),
            Field("AOM_Refunded__c", "boolean", default=False),
            text("AOM_Products__c"),
            Field("AOM_Quantity__c", "double"),
            Field("AOM_Sub_Total__c", "double"),
            text("AOM_Coupons__c"),
            text("AOM_Payment_Method__c"),
            text("AOM_Payment_Ref__c"),
            text("AOM_Billing_City__c"),
            text("AOM_Billing_Country__c"),
        ],
    }


def provisioned() -> dict[str, SObject]:
    """Make the objects of an org that is set up for the gateway's standard mapping."""
    objects = fresh()
    for name, fields in wanted().items():
        objects[name].fields |= {each.name: each for each in fields}
    return objects
