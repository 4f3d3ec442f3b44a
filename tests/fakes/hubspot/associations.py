"""Batch associations by the default type or by given types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.refusals import Refusal, not_valid

if TYPE_CHECKING:
    from tests.fakes.hubspot.options import Options
    from tests.fakes.hubspot.portal import Portal

LARGEST = 2_000
DATE = "2026-11-01T00:00:00Z"


@dataclass(slots=True)
class Associations:
    portal: Portal
    options: Options

    def default(self, source: str, target: str, body: Any) -> tuple[int, dict[str, Any]]:
        self.portal.records(source), self.portal.records(target)
        types = self.portal.association_types(source, target)
        if types is None:
            raise not_valid(f"No default association type exists between {source} and {target}")
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for one, other in _pairs(body):
            if missing := self._missing((source, one), (target, other)):
                errors.append(self._fault(missing, one, other))
                continue
            self.portal.associate(*self._ids((source, one), (target, other)))
            results.append(_result(one, other, types[0]))
            if self.options.both_directions:
                results.append(_result(other, one, types[1]))
        return _answer(results, errors)

    def create(self, source: str, target: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Associate by the types of each input. None given: a success that ties nothing."""
        results = []
        for item, (one, other) in zip(body["inputs"], _pairs(body), strict=True):
            if item.get("types"):
                self.portal.associate(*self._ids((source, one), (target, other)))
                results.append(
                    {
                        "fromObjectTypeId": source,
                        "fromObjectId": one,
                        "toObjectTypeId": target,
                        "toObjectId": other,
                        "labels": [],
                    }
                )
        return _answer(results, [])

    def read(self, source: str, target: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Name the records of one object that each of the other's is associated with."""
        known = self.portal.records(target).records
        type_, _ = self.portal.association_types(source, target) or (0, 0)
        results = []
        for item in body["inputs"]:
            tied = {
                other
                for pair in self.portal.associations
                if item["id"] in pair
                for other in pair
                if other in known
            }
            types = [{"category": "HUBSPOT_DEFINED", "typeId": type_, "label": None}]
            to = [
                {"toObjectId": int(other), "associationTypes": types}
                for other in sorted(tied, key=int)
            ]
            if to:
                results.append({"from": {"id": item["id"]}, "to": to})
        return _answer(results, [])

    def labels(self, source: str, target: str) -> tuple[int, dict[str, Any]]:
        types = self.portal.association_types(source, target)
        known = (
            [{"category": "HUBSPOT_DEFINED", "typeId": types[0], "label": None}] if types else []
        )
        return 200, {"results": known}

    def _ids(self, *ends: tuple[str, str]) -> tuple[str, str]:
        one, other = (self.portal.records(type_).get(id_) for type_, id_ in ends)
        assert one is not None
        assert other is not None
        return one.id, other.id

    def _missing(self, *ends: tuple[str, str]) -> str | None:
        return next(
            (id_ for type_, id_ in ends if self.portal.records(type_).get(id_) is None), None
        )

    def _fault(self, missing: str, one: str, other: str) -> dict[str, Any]:
        refusal = Refusal(404, "OBJECT_NOT_FOUND", f"Object not found. objectId: {missing}")
        if self.options.association_faults == "batch":
            raise refusal
        context = {"fromObjectId": [one], "toObjectId": [other]}
        return {
            "status": "error",
            "category": refusal.category,
            "message": refusal.message,
            "context": context,
            "errors": [],
            "links": {},
        }


def _pairs(body: Any) -> list[tuple[str, str]]:
    items = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= LARGEST:
        raise not_valid(f"Invalid input JSON: inputs is a list of 1 to {LARGEST}")
    pairs = [(item["from"]["id"], item["to"]["id"]) for item in items]
    if not all(isinstance(id_, str) and id_ for pair in pairs for id_ in pair):
        raise not_valid("Invalid input JSON: ids are strings")
    return pairs


def _result(one: str, other: str, type_: int) -> dict[str, Any]:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_}
    return {"from": {"id": one}, "to": {"id": other}, "associationSpec": spec}


def _answer(
    results: list[dict[str, Any]], errors: list[dict[str, Any]]
) -> tuple[int, dict[str, Any]]:
    whole = {"status": "COMPLETE", "results": results, "startedAt": DATE, "completedAt": DATE}
    return (207, {**whole, "numErrors": len(errors), "errors": errors}) if errors else (200, whole)
