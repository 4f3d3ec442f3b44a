"""The REST resources: collections, single rows, describe, query, limits.

Each takes a Call and gives status and body.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce import soql
from tests.fakes.salesforce.automation import transaction_error
from tests.fakes.salesforce.org import CallError, Org, Row, RowError, User, folded
from tests.fakes.salesforce.rows import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.fakes.salesforce.schema import Field

MAX_ROWS = 200
BAD_ROW = {"INVALID_FIELD", "JSON_PARSER_ERROR"}
NOT_FOUND = CallError(404, "NOT_FOUND", "The requested resource does not exist")


@dataclass(frozen=True)
class Call:
    """One authenticated call, or one part of a composite one; `parts` are what stands behind
    /services/data/vXX.X/.
    """

    org: Org
    user: User
    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def writer(self, object: str) -> Writer:
        if object not in self.org.objects:
            raise NOT_FOUND
        allow = "allowsave=true" in self.headers.get(
            "sforce-duplicate-rule-header", ""
        ).lower().replace(" ", "")
        return Writer(self.org, self.user, object, allow)


def collection_upsert(call: Call, object: str, key: str) -> tuple[int, Any]:
    writer, records = call.writer(object), _records(call, object)
    seen = call.org.fields(call.user, object)
    if key not in seen or not seen[key].indexed:
        raise CallError(
            404,
            "NOT_FOUND",
            f"Provided external ID field does not exist or is not accessible: {key}",
        )
    times = Counter(folded(record.get(key)) for record in records)
    if thrown := transaction_error(call.org, records):
        return 200, [thrown.result | {"created": False} for _ in records]
    parsed = _parsed(writer, records)
    return 200, [_result(partial(_upsert, writer, key, times, row), key) for row in parsed]


def _upsert(
    writer: Writer, key: str, times: Counter[str], parsed: Row | RowError
) -> dict[str, Any]:
    if isinstance(parsed, RowError):
        raise parsed
    value = parsed.get(key)
    if value in (None, ""):
        raise RowError("MISSING_ARGUMENT", f"{key} not specified", key)
    if times[folded(value)] > 1:
        raise RowError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", key)
    found = writer.org.find(writer.object, key, value, writer.user)
    if len(found) > 1:
        raise RowError(
            "DUPLICATE_EXTERNAL_ID",
            f"{key}: more than one record found for external id field: [{', '.join(found)}]",
            key,
        )
    id_ = writer.update(found[0], parsed) if found else writer.create(parsed)
    return {"id": id_, "success": True, "errors": [], "created": not found}


def collection_update(call: Call) -> tuple[int, Any]:
    results = []
    records = _records(call, None)
    if thrown := transaction_error(call.org, records):
        return 200, [thrown.result for _ in records]
    times = Counter(str(record.get("id")) for record in records)
    for record in records:
        writer = call.writer(record["attributes"]["type"])
        (parsed,) = _parsed(writer, [record])
        if times[str(record.get("id"))] > 1:
            parsed = RowError("DUPLICATE_VALUE", f"Duplicate id in list: {record.get('id')}")
        results.append(_result(partial(_update, writer, str(record.get("id")), parsed)))
    return 200, results


def _update(writer: Writer, id: str, parsed: Row | RowError) -> dict[str, Any]:
    if isinstance(parsed, RowError):
        raise parsed
    return {"id": writer.update(id, parsed), "success": True, "errors": []}


def collection_create(call: Call) -> tuple[int, Any]:
    results = []
    for record in _records(call, None):
        writer = call.writer(record["attributes"]["type"])
        (parsed,) = _parsed(writer, [record])
        results.append(_result(partial(_create, writer, parsed)))
    return 200, results


def _create(writer: Writer, parsed: Row | RowError) -> dict[str, Any]:
    if isinstance(parsed, RowError):
        raise parsed
    return {"id": writer.create(parsed), "success": True, "errors": []}


def collection_delete(call: Call) -> tuple[int, Any]:
    """Delete rows of any object by `ids`; Salesforce deletes what stands under an Account with
    it.
    """
    wanted = call.query.get("ids", "").split(",")
    if not wanted[0] or len(wanted) > MAX_ROWS:
        raise CallError(400, "INVALID_INPUT", f"between 1 and {MAX_ROWS} ids are needed")
    return 200, [_result(partial(_delete, call, id_)) for id_ in wanted]


def _delete(call: Call, id_: str) -> dict[str, Any]:
    found = call.org.row(id_)
    if found is None:
        raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    name, row = found
    if row["IsDeleted"]:
        raise RowError("ENTITY_IS_DELETED", "entity is deleted")
    if not call.org.may(call.user, name, "Delete"):
        raise RowError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    if row.get("_has_cases"):
        raise RowError(
            "DELETE_FAILED",
            "Your attempt to delete could not be completed because it is associated with cases",
        )
    row["IsDeleted"] = True
    return {"id": row["Id"], "success": True, "errors": []}


def create(call: Call, object: str) -> tuple[int, Any]:
    writer = call.writer(object)
    try:
        return 201, {"id": writer.create(writer.parse(call.body)), "success": True, "errors": []}
    except RowError as error:
        raise CallError(400, error.code, error.message, error.fields) from error


def upsert(call: Call, object: str, key: str, value: str) -> tuple[int, Any]:
    """Write one row whose key stands in the address: several matches answer 300 with their
    addresses.
    """
    found = call.org.find(object, key, value)
    if len(found) > 1:
        return 300, [f"/services/data/{call.version}/sobjects/{object}/{id_}" for id_ in found]
    writer = call.writer(object)
    try:
        parsed = writer.parse({**call.body, key: value})
        id_ = writer.update(found[0], parsed) if found else writer.create(parsed)
    except RowError as error:
        raise CallError(400, error.code, error.message, error.fields) from error
    return 200 if found else 201, {"id": id_, "success": True, "errors": [], "created": not found}


def describe(call: Call, object: str) -> tuple[int, Any]:
    org, kind = call.org, call.org.objects.get(object)
    if kind is None or not org.may(call.user, object, "Read"):
        raise NOT_FOUND
    seen = org.fields(call.user, object).items()
    return 200, {
        "name": object,
        "label": object,
        "keyPrefix": kind.prefix,
        "custom": object.endswith("__c"),
        "queryable": True,
        "createable": org.may(call.user, object, "Create"),
        "updateable": org.may(call.user, object, "Edit"),
        "deletable": org.may(call.user, object, "Delete"),
        "fields": [
            each.describe(writable=org.edits(call.user, object, name))
            | {"filterable": name not in org.options.encrypted}
            for name, each in seen
        ],
    }


def query(call: Call) -> tuple[int, Any]:
    parsed = soql.parse(call.query.get("q", ""))
    if parsed.object not in call.org.objects or not call.org.may(call.user, parsed.object, "Read"):
        raise CallError(400, "INVALID_TYPE", f"sObject type '{parsed.object}' is not supported.")
    seen = call.org.fields(call.user, parsed.object)
    for name in (*parsed.fields, *parsed.conditions, *(name for name, _ in parsed.order)):
        if name not in seen and not _follows(seen.values(), name):
            raise CallError(
                400, "INVALID_FIELD", f"No such column '{name}' on entity '{parsed.object}'."
            )
    if len({*parsed.fields}) != len(parsed.fields):
        raise CallError(400, "INVALID_FIELD", "duplicate field selected")
    for name in parsed.conditions & {*call.org.options.encrypted}:
        raise CallError(400, "INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
    return page(call, parsed, list(call.org.visible(call.user, parsed.object)), 0)


def query_more(call: Call, locator: str) -> tuple[int, Any]:
    text, _, start = locator.rpartition("-")
    parsed = soql.parse(bytes.fromhex(text).decode())
    return page(
        call,
        parsed,
        list(call.org.visible(call.user, parsed.object)),
        int(start),
        bytes.fromhex(text).decode(),
    )


def page(
    call: Call, parsed: soql.Query, rows: Sequence[Row], start: int, text: str | None = None
) -> tuple[int, Any]:
    found = parsed.run(list(rows))
    end = start + call.org.options.page_size
    records = [
        {"attributes": {"type": parsed.object}} | _columns(call.org, parsed, row)
        for row in found[start:end]
    ]
    answer: dict[str, Any] = {
        "totalSize": len(found),
        "done": end >= len(found),
        "records": records,
    }
    if end < len(found):
        locator = (text or call.query["q"]).encode().hex()
        answer["nextRecordsUrl"] = f"/services/data/{call.version}/query/{locator}-{end}"
    return 200, answer


def _follows(seen: Iterable[Field], name: str) -> bool:
    relationship, dot, _ = name.partition(".")
    return bool(dot) and any(each.relationship == relationship for each in seen)


def _columns(org: Org, parsed: soql.Query, row: Row) -> dict[str, Any]:
    """Give the selected columns; those of parents are nested in them."""
    columns: dict[str, Any] = {}
    for name in parsed.fields:
        *parents, last = name.split(".")
        place = columns
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = org.value(parsed.object, row, name) if parents else row.get(name)
    return columns


def limits(call: Call) -> tuple[int, Any]:
    top = call.org.options.max_calls
    storage = {"Max": 5, "Remaining": 0 if call.org.options.storage_full else 4}
    return 200, {
        "DailyApiRequests": {"Max": top, "Remaining": max(0, top - call.org.spent)},
        "DataStorageMB": storage,
    }


def _records(call: Call, object: str | None) -> list[Row]:
    records = call.body.get("records") if isinstance(call.body, dict) else None
    if not isinstance(records, list) or not records:
        raise CallError(400, "INVALID_INPUT", "The Request body must contain records")
    if len(records) > MAX_ROWS:
        raise CallError(
            400,
            "EXCEEDED_MAX_SIZE_REQUEST",
            f"record limit reached. cannot submit more than {MAX_ROWS} records in this call",
        )
    kinds = {record.get("attributes", {}).get("type") for record in records}
    if None in kinds or (object is not None and kinds != {object}):
        raise CallError(
            400,
            "INVALID_INPUT",
            "attributes.type of a record is missing, or not the object of the address",
        )
    if object is not None and any("id" in record or "Id" in record for record in records):
        raise CallError(
            400, "INVALID_FIELD", "The Id field should not be specified in the sobject data."
        )
    return records


def _parsed(writer: Writer, records: Sequence[Row]) -> list[Row | RowError]:
    parsed: list[Row | RowError] = []
    for record in records:
        try:
            parsed.append(writer.parse(record))
        except RowError as error:
            if writer.org.options.whole_call and error.code in BAD_ROW:
                raise CallError(400, error.code, error.message) from error
            parsed.append(error)
    return parsed


def _result(write: Callable[[], dict[str, Any]], key: str | None = None) -> dict[str, Any]:
    try:
        return write()
    except RowError as error:
        return error.result if key is None else error.result | {"created": False}


def body_of(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise CallError(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}") from error
