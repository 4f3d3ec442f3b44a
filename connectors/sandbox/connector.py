"""The sandbox as a connector: what stands between the gateway and a CRM, in its smallest form."""

from __future__ import annotations

import asyncio
import re
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from connectors.base import (
    BatchRefused,
    ConnectorSettings,
    Context,
    Entry,
    Found,
    Limits,
    Link,
    Misconfigured,
    Needs,
    Outcome,
    Page,
    Plan,
    Problem,
    Record,
    RefusedOption,
    Report,
    Unavailable,
)
from connectors.sandbox.accept import SandboxRow, accept_records, stored_key
from connectors.sandbox.settings import SandboxSettings
from connectors.sandbox.store import SandboxStore
from connectors.sandbox.values import is_name
from connectors.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from connectors.sandbox.values import Json

T = TypeVar("T")


class SandboxConnector:
    """A connector that takes any object and any field.

    A record is known by its object and key, in whichever field the key stands.
    """

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = SandboxSettings
    key_fields: ClassVar[Mapping[str, str]] = {"contact": "email", "deal": "aom_order_key"}
    limits = Limits(records=100, links=100, concurrency=4)

    def __init__(self, settings: SandboxSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._random = Random(settings.seed)  # noqa: S311 - it picks calls to fail, no secrets
        self._threads = Threads(f"sandbox {context.name}", workers=1)
        # Calls that wait for another process's lock wait one after the other; all are to be in
        # time.
        patience = context.timeout / self.limits.concurrency
        (file,) = settings.files(context.name, context.directory)
        self._store = SandboxStore(file, patience)

    @classmethod
    def open(cls, settings: SandboxSettings, context: Context) -> Self:
        return cls(settings, context)

    @classmethod
    def shipped_mappings(cls) -> Mapping[str, str]:
        return {"standard": (files("connectors.sandbox") / "standard.toml").read_text("utf-8")}

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        if not records:
            return []
        if not is_name(object):
            raise Misconfigured(_no_name(object))
        if len(records) > self.limits.records:
            raise BatchRefused(
                "BATCH_TOO_LARGE", f"{len(records)} records are more than {self.limits.records}"
            )
        key_field = records[0].key_field or self.key_fields.get(object)
        checked = accept_records(records, key_field, self._settings.refuse)
        rows = [row for row in checked if isinstance(row, SandboxRow)]
        saved = iter(await self._call("upsert", lambda: self._store.upsert(object, rows)))
        return [next(saved) if isinstance(verdict, SandboxRow) else verdict for verdict in checked]

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        if not pairs:
            return []
        if len(pairs) > self.limits.links:
            raise BatchRefused(
                "BATCH_TOO_LARGE", f"{len(pairs)} links are more than {self.limits.links}"
            )
        return await self._call("link", lambda: self._store.link(pairs))

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        if not records:
            return []
        key_field = records[0].key_field or self.key_fields.get(object)
        keys = [stored_key(record.former_key or record.key, key_field) for record in records]
        there = await self._call("read", lambda: self._store.read(object, keys))
        return [_found_record(there[key], fields) if key in there else None for key in keys]

    # options come into being as they are written
    async def grow(
        self,
        object: str,  # noqa: ARG002
        options: Mapping[str, Collection[str]],  # noqa: ARG002
    ) -> Sequence[RefusedOption]:
        return []

    async def check(self, needs: Needs) -> Sequence[Problem]:
        await self._threads.run(self._store.calls)  # raises what is wrong with the file
        problems = [
            Problem(place, _no_name(name))
            for name, place in _needed_names(needs)
            if not is_name(name)
        ]
        if self._settings.fail_rate:
            message = f"{self._settings.fail_rate:.0%} of its calls fail on purpose"
            problems.append(
                Problem(
                    f"connectors.{self._context.name}.fail_rate", message, "Remove it", fatal=False
                )
            )
        return problems

    # objects and fields come into being as they are written
    async def plan(self, needs: Needs) -> Plan:  # noqa: ARG002
        return Plan()

    async def provision(self, plan: Plan) -> Report:  # noqa: ARG002
        return Report()

    async def objects(self) -> Mapping[str, int]:
        return await self._threads.run(self._store.objects)

    async def records(self, object: str, limit: int, before: str | None = None) -> Page:
        return await self.search_records(object, "", limit, before)

    async def find_record(self, object: str, *, id: str = "", key: str = "") -> Entry | None:
        key = stored_key(key, self.key_fields.get(object))
        return await self._threads.run(self._store.find, object, id, key)

    async def search_records(
        self, object: str, text: str, limit: int, before: str | None = None
    ) -> Page:
        below = None if before is None else _id(before)
        return await self._threads.run(self._store.page, object, limit, below, text)

    async def calls(self) -> Mapping[str, int]:
        """Count the calls of all processes so far, by method."""
        return await self._threads.run(self._store.calls)

    async def aclose(self) -> None:
        await self._threads.aclose()
        self._store.close()

    async def _call(self, method: str, call: Callable[[], T]) -> T:
        await self._context.calls.take()
        await self._travel()
        if self._random.random() >= self._settings.fail_rate:
            return await self._threads.run(call)
        if self._random.random() < 1 / 2:
            await self._threads.run(self._store.count, method)
            raise Unavailable(f"fail_rate: the {method} did not reach the sandbox")
        await self._threads.run(call)
        raise Unavailable(f"fail_rate: the {method} was done, its answer is lost")

    async def _travel(self) -> None:
        latency = self._settings.latency_ms / 1000
        if latency > self._context.timeout:
            await asyncio.sleep(self._context.timeout)
            raise Unavailable(f"latency_ms: no answer within {self._context.timeout:g} seconds")
        if latency:
            await asyncio.sleep(latency)


def _found_record(row: tuple[int, Mapping[str, Json]], fields: Collection[str]) -> Found:
    id_, values = row
    return Found(str(id_), {name: values.get(name) for name in fields})


def _id(before: str) -> int:
    if re.fullmatch(r"[0-9]{1,18}", before) is None:
        raise ValueError(f"{before!r} is no `next` of a page")
    return int(before)


def _needed_names(needs: Needs) -> Iterator[tuple[str, str]]:
    for need in needs:
        yield need.object, need.object
        for name, field in need.fields.items():
            yield name, ", ".join(field.places) or f"{need.object}.{name}"


def _no_name(name: str) -> str:
    return f"{name!r} is no name in the sandbox; a name is a letter, then letters, digits and _"
