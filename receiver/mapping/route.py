"""A route at work: from the names of an event to records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.runtime import Undefined

from connectors.base import Append, Record, Ref, Value
from receiver.mapping.budget import RECORDS, Budget
from receiver.mapping.expression import Evaluate, choices, native
from receiver.mapping.fault import MappingFault, fault
from receiver.mapping.text import described, is_list, text

Names = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A `map`. What is not in it is nothing, so the default counts, else the field is not sent."""

    exact: Mapping[str, Value]
    folded: Mapping[str, Value]

    def find(self, result: Any) -> Value | None:
        key = text(result).strip()
        return self.exact[key] if key in self.exact else self.folded.get(key.casefold())


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    where: str
    value: Evaluate
    constant: bool = False  # written as it stands, also where it is ""
    lookup: Lookup | None = None
    default: Evaluate | None = None
    default_constant: bool = False
    append: bool = False

    def render(self, names: Names, budget: Budget) -> Value | None:
        """The value to send; None where there is nothing to send. Raises whatever an expression can raise."""
        result = self.value(names, budget)
        found = self._append(result, budget) if self.append else self._one(result)
        if found is not None or self.default is None:
            return found
        fallback = self.default(names, budget)
        if self.append:
            return _options(choices(_paid(fallback, budget)))
        return fallback if self.default_constant else native(fallback)

    def _one(self, result: Any) -> Value | None:
        if self.lookup is not None:
            return self.lookup.find(result)
        return result if self.constant else native(result)

    def _append(self, result: Any, budget: Budget) -> Append | None:
        options = choices(_paid(result, budget))
        if self.lookup is None:
            return _options(options)
        return _options(choices([self.lookup.find(option) for option in options]))


@dataclass(frozen=True, slots=True)
class Condition:
    where: str
    test: Evaluate

    def holds(self, names: Names, budget: Budget) -> bool:
        try:
            return bool(self.test(names, budget))
        except Exception as error:
            raise fault(self.where, error) from error


@dataclass(frozen=True, slots=True)
class Each:
    """`each = "course in courses"`: the names once per item. Nothing to go through is no item."""

    where: str
    variable: str
    items: Evaluate

    def over(self, names: Names, budget: Budget) -> Iterator[Names]:
        try:
            items = self.items(names, budget)
            listed = [] if items is None else _listed(_paid(items, budget))
        except Exception as error:
            raise fault(self.where, error) from error
        if len(listed) > RECORDS:
            raise MappingFault(self.where, f"has more than {RECORDS:,} items; at most {RECORDS:,} become records")
        return ({**names, self.variable: item} for item in listed)


@dataclass(frozen=True, slots=True)
class Upsert:
    object: str
    where: str
    key: Evaluate
    key_field: str | None
    each: Each | None
    when: Condition | None
    links: frozenset[str]
    fields: tuple[Field, ...]

    def render(self, names: Names, budget: Budget) -> Iterator[tuple[str, dict[str, Value]]]:
        """Key and fields of each record."""
        for seen in (names,) if self.each is None else self.each.over(names, budget):
            if self.when is None or self.when.holds(seen, budget):
                yield self._key(seen, budget), self._fields(seen, budget)

    def _key(self, names: Names, budget: Budget) -> str:
        where = f"{self.where}.key"
        try:
            budget.record()
            key = text(native(self.key(names, budget))).strip()
        except Exception as error:
            raise fault(where, error) from error
        if not key:
            raise MappingFault(where, f"gives nothing, and a {self.object} needs a key; use what each event has, or add a `when`")
        return key

    def _fields(self, names: Names, budget: Budget) -> dict[str, Value]:
        written: dict[str, Value] = {}
        for field in self.fields:
            try:
                value = field.render(names, budget)
                budget.written(value)
            except Exception as error:
                raise fault(field.where, error) from error
            if value is not None:
                written[field.name] = value
        return written


@dataclass(frozen=True, slots=True)
class Route:
    """`name` is the operator's, else the place; `where` the place in the configuration."""

    name: str
    where: str
    connector: str
    sources: frozenset[str]
    events: frozenset[str]
    when: Condition | None
    upserts: tuple[Upsert, ...]

    def render(self, names: Names, budget: Budget) -> Iterator[Record]:
        """What the route writes, as its upserts stand. Raises MappingFault."""
        if self.when is not None and not self.when.holds(names, budget):
            return
        drafts = [(upsert, key, fields) for upsert in self.upserts for key, fields in upsert.render(names, budget)]
        refs = tuple(dict.fromkeys(Ref(upsert.object, key) for upsert, key, _ in drafts))
        links = {upsert.where: tuple(ref for ref in refs if ref.object in upsert.links) for upsert in self.upserts}
        for upsert, key, fields in drafts:
            yield Record(upsert.object, key, fields, upsert.key_field, links[upsert.where])


def _paid(result: Any, budget: Budget) -> Any:
    """A list, paid for by its items; anything else as it is."""
    return budget.items(result) if is_list(result) else result


def _listed(items: Any) -> list[Any]:
    if isinstance(items, Undefined):
        return list(text(items))  # raises, or is nothing
    if not is_list(items):
        raise TypeError(f"{described(items)} is no list to go through")
    return list(items)


def _options(values: tuple[str, ...]) -> Append | None:
    return Append(values) if values else None
