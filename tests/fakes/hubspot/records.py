"""The records of one type of object: created, updated, found by unique values, merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.hubspot.properties import LIFECYCLE, Property, merged
from tests.fakes.hubspot.refusals import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(slots=True)
class Record:
    id: str
    properties: dict[str, str]
    emails: list[str] = field(default_factory=list)  # a contact's secondary addresses
    writes: int = 0

    def all_emails(self) -> set[str]:
        return {address for address in (self.properties.get("email", ""), *self.emails) if address}


@dataclass(slots=True)
class Records:
    type: str
    properties: dict[str, Property]
    numbers: Iterator[int]  # of new records
    records: dict[str, Record] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)  # ids that were merged away
    groups: dict[str, str] = field(default_factory=lambda: {"information": "Information"})
    required: set[str] = field(default_factory=set)  # an admin's rules for new records
    # (property, value) → the property that it asks for
    required_if: dict[tuple[str, str], str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)  # addresses that may not come back
    created: int = 0
    _unique: dict[tuple[str, str], str] = field(default_factory=dict)

    def is_key(self, name: str) -> bool:
        return (self.type, name) == ("contacts", "email") or (
            name in self.properties and self.properties[name].unique
        )

    def get(self, id_: str) -> Record | None:
        while id_ in self.moved:
            id_ = self.moved[id_]
        return self.records.get(id_)

    def find(self, name: str, value: str) -> Record | None:
        """Find by a unique property; a contact also by a secondary address."""
        id_ = self._unique.get((name, value.casefold()))
        return self.records[id_] if id_ else None

    def faults(
        self, record: Record | None, properties: Mapping[str, str], *, rules: bool = True
    ) -> list[Fault]:
        """Say what keeps these values from being written to a record, or to a new one; `rules`: an
        admin's hold.
        """
        faults = [
            fault for name, value in properties.items() if (fault := self._fault(name, value))
        ]
        if not faults and record is None:
            faults = self._missing(properties)
        return faults or (self._against_rules(record, properties) if rules else [])

    def _against_rules(self, record: Record | None, properties: Mapping[str, str]) -> list[Fault]:
        after = {**(record.properties if record else {}), **properties}
        new = sorted(self.required) if record is None else []
        asked = [
            needed
            for (name, value), needed in self.required_if.items()
            if properties.get(name) == value
        ]
        return [
            *(
                Fault(
                    "MISSING_REQUIRED_PROPERTY", f"{name} is required to create {self.type}", name
                )
                for name in new
                if not after.get(name)
            ),
            *(
                Fault(
                    "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
                    f"{name} is required by another property",
                    name,
                )
                for name in asked
                if not after.get(name)
            ),
        ]

    def clashes(
        self, record: Record | None, properties: Mapping[str, str]
    ) -> list[tuple[str, Record]]:
        """Name the unique properties whose value another record has, and that record."""
        found = (
            (name, self.find(name, value))
            for name, value in properties.items()
            if value and self.is_key(name)
        )
        return [(name, other) for name, other in found if other is not None and other is not record]

    def write(self, record: Record | None, properties: Mapping[str, str]) -> Record:
        """Create or update; all checks are done."""
        if record is None:
            record = Record(
                str(next(self.numbers)),
                {"lifecyclestage": "lead"} if self.type == "contacts" else {},
            )
            self.records[record.id] = record
            self.created += 1
        for name, value in properties.items():
            self._set(record, name, value)
        record.writes += 1
        return record

    def add_email(self, record: Record, address: str) -> None:
        record.emails.append(address.lower())
        self._unique["email", address.lower()] = record.id

    def remove(self, id_: str) -> None:
        """Delete: what was unique to it is free again."""
        record = self.get(id_)
        if record is not None:
            del self.records[record.id]
            self._unique = {key: other for key, other in self._unique.items() if other != record.id}

    def merge(self, kept: Record, gone: Record) -> Record:
        """Merge two contacts into one under a new id, with the addresses of both."""
        new = Record(
            str(next(self.numbers)),
            {**gone.properties, **kept.properties},
            writes=kept.writes + gone.writes,
        )
        new.emails = sorted(
            (kept.all_emails() | gone.all_emails()) - {new.properties.get("email", "")}
        )
        for old in (kept, gone):
            del self.records[old.id]
            self.moved[old.id] = new.id
        self.records[new.id] = new
        lost = {
            (name, value)
            for (name, value), id_ in self._unique.items()
            if id_ == gone.id and name != "email"
        }
        moved = {
            key: new.id if id_ in {kept.id, gone.id} else id_ for key, id_ in self._unique.items()
        }
        # one record has one value
        self._unique = {key: id_ for key, id_ in moved.items() if key not in lost}
        return new

    def _fault(self, name: str, value: str) -> Fault | None:
        known = self.properties.get(name)
        return (
            known.fault(value)
            if known
            else Fault("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist', name)
        )

    def _missing(self, properties: Mapping[str, str]) -> list[Fault]:
        wanted = ("dealname", "dealstage", "pipeline") if self.type == "deals" else ()
        missing = [name for name in wanted if not properties.get(name)]
        if properties.get("email", "").lower() in self.erased:
            return [
                Fault(
                    "CONTACT_ERASED",
                    "This contact was deleted for privacy and may not be created again",
                    "email",
                )
            ]
        if self.type == "contacts" and not any(
            properties.get(name) for name in ("email", "firstname", "lastname")
        ):
            missing.append("email")
        return [
            Fault(
                "REQUIRED_FIELD",
                f"Error creating {self.type}. Some required properties were not set: {name}",
                name,
            )
            for name in missing
        ]

    def _set(self, record: Record, name: str, value: str) -> None:
        known, old = self.properties[name], record.properties.get(name, "")
        if (
            name == "lifecyclestage"
            and old in LIFECYCLE
            and value in LIFECYCLE
            and LIFECYCLE.index(value) < LIFECYCLE.index(old)
        ):
            return  # only ever forward, and silently
        new = value.lower() if name == "email" else merged(known, old, value)
        if name == "email" and self.type == "contacts" and new in record.emails:
            # a secondary address becomes the primary one
            record.emails[record.emails.index(new)] = old
        elif self.is_key(name) and old:
            self._unique.pop((name, old.casefold()), None)
        if self.is_key(name) and new:
            self._unique[name, new.casefold()] = record.id
        record.properties[name] = new
