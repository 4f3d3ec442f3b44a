"""An account: its tokens, objects, pipelines and associations."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.properties import defaults
from tests.fakes.hubspot.records import Records
from tests.fakes.hubspot.refusals import Refusal, not_valid

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECT_SCOPES = ("contacts", "deals", "line_items")
# what changing the properties of line items takes: they have no crm.schemas scope to write
COMMERCE = "e-commerce"
SCOPES = frozenset({COMMERCE}) | frozenset(
    f"crm.{kind}.{name}.{right}"
    for name in (*OBJECT_SCOPES, "custom")
    for kind in ("objects", "schemas")
    for right in ("read", "write")
)
DEFAULT_TYPES = {
    ("contacts", "deals"): (4, 3),
    ("notes", "contacts"): (202, 201),
    ("notes", "deals"): (214, 213),
    ("line_items", "deals"): (20, 19),
}


@dataclass(slots=True)
class Token:
    scopes: frozenset[str] = SCOPES
    state: str = "good"  # or "expired", "revoked"


@dataclass(slots=True)
class Pipeline:
    id: str
    label: str
    stages: dict[str, str]  # id → label
    created_in: tuple[str, ...] = ()  # the only stages that a record may be created in; none: any

    def as_json(self) -> dict[str, Any]:
        dates = {
            "createdAt": "2020-01-01T00:00:00Z",
            "updatedAt": "2020-01-01T00:00:00Z",
            "archived": False,
        }
        stages = [
            {
                "id": id_,
                "label": label,
                "displayOrder": n,
                "metadata": {},
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
                **dates,
            }
            for n, (id_, label) in enumerate(self.stages.items())
        ]
        return {"id": self.id, "label": self.label, "displayOrder": 0, "stages": stages, **dates}


def sales_pipeline() -> Pipeline:
    stages = {
        "appointmentscheduled": "Appointment Scheduled",
        "qualifiedtobuy": "Qualified To Buy",
        "presentationscheduled": "Presentation Scheduled",
        "decisionmakerboughtin": "Decision Maker Bought-In",
        "contractsent": "Contract Sent",
        "closedwon": "Closed Won",
        "closedlost": "Closed Lost",
    }
    return Pipeline("default", "Sales Pipeline", stages)


@dataclass(slots=True)
class Portal:
    id: int = 4711
    currencies: tuple[str, ...] = ("USD", "EUR")
    # for all objects, so that mixing ids up shows
    numbers: Iterator[int] = field(default_factory=lambda: count(101))
    tokens: dict[str, Token] = field(default_factory=lambda: {"pat-na1-test": Token()})
    objects: dict[str, Records] = field(default_factory=dict)
    pipelines: dict[str, list[Pipeline]] = field(
        default_factory=lambda: {"deals": [sales_pipeline()]}
    )
    types: dict[tuple[str, str], tuple[int, int]] = field(
        default_factory=lambda: dict(DEFAULT_TYPES)
    )
    # pairs of ids, each pair once in sorted order
    associations: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in ("contacts", "deals", "line_items", "notes"):
            self.add_object(name)

    def add_object(self, name: str) -> Records:
        self.objects[name] = Records(name, defaults(name, self.currencies), self.numbers)
        return self.objects[name]

    def records(self, name: str) -> Records:
        if name not in self.objects:
            raise not_valid(f"Unable to infer object type from: {name}")
        return self.objects[name]

    def association_types(self, source: str, target: str) -> tuple[int, int] | None:
        """Give the ids of the default association, there and back."""
        there = self.types.get((source, target))
        back = self.types.get((target, source))
        return there or (back and (back[1], back[0]))

    def delete(self, type_: str, id_: str) -> None:
        """Delete a record, and its associations with it."""
        if (record := self.records(type_).get(id_)) is not None:
            self.records(type_).remove(id_)
            self.associations = {pair for pair in self.associations if record.id not in pair}

    def associate(self, one: str, other: str) -> None:
        self.associations.add((min(one, other), max(one, other)))

    def token(self, header: str) -> Token:
        """Find the token of an Authorization header, or raise a refusal."""
        token = self.tokens.get(header.removeprefix("Bearer "))
        if token is None or token.state == "revoked" or not header.startswith("Bearer "):
            raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if token.state == "expired":
            raise Refusal(
                401,
                "EXPIRED_AUTHENTICATION",
                "The OAuth token used to make this call expired 1 hour ago.",
            )
        return token
