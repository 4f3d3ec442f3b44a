"""Batch upsert, update and read, as strict as HubSpot is known to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.refusals import Fault, Refusal, invalid, not_valid, record_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakes.hubspot.options import Options
    from tests.fakes.hubspot.portal import Portal
    from tests.fakes.hubspot.records import Record, Records

LARGEST = 100
DATES = {"createdAt": "2026-11-01T00:00:00Z", "updatedAt": "2026-11-01T00:00:00Z"}
CREATE_KEYS = {"associations", "properties", "objectWriteTraceId"}
READ_KEYS = {"inputs", "idProperty", "properties", "propertiesWithHistory"}
INPUT_KEYS = {"id", "idProperty", "properties", "objectWriteTraceId"}


@dataclass(slots=True)
class Input:
    """One input, and what it comes to."""

    id: str
    id_property: str | None
    properties: Mapping[str, str]
    trace: str | None
    record: Record | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Batches:
    portal: Portal
    options: Options
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.options.seed)

    def upsert(self, type_: str, body: Any, *, rules: bool = True) -> tuple[int, dict[str, Any]]:
        records = self.portal.records(type_)
        inputs = self._inputs(body)
        for one in inputs:
            if not one.id_property or not records.is_key(one.id_property):
                raise not_valid(
                    "Unable to perform update/upsert by non-unique 0-1 property "
                    f"{one.id_property} in portal ID {self.portal.id}"
                )
        keys = [one.id.casefold() for one in inputs]
        if len(set(keys)) < len(keys):
            raise not_valid("Duplicate IDs found in batch input: each id may stand once")
        for one in inputs:
            one.record = self._find(records, one)
        found = [one.record.id for one in inputs if one.record]
        if len(set(found)) < len(found):
            raise Refusal(409, "CONFLICT", "Two inputs of this batch resolve to one record")
        return self._write(records, inputs, partial(self._judge_upsert, rules=rules))

    def create(self, type_: str, body: Any, *, rules: bool = True) -> tuple[int, dict[str, Any]]:
        """Make new records, associated to others in the same call."""
        records = self.portal.records(type_)
        items = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(items, list) or not 0 < len(items) <= LARGEST:
            raise not_valid(f"Invalid input JSON: inputs is a list of 1 to {LARGEST}")
        inputs = [_new_input(number, item) for number, item in enumerate(items)]
        answer = self._write(records, inputs, partial(self._judge, rules=rules))
        for one, item in zip(inputs, items, strict=True):
            if one.record:
                for association in item["associations"]:
                    self.portal.associate(one.record.id, association["to"]["id"])
        return 201 if answer[0] == 200 else answer[0], answer[1]

    def archive(self, type_: str, body: Any) -> tuple[int, None]:
        for item in body["inputs"]:
            self.portal.delete(type_, item["id"])
        return 204, None

    def update(self, type_: str, body: Any, *, rules: bool = True) -> tuple[int, dict[str, Any]]:
        records = self.portal.records(type_)
        inputs = self._inputs(body)
        for one in inputs:
            if one.id_property is not None:
                raise not_valid("Batch update goes by record id: idProperty is not taken here")
            one.record = records.get(one.id)
        found = [one.record.id if one.record else one.id for one in inputs]
        if len(set(found)) < len(found):
            raise not_valid("Duplicate IDs found in batch input: each id may stand once")
        return self._write(records, inputs, partial(self._judge_update, rules=rules))

    def read(self, type_: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Give what is there, in any order; of what is not, an error that names the ids."""
        records = self.portal.records(type_)
        name = body.get("idProperty")
        ids = _ids_to_read(body)
        if name is not None and not records.is_key(name):
            raise not_valid(f"Unable to read by non-unique 0-1 property {name}")
        found = {id_: self._held(records, name, id_) for id_ in ids}
        results = {
            record.id: self._read_result(records, record, body["properties"])
            for record in found.values()
            if record
        }
        gone = [id_ for id_, record in found.items() if record is None]
        errors = [_read_error(records.type, gone)] if gone else []
        shuffled = [*results.values()]
        self.random.shuffle(shuffled)
        return (207 if errors else 200), _envelope(shuffled, errors)

    def _held(self, records: Records, name: str | None, id_: str) -> Record | None:
        if name is None:
            return records.get(id_)
        return self._find(records, Input(id_, name, {}, None))

    def _read_result(self, records: Records, record: Record, names: list[str]) -> dict[str, Any]:
        result = self._result(record, names)
        if "hs_merged_object_ids" in names:
            merged = [id_ for id_ in records.moved if records.get(id_) is record]
            result["properties"]["hs_merged_object_ids"] = ";".join(merged) or None
        if "hs_additional_emails" in names:
            result["properties"]["hs_additional_emails"] = ";".join(record.emails) or None
        return result

    def _inputs(self, body: Any) -> list[Input]:
        items = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(items, list) or not items:
            raise not_valid("Invalid input JSON: inputs must be a list that is not empty")
        if len(items) > LARGEST:
            raise not_valid(
                f"The maximum number of inputs supported in a batch request is {LARGEST}"
            )
        return [_input(item) for item in items]

    def _find(self, records: Records, one: Input) -> Record | None:
        assert one.id_property is not None
        found = records.find(one.id_property, one.id)
        by_secondary = (
            found is not None
            and one.id_property == "email"
            and found.properties.get("email") != one.id.lower()
        )
        return None if by_secondary and self.options.secondary == "conflict" else found

    def _judge_upsert(self, records: Records, one: Input, *, rules: bool) -> None:
        assert one.id_property is not None
        one.properties = (
            {one.id_property: one.id, **one.properties} if one.record is None else one.properties
        )
        self._judge(records, one, rules=rules)

    def _judge_update(self, records: Records, one: Input, *, rules: bool) -> None:
        if one.record is None:
            one.refusal = _not_there(records.type, [one.id])
            if self.options.missing_ids == "batch":
                raise one.refusal
        else:
            self._judge(records, one, rules=rules)

    def _judge(self, records: Records, one: Input, *, rules: bool) -> None:
        faults = [
            *records.faults(one.record, one.properties, rules=rules),
            *self._stage_faults(records.type, one),
        ]
        if faults:
            one.refusal = invalid(faults)
            if self.options.rule_faults == "batch" and faults[0].code.startswith("MISSING_"):
                raise one.refusal
            return
        for name, other in records.clashes(one.record, one.properties):
            if name == "email":
                one.refusal = Refusal(
                    409, "CONFLICT", f"Contact already exists. Existing ID: {other.id}"
                )
            else:
                message = (
                    f"Cannot set PropertyValueCoordinates{{propertyName={name}}} because "
                    f"{other.id} already has that value."
                )
                one.refusal = invalid([Fault("CONFLICTING_UNIQUE_VALUE", message, name)])
                if self.options.unique_clash == "batch":
                    raise one.refusal

    def _stage_faults(self, type_: str, one: Input) -> list[Fault]:
        names = (
            ("pipeline", "dealstage") if type_ == "deals" else ("hs_pipeline", "hs_pipeline_stage")
        )
        before = one.record.properties if one.record else {}
        pipeline_id, stage = ({**before, **one.properties}.get(name) for name in names)
        if not self.portal.pipelines.get(type_) or not (set(names) & one.properties.keys()):
            return []
        pipeline = next(
            (known for known in self.portal.pipelines[type_] if known.id == pipeline_id), None
        )
        if pipeline is None:
            return [
                Fault(
                    "INVALID_OPTION",
                    f"{pipeline_id} was not one of the allowed pipelines",
                    names[0],
                )
            ]
        return (
            []
            if stage in pipeline.stages
            else [Fault("INVALID_OPTION", f"{stage} is no stage of {pipeline_id}", names[1])]
        )

    def _write(
        self, records: Records, inputs: list[Input], judge: Callable[[Records, Input], None]
    ) -> tuple[int, dict[str, Any]]:
        traces = [one.trace for one in inputs]
        apart = all(traces) and len(set(traces)) == len(traces)
        for one in inputs:
            judge(records, one)
            if one.refusal and not apart:
                raise one.refusal
        results = [self._written(records, one) for one in inputs if one.refusal is None]
        self.random.shuffle(results)
        errors = [self._error(one) for one in inputs if one.refusal]
        return (207 if errors else 200), _envelope(results, errors)

    def _written(self, records: Records, one: Input) -> dict[str, Any]:
        new = one.record is None
        written = one.record = records.write(one.record, one.properties)
        result = {**self._result(written, one.properties), "new": new}
        if self.options.echo_trace and one.trace:
            result["objectWriteTraceId"] = one.trace
        if self.options.urls:
            result["url"] = (
                f"https://app.hubspot.com/contacts/{self.portal.id}/record/0-0/{written.id}"
            )
        return result

    def _result(self, record: Record, names: Any) -> dict[str, Any]:
        shown = {
            name: record.properties.get(name)
            for name in (*names, "email")
            if name in record.properties
        }
        return {
            "id": record.id,
            "properties": {**shown, "hs_object_id": record.id},
            "archived": False,
            **DATES,
        }

    def _error(self, one: Input) -> dict[str, Any]:
        assert one.refusal is not None
        error = record_error(one.refusal, one.trace or "")
        if not self.options.echo_error_trace:
            del error["context"]["objectWriteTraceId"]
        return error


def _not_there(type_: str, ids: list[str]) -> Refusal:
    message = (
        f"Could not get some {type_.upper()} objects, they may be deleted or not exist. Check "
        "that ids are valid."
    )
    return Refusal(404, "OBJECT_NOT_FOUND", message, more={"context": {"ids": ids}})


def _read_error(type_: str, ids: list[str]) -> dict[str, Any]:
    error = record_error(_not_there(type_, ids), "")
    return {**error, "context": {"ids": ids}}


def _ids_to_read(body: Any) -> list[str]:
    """Check a batch to read as HubSpot's description has it."""
    if not isinstance(body, dict) or set(body) - READ_KEYS:
        raise not_valid(f"Invalid input JSON: a batch to read is an object of {sorted(READ_KEYS)}")
    lists = [body.get(name) for name in ("inputs", "properties", "propertiesWithHistory")]
    if not all(isinstance(one, list) for one in lists):
        raise not_valid("Invalid input JSON: inputs and both lists of properties are needed")
    ids = [one["id"] for one in body["inputs"]]
    if not 0 < len(ids) <= LARGEST or not all(isinstance(one, str) and one for one in ids):
        raise not_valid(f"Invalid input JSON: inputs is a list of 1 to {LARGEST} ids")
    return ids


def _input(item: Any) -> Input:
    if not isinstance(item, dict) or set(item) - INPUT_KEYS:
        raise not_valid(f"Invalid input JSON: an input is an object of {sorted(INPUT_KEYS)}")
    properties = item.get("properties")
    if not isinstance(item.get("id"), str) or not item["id"] or not isinstance(properties, dict):
        raise not_valid("Invalid input JSON: an input needs id and properties")
    if not all(isinstance(value, str) for value in properties.values()):
        raise not_valid("Invalid input JSON: property values are strings")
    return Input(item["id"], item.get("idProperty"), properties, item.get("objectWriteTraceId"))


def _new_input(number: int, item: Any) -> Input:
    if set(item) - CREATE_KEYS or not isinstance(item.get("associations"), list):
        raise not_valid(f"Invalid input JSON: an input is an object of {sorted(CREATE_KEYS)}")
    for association in item["associations"]:
        types = [
            (spec["associationCategory"], spec["associationTypeId"])
            for spec in association["types"]
        ]
        if not types or not isinstance(association["to"]["id"], str):
            raise not_valid("Invalid input JSON: an association has an id and types")
    return _input(
        {"id": f"new-{number}", **{name: item[name] for name in item if name != "associations"}}
    )


def _envelope(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> dict[str, Any]:
    whole = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": DATES["createdAt"],
        "completedAt": DATES["createdAt"],
    }
    return {**whole, "numErrors": len(errors), "errors": errors} if errors else whole
