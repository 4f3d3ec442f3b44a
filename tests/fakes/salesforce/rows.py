"""Judges and writes rows as Salesforce does: columns and JSON types, rights, lengths, required and
unique fields, parents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce.automation import check_taken
from tests.fakes.salesforce.org import RowError
from tests.fakes.salesforce.schema import NUMBER_TYPES, TEXT_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.salesforce.org import Org, Row, User
    from tests.fakes.salesforce.schema import Field

EMAIL = re.compile(r"[^\s@,;<>()]+@[^\s@,;<>()]+\.[^\s@,;<>()]+")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
JSON_KINDS: dict[type, str] = {
    bool: "VALUE_TRUE",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    list: "START_ARRAY",
}
ID = re.compile(r"[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?")
UNIQUE_TOGETHER = {
    "ObjectPermissions": ("ParentId", "SobjectType"),
    "FieldPermissions": ("ParentId", "Field"),
    "PermissionSetAssignment": ("PermissionSetId", "AssigneeId"),
}
NOT_WRITABLE = (
    "Unable to create/update fields: {}. Please check the security settings of this field "
    "and verify that it is read/write "
    "for your profile or permission set."
)


@dataclass(frozen=True, slots=True)
class Writer:
    """One user's writing of one object."""

    org: Org
    user: User
    object: str
    allow_duplicates: bool = False  # Sforce-Duplicate-Rule-Header: allowSave=true

    def parse(self, body: Mapping[str, Any]) -> Row:
        """Read a row's columns. Raises RowError for what Salesforce can't make sense of."""
        seen, values = self.org.fields(self.user, self.object), {}
        for name, value in body.items():
            if name in ("attributes", "id", "Id"):
                continue
            if isinstance(value, dict):
                values[name] = value
            elif name not in seen:
                raise RowError(
                    "INVALID_FIELD", f"No such column '{name}' on sobject of type {self.object}"
                )
            else:
                values[name] = _typed(seen[name], value)
        return values

    def create(self, parsed: Row) -> str:
        values = self._judged(parsed, None)
        if not self.org.may(self.user, self.object, "Create"):
            raise RowError(
                "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"
            )
        self._check_licence(values)
        if self.org.options.storage_full:
            raise RowError("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
        id_ = self.org.insert(self.object, values)
        self._after(id_)
        return id_

    def update(self, id: str, parsed: Row) -> str:
        found = self.org.row(id)
        if found is None or found[0] != self.object:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        _, row = found
        if row["IsDeleted"]:
            raise RowError("ENTITY_IS_DELETED", "entity is deleted")
        if not self.org.may(self.user, self.object, "Edit") or row.get("_read_only"):
            raise RowError(
                "INSUFFICIENT_ACCESS_OR_READONLY",
                f"insufficient access rights on object id: {row['Id']}",
            )
        self.org.update(self.object, row["Id"], self._judged(parsed, row))
        self._after(row["Id"])
        return str(row["Id"])

    def _judged(self, parsed: Row, old: Row | None) -> Row:
        values = self._resolved(parsed)
        fields = self.org.objects[self.object].fields
        self._check_rights(values, fields, old)
        self._check_required(values, fields, old)
        for name, value in values.items():
            _check_value(fields[name], value)
            self._check_parent(fields[name], value)
        values = {
            name: value.lower() if fields[name].type == "email" and value else value
            for name, value in values.items()
        }
        self._check_lock(values, old)
        check_taken(self.org, values)
        self._check_unique(values, fields, old)
        self._check_rules(values, old)
        return values

    def _resolved(self, parsed: Row) -> Row:
        """Replace parents that are named by an external id with their ids."""
        values = dict(parsed)
        for name, parent in parsed.items():
            if isinstance(parent, dict):
                field = self._reference(name)
                values.pop(name)
                values[field.name] = self._parent(field, parent)
        return values

    def _reference(self, relationship: str) -> Field:
        for each in self.org.fields(self.user, self.object).values():
            if each.relationship == relationship:
                return each
        raise RowError(
            "INVALID_FIELD", f"No such column '{relationship}' on sobject of type {self.object}"
        )

    def _parent(self, field: Field, parent: Row) -> str:
        target = str(field.reference_to)
        keys = {name: value for name, value in parent.items() if name != "attributes"}
        if len(keys) != 1 or next(iter(keys.values())) in (None, ""):
            raise RowError(
                "INVALID_FIELD", f"The external id of {field.relationship} must not be blank"
            )
        ((name, value),) = keys.items()
        seen = self.org.fields(self.user, target)
        if name not in seen or not seen[name].indexed:
            raise RowError(
                "INVALID_FIELD",
                f"Field name provided, {name}, does not match an External ID field for {target}",
            )
        found = self.org.find(target, name, value, self.user)
        if len(found) != 1:
            raise RowError(
                "INVALID_FIELD",
                f"Foreign key external ID: {value} not found for field {name} in entity {target}",
            )
        return found[0]

    def _check_rights(self, values: Row, fields: Mapping[str, Field], old: Row | None) -> None:
        wrong = [
            name
            for name in values
            if not (fields[name].createable if old is None else fields[name].updateable)
            or not self.org.edits(self.user, self.object, name)
        ]
        if wrong:
            raise RowError(
                "INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITABLE.format(", ".join(wrong)), *wrong
            )

    def _check_required(self, values: Row, fields: Mapping[str, Field], old: Row | None) -> None:
        missing = [
            name
            for name, each in fields.items()
            if each.required
            and each.default is None
            and values.get(name, None if old is None else old.get(name)) in (None, "")
        ]
        if missing:
            raise RowError(
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                *missing,
            )

    def _check_parent(self, field: Field, value: Any) -> None:
        if field.type != "reference" or not value:
            return
        found = self.org.row(value)
        if found is None or found[0] != field.reference_to:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
        if found[1]["IsDeleted"]:
            raise RowError("ENTITY_IS_DELETED", "entity is deleted", field.name)

    def _check_lock(self, values: Row, old: Row | None) -> None:
        if self.org.locked(*values.values(), *(old or {}).values()):
            raise RowError(
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record or 1 records: 001000000000009AAA",
            )

    def _check_unique(self, values: Row, fields: Mapping[str, Field], old: Row | None) -> None:
        for name, value in values.items():
            others = self.org.find(self.object, name, value) if fields[name].unique else []
            if others and others != [old and old["Id"]]:
                raise RowError(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {name} duplicates value on record with id: "
                    f"{others[0]}",
                    name,
                )
        same = UNIQUE_TOGETHER.get(self.object, ())
        twins = (
            row
            for row in self.org.alive(self.object)
            if all(row[name] == values.get(name) for name in same)
        )
        if same and old is None and any(twins):
            raise RowError("DUPLICATE_VALUE", f"duplicate value found: {self.object}")

    def _check_rules(self, values: Row, old: Row | None) -> None:
        self._check_depends(values)
        for rule in self.org.rules:
            if (
                rule.object == self.object
                and rule.field in values
                and values[rule.field] == rule.value
            ):
                raise RowError(rule.code, rule.message, rule.field)
        rule_of_org = self.org.options.duplicate_rule
        if (
            self.object != "Contact"
            or old is not None
            or rule_of_org is None
            or (rule_of_org == "alert" and self.allow_duplicates)
        ):
            return
        if self.org.find("Contact", "Email", values.get("Email")):
            raise RowError("DUPLICATES_DETECTED", "Use one of these records?")

    def _check_licence(self, values: Row) -> None:
        """A permission set goes to an integration user only with the licence that allows it."""
        if self.object != "PermissionSetAssignment":
            return
        user = self.org.rows["User"][values["AssigneeId"]]
        licensed = any(
            row["AssigneeId"] == user["Id"] for row in self.org.alive("PermissionSetLicenseAssign")
        )
        if (
            self.org.value("User", user, "Profile.UserLicense.Name") == "Salesforce Integration"
            and not licensed
        ):
            message = (
                f"Can't assign permission set to user {user['Name']}. The user license doesn't "
                "allow the permission: Read Accounts"
            )
            raise RowError("FIELD_INTEGRITY_EXCEPTION", message)

    def _check_depends(self, values: Row) -> None:
        """Who is to see Contacts or Opportunities must see Accounts."""
        if self.object == "ObjectPermissions" and values["SobjectType"] in (
            "Contact",
            "Opportunity",
        ):
            granted = {
                row["SobjectType"]
                for row in self.org.alive(self.object)
                if row["ParentId"] == values["ParentId"]
            }
            if "Account" not in granted:
                message = (
                    f"Permission Read {values['SobjectType']} depends on permission(s): Read "
                    "Account"
                )
                raise RowError("FIELD_INTEGRITY_EXCEPTION", message)

    def _after(self, id: str) -> None:
        row = self.org.rows[self.object][id]
        if (
            self.object == "Contact"
            and self.org.options.household_accounts
            and not row.get("AccountId")
        ):
            row["AccountId"] = self.org.insert("Account", {"Name": f"{row['LastName']} Household"})
        if self.object == "Opportunity" and row.get("ContactId"):
            make_primary(
                self.org,
                self.org.insert(
                    "OpportunityContactRole",
                    {"OpportunityId": id, "ContactId": row.pop("ContactId")},
                ),
            )
        if self.object == "OpportunityContactRole" and row["IsPrimary"]:
            make_primary(self.org, id)


def make_primary(org: Org, role: str) -> None:
    """Make this role the one primary role of its opportunity."""
    opportunity = org.rows["OpportunityContactRole"][role]["OpportunityId"]
    for row in org.alive("OpportunityContactRole"):
        if row["OpportunityId"] == opportunity:
            row["IsPrimary"] = row["Id"] == role


def _typed(field: Field, value: Any) -> Any:
    if value is None or _fits(field.type, value):
        return value
    kind = JSON_KINDS.get(type(value), "VALUE_STRING")
    message = (
        f"Cannot deserialize instance of {field.type} from {kind} value {value} or request may "
        "be missing a required field"
    )
    raise RowError("JSON_PARSER_ERROR", f"{message} at [line:1, column:1]", field.name)


def _fits(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in NUMBER_TYPES:
        return isinstance(value, int if kind == "int" else int | float) and not isinstance(
            value, bool
        )
    shape = {"date": DATE, "datetime": DATETIME}.get(kind)
    return isinstance(value, str) and (shape is None or shape.fullmatch(value) is not None)


def _check_value(field: Field, value: Any) -> None:
    if value in (None, ""):
        return
    label = field.label or field.name
    if field.type in TEXT_TYPES and field.length and _units(value) > field.length:
        raise RowError(
            "STRING_TOO_LONG",
            f"{label}: data value too large: {value} (max length={field.length})",
            field.name,
        )
    if field.type == "email" and not EMAIL.fullmatch(value):
        raise RowError(
            "INVALID_EMAIL_ADDRESS", f"{label}: invalid email address: {value}", field.name
        )
    chosen = value.split(";") if field.type == "multipicklist" else [value]
    if field.restricted and not {each.casefold() for each in chosen} <= {
        option.casefold() for option in field.options
    }:
        message = f"{label}: bad value for restricted picklist field: {value}"
        raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
    if field.type == "reference" and not ID.fullmatch(value):
        raise RowError("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", field.name)


def _units(text: str) -> int:
    """Salesforce counts as Java does: characters outside the basic plane are two."""
    return len(text.encode("utf-16-le")) // 2
