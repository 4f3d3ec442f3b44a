# ruff: noqa: ARG002, ARG003 - it keeps to the interface, whatever it needs of it
"""A CRM in memory that does what a test tells it: a connector like any other, for the gateway's
side of the bargain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

from connectors.base import (
    BatchRefused,
    ConnectorSettings,
    Context,
    Found,
    Limits,
    Link,
    Needs,
    Outcome,
    Problem,
    Record,
    Ref,
    Refused,
    Saved,
)

Rule = Callable[[Record], Outcome | None]


class Crm:
    """Keeps records by object and key.

    `rule` may answer for a record; `faults` are raised by the next calls, one each.
    """

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = ConnectorSettings
    key_fields: ClassVar[Mapping[str, str]] = {"contact": "email", "deal": "aom_order_key"}

    def __init__(self, *, limits: Limits | None = None) -> None:
        self.limits = limits or Limits(records=10, links=10, concurrency=2, linger=0)
        self.rule: Rule = lambda _record: None
        self.faults: list[Exception | None] = []
        self.refuses_whole_batches = False
        self.apply_before_fault = False
        self.held: dict[Ref, dict[str, Any]] = {}
        self.reads: list[tuple[tuple[str, ...], tuple[str, ...]]] = []  # keys and fields
        self.links: set[tuple[Ref, Ref]] = set()
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self.received: list[Record] = []
        self.before_answer: Callable[[], Any] | None = None

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        assert len({record.ref for record in records}) == len(records) <= self.limits.records
        assert {record.object for record in records} == {object}
        self.calls.append((object, tuple(record.key for record in records)))
        self.received += records
        fault = self.faults.pop(0) if self.faults else None
        if fault and not self.apply_before_fault:
            raise fault
        if self.before_answer:
            await self.before_answer()
        verdicts = [self.rule(record) for record in records]
        refused = next((verdict for verdict in verdicts if isinstance(verdict, Refused)), None)
        if refused and self.refuses_whole_batches:
            raise BatchRefused(refused.code, refused.message, refused.field)
        outcomes = [
            verdict or self._save(record) for record, verdict in zip(records, verdicts, strict=True)
        ]
        if fault:
            raise fault
        return outcomes

    def _save(self, record: Record) -> Saved:
        created = record.ref not in self.held
        if created and record.id and not record.creates:
            return Saved("", notes=("deleted here",))
        initial = record.on_create if created else {}
        self.held.setdefault(record.ref, {}).update({**initial, **record.fields})
        return Saved(_id(record), created)

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        assert len({record.ref for record in records}) == len(records) <= self.limits.records
        assert {record.object for record in records} == {object}
        self.reads.append((tuple(record.key for record in records), tuple(fields)))
        if fault := self.faults.pop(0) if self.faults else None:
            raise fault
        found = [self.held.get(record.ref) for record in records]
        return [
            None if held is None else Found(_id(record), {name: held.get(name) for name in fields})
            for record, held in zip(records, found, strict=True)
        ]

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        self.calls.append(("link", tuple(f"{pair.source.key}>{pair.target.key}" for pair in pairs)))
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        self.links |= {(pair.source, pair.target) for pair in pairs}
        return [Saved("") for _ in pairs]

    @classmethod
    def open(cls, settings: Any, context: Context) -> Self:
        return cls()

    async def check(self, needs: Needs) -> Sequence[Problem]:
        return ()

    async def aclose(self) -> None: ...


def _id(record: Record) -> str:
    return f"id-{record.object}-{record.key}"
