"""What an administrator does by API: custom fields through the Tooling API. Permission sets are
plain rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import soql
from tests.fakes.salesforce.org import CallError
from tests.fakes.salesforce.rest import page
from tests.fakes.salesforce.schema import Field

if TYPE_CHECKING:
    from tests.fakes.salesforce.rest import Call

TYPES = {
    "Text": "string",
    "Number": "double",
    "Currency": "currency",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
    "LongTextArea": "textarea",
}
NEEDS = {
    "Text": {"length"},
    "Number": {"precision", "scale"},
    "Currency": {"precision", "scale"},
    "Checkbox": {"defaultValue"},
    "Picklist": {"valueSet"},
    "MultiselectPicklist": {"valueSet", "visibleLines"},
    "LongTextArea": {"length", "visibleLines"},
    "Lookup": {"referenceTo", "relationshipName"},
}


def query(call: Call) -> tuple[int, Any]:
    _admin_only(call)
    parsed = soql.parse(call.query.get("q", ""))
    if parsed.object != "CustomField":
        raise CallError(400, "INVALID_TYPE", f"sObject type '{parsed.object}' is not supported.")
    rows = [
        {
            "Id": f"00N{name}.{each.name}",
            "DeveloperName": each.name.removesuffix("__c"),
            "EntityDefinition.QualifiedApiName": name,
        }
        for name, kind in call.org.objects.items()
        for each in kind.fields.values()
        if each.custom
    ]
    return page(call, parsed, rows, 0)


def create_field(call: Call) -> tuple[int, Any]:
    _admin_only(call)
    metadata = call.body["Metadata"]
    name, _, field = call.body["FullName"].partition(".")
    if name not in call.org.objects or not field.endswith("__c"):
        raise CallError(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            f"Entity Enumeration Or ID: bad value for restricted picklist field: {name}",
        )
    if field in call.org.objects[name].fields:
        raise CallError(
            400,
            "DUPLICATE_DEVELOPER_NAME",
            f"There is already a field named {field.removesuffix('__c')} on {name}.",
        )
    missing = ({"label"} | NEEDS.get(metadata["type"], set())) - metadata.keys()
    if missing:
        raise CallError(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            f"Required fields are missing: [{', '.join(sorted(missing))}]",
        )
    values = metadata.get("valueSet", {}).get("valueSetDefinition", {}).get("value", [])
    if "valueSet" in metadata and not (values and all("default" in value for value in values)):
        raise CallError(
            400, "FIELD_INTEGRITY_EXCEPTION", "Value set must have values, each with its default"
        )
    call.org.objects[name].fields[field] = Field(
        field,
        TYPES[metadata["type"]],
        int(metadata.get("length", 0)),
        label=metadata["label"],
        unique=metadata.get("unique", False),
        external_id=metadata.get("externalId", False),
        options=tuple(value["fullName"] for value in values),
        restricted=metadata.get("valueSet", {}).get("restricted", False),
        reference_to=metadata.get("referenceTo"),
        relationship=field.removesuffix("__c") + "__r" if metadata["type"] == "Lookup" else None,
        default=False if metadata["type"] == "Checkbox" else None,
        granted=False,
    )
    return 201, {
        "id": f"00N{name}.{field}",
        "success": True,
        "errors": [],
        "warnings": [],
        "infos": [],
    }


def _admin_only(call: Call) -> None:
    if not call.user.admin:
        raise CallError(
            403, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id"
        )
