"""A connector on trial: what is tried, on which account, and how one check is run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from connectors.base import (
    Connector,
    ConnectorError,
    Context,
    Found,
    Link,
    Links,
    Outcome,
    RateLimit,
    Reads,
    Record,
    Saved,
    Value,
)


class Breach(AssertionError):
    """The connector breaks its contract: what must hold, and what it did."""


class NotTried(Exception):
    """The subject does not have what the check needs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The connector, and what the account takes. What is None or empty is not tried."""

    connector: type[Connector]
    settings: Mapping[str, Any]  # its table in the configuration
    records: Mapping[str, Mapping[str, Value]]  # objects that exist, each with fields that it takes
    # how keys look, "{}" if not here
    keys: Mapping[str, str] = field(default_factory=lambda: {"contact": "{}@example.test"})
    links: Sequence[tuple[str, str]] = ()  # objects that can be linked, e.g. ("deal", "contact")
    # fields of the first object: one of each type, an Append among them
    typed: Mapping[str, Value] = field(default_factory=dict)
    # a multiple-choice field of the first object, to which options can be added
    grows: str = ""
    # fields of the first object that are refused, but no others with them
    refused: Mapping[str, Value] = field(default_factory=dict)
    unknown: str = "no_such_object"  # an object that the account does not have
    # settings that lead to an address where nobody answers
    unreachable: Mapping[str, Any] = field(default_factory=dict)
    provision: bool = True  # whether these credentials may create fields
    # False: it hands records on to whoever takes them, and cannot tell what was there before
    knows_records: bool = True


Check = Callable[["Trial"], Awaitable[None]]


class Gate:
    """A rate limit that allows all and counts."""

    def __init__(self) -> None:
        self.taken = 0

    async def take(self, calls: int = 1) -> None:
        self.taken += calls

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Trial:
    """One check's view: an open connector, and keys that nobody has used."""

    subject: Subject
    connector: Connector
    context: Context
    gate: Gate
    prefix: str

    @property
    def object(self) -> str:
        """The subject's first object, on which most is tried."""
        return next(iter(self.subject.records))

    def record(
        self,
        number: int = 1,
        object: str | None = None,
        fields: Mapping[str, Value] | None = None,
        **more: Any,
    ) -> Record:
        """Make a record of a number: the same number, the same key."""
        name = object or self.object
        key = self.subject.keys.get(name, "{}").format(f"{self.prefix}-{number}")
        return Record(name, key, {**self.subject.records[name], **(fields or {})}, **more)

    def batch(self, size: int) -> list[Record]:
        return [self.record(number) for number in range(min(size, self.connector.limits.records))]

    async def outcomes(self, records: Sequence[Record]) -> Sequence[Outcome]:
        found = await self.connector.upsert(records[0].object, records)
        must(
            len(found) == len(records),
            f"upsert answers every record: {len(records)} were sent, {len(found)} outcomes "
            "came back",
        )
        return found

    async def save(self, *records: Record) -> list[Saved]:
        """Upsert what must be accepted."""
        return [
            saved(outcome, f"{record.object} {record.key}")
            for record, outcome in zip(records, await self.outcomes(records), strict=True)
        ]

    async def read(
        self, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        """Read what must be answered, with as many calls of the gate as there are of the CRM."""
        if not isinstance(self.connector, Reads):
            raise NotTried("the connector reads no records")
        before = self.gate.taken
        found = await self.connector.read(records[0].object, records, fields)
        must(
            len(found) == len(records),
            f"read answers every record: {len(records)} were asked for, {len(found)} answers "
            "came back",
        )
        must(
            self.gate.taken > before,
            "every call of the CRM first awaits context.calls.take(), but read did without",
        )
        return found

    async def link(self, *pairs: Link) -> list[Saved]:
        """Link what must be accepted."""
        if not isinstance(self.connector, Links):
            raise NotTried("the connector makes no calls for links")
        found = await self.connector.link(pairs)
        must(
            len(found) == len(pairs),
            f"link answers every pair: {len(pairs)} were sent, {len(found)} outcomes came back",
        )
        return [
            saved(outcome, f"{pair.source} → {pair.target}")
            for pair, outcome in zip(pairs, found, strict=True)
        ]


def must(holds: bool, otherwise: str) -> None:
    """Raise a breach with these words unless it holds."""
    if not holds:
        raise Breach(otherwise)


def saved(outcome: Outcome, what: str) -> Saved:
    if not isinstance(outcome, Saved):
        raise Breach(
            f"the account takes {what} (as the subject says), but the outcome is {outcome}"
        )
    return outcome


def run(check: Check, subject: Subject, directory: Path, prefix: str | None = None) -> None:
    """Open the connector, run one check, close it. Raises Breach or NotTried.

    `directory` is where relative paths in the settings start; `prefix` begins all keys, a fresh one
    unless given.
    """
    before = set(threading.enumerate())
    asyncio.run(_run(check, subject, directory, prefix or f"contract-{uuid4().hex[:12]}"))
    left = [
        thread.name
        for thread in threading.enumerate()
        if thread not in before and not thread.daemon
    ]
    must(not left, f"aclose gives back all threads, but these still run: {', '.join(left)}")


async def _run(check: Check, subject: Subject, directory: Path, prefix: str) -> None:
    gate = Gate()
    context = Context("contract", gate, directory)
    connector = subject.connector.open(
        subject.connector.Settings.model_validate(subject.settings), context
    )
    try:
        await check(Trial(subject, connector, context, gate, prefix))
    except ConnectorError as error:
        raise Breach(
            f"{check.__name__.replace('_', ' ')}, but the connector raises "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        await connector.aclose()
