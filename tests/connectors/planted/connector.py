"""A connector for the plain CRM that keeps its contract, in small methods for bugs to be planted
in.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, ClassVar, Self

import httpx
from pydantic import Field, SecretStr

from connectors import testing
from connectors.base import (
    Append,
    AuthFailed,
    ConnectorError,
    ConnectorSettings,
    Context,
    Found,
    Limits,
    Link,
    Misconfigured,
    Needs,
    Outcome,
    Plan,
    Problem,
    Record,
    Refused,
    Report,
    Saved,
    Step,
    Throttled,
    TimedOut,
    Unavailable,
    Value,
)
from tests.connectors.planted.crm import KEY, PlainCrm

TLS = ssl.create_default_context()


def open_client() -> httpx.AsyncClient:
    """Make a client without time-outs of its own: see `send`."""
    return httpx.AsyncClient(timeout=None, trust_env=False, verify=TLS)  # noqa: S113


class PlainSettings(ConnectorSettings):
    api_key: Annotated[SecretStr, Field(description="the key of the account")]
    base_url: Annotated[str, Field(description="where the account answers")]


class RefusedCall(Exception):
    """The CRM refuses what one record holds."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class PlainConnector:
    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = PlainSettings
    key_fields: ClassVar[Mapping[str, str]] = {"contact": "email", "deal": "order_key"}
    limits = Limits(records=20, links=20, concurrency=2)

    def __init__(self, settings: PlainSettings, context: Context) -> None:
        self.settings = settings
        self.context = context
        self.client = open_client()

    @classmethod
    def open(cls, settings: PlainSettings, context: Context) -> Self:
        return cls(settings, context)

    async def aclose(self) -> None:
        await self.client.aclose()

    # writing

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        if not records:
            return []
        try:
            types = await self.types(object)
        except RefusedCall as error:
            return [error.refusal for _ in records]
        return [await self.outcome(record, types) for record in records]

    async def outcome(self, record: Record, types: Mapping[str, str]) -> Outcome:
        try:
            return await self.write(record, types)
        except RefusedCall as error:
            return error.refusal

    async def write(self, record: Record, types: Mapping[str, str]) -> Outcome:
        id_ = await self.find(record)
        path = f"/records/{record.object}"
        if id_ is None and not record.creates:
            return Saved("")
        if id_ is None:
            fields = self.body(record, {**record.on_create, **record.fields}, types, {})
            made = await self.call("POST", path, fields)
            return Saved(made["id"], created=True)
        held = await self.call("GET", f"{path}/{id_}")
        fields = self.body(record, record.fields, types, held["fields"])
        await self.call("PATCH", f"{path}/{id_}", fields)
        return Saved(id_)

    async def find(self, record: Record) -> str | None:
        """By the key, else by the id: then it gets the key."""
        found = await self.search(record.object, self.key(record))
        return found or (await self.known(record) if record.id else None)

    async def search(self, object: str, key: str) -> str | None:
        query = {self.key_fields[object]: key}
        found: list[str] = (await self.call("GET", f"/records/{object}", query=query))["ids"]
        return found[0] if found else None

    async def known(self, record: Record) -> str | None:
        try:
            await self.call("GET", f"/records/{record.object}/{record.id}")
        except RefusedCall:
            return None
        return record.id

    def key(self, record: Record) -> str:
        return record.key.lower() if record.object == "contact" else record.key

    def body(
        self,
        record: Record,
        given: Mapping[str, Value],
        types: Mapping[str, str],
        held: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Give the fields as the CRM takes them; `held` are those that it has."""
        lacking = [name for name in given if name not in types]
        if lacking:
            raise Misconfigured(f"the CRM has no field {lacking[0]}: make it, or run provision")
        fields = {name: self.encode(value, held.get(name)) for name, value in given.items()}
        return {**fields, self.key_fields[record.object]: self.key(record)}

    def encode(self, value: Value, held: Any) -> Any:
        match value:
            case "":
                return None
            case Decimal():
                return f"{value:f}"
            case datetime():
                return self.moment(value)
            case date():
                return value.isoformat()
            case Append():
                return self.options(value, held or [])
        return value

    def moment(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat()

    def options(self, value: Append, held: Sequence[str]) -> list[str]:
        return [*held, *(one for one in value.values if one not in held)]

    # links and reading

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        return [await self.tie(pair) for pair in pairs]

    async def tie(self, pair: Link) -> Outcome:
        path = f"/records/{pair.source.object}/{pair.source_id}"
        if pair.target_id not in (await self.call("GET", path))["links"]:
            await self.call("POST", f"{path}/links", {"to": pair.target_id})
        return Saved("")

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        return [await self.read_one(object, record, fields) for record in records]

    async def read_one(self, object: str, record: Record, fields: Collection[str]) -> Found | None:
        id_ = await (self.known(record) if record.id else self.find(record))
        if id_ is None:
            return None
        held = (await self.call("GET", f"/records/{object}/{id_}"))["fields"]
        return Found(id_, {name: held.get(name) for name in fields})

    # the account

    async def check(self, needs: Needs) -> Sequence[Problem]:
        return [
            Problem(name, f"the CRM has no field {name}") for _, name in await self.lacking(needs)
        ]

    async def lacking(self, needs: Needs) -> list[tuple[str, str]]:
        return [
            (need.object, name)
            for need in needs
            for types in [await self.types(need.object)]
            for name in need.fields
            if name not in types
        ]

    async def plan(self, needs: Needs) -> Plan:
        lacking = await self.lacking(needs)
        return Plan(
            tuple(
                Step(f"make {object}.{name}", {"object": object, "name": name})
                for object, name in lacking
            )
        )

    async def provision(self, plan: Plan) -> Report:
        for step in plan.steps:
            await self.make_field(step.data["object"], step.data["name"])
        return Report(tuple(step.text for step in plan.steps))

    async def make_field(self, object: str, name: str) -> None:
        await self.call("POST", f"/fields/{object}", {"name": name, "type": "text"})

    async def types(self, object: str) -> Mapping[str, str]:
        found: dict[str, str] = (await self.call("GET", f"/fields/{object}"))["fields"]
        return found

    # calls

    async def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Any:
        await self.context.calls.take()
        try:
            answer = await self.send(method, self.settings.base_url + path, body, query)
        except TimeoutError as error:
            raise self.timed_out(f"no answer to {method} {path} in time") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"no answer to {method} {path}: {type(error).__name__}") from error
        return self.understand(answer)

    def timed_out(self, words: str) -> ConnectorError:
        return TimedOut(words)

    async def send(
        self, method: str, url: str, body: Any, query: Mapping[str, str] | None
    ) -> httpx.Response:
        async with asyncio.timeout(self.context.timeout):
            return await self.client.request(
                method, url, json=body, params=query, headers=self.headers()
            )

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.settings.api_key.get_secret_value()}

    def understand(self, answer: httpx.Response) -> Any:
        """Give the JSON of a success, or raise what helps."""
        if answer.status_code in (401, 403):
            raise AuthFailed("the CRM refuses the key: make a new one, and set api_key")
        if answer.status_code == 429:
            after = answer.headers.get("Retry-After")
            raise Throttled("too many calls", float(after) if after else None)
        if answer.status_code >= 500:
            raise Unavailable(f"the CRM answers {answer.status_code}")
        try:
            data = answer.json()
        except ValueError as error:
            raise Unavailable(f"the CRM answers {answer.status_code} without JSON") from error
        if answer.is_success:
            return data
        fault = data["error"]
        raise RefusedCall(Refused(fault["code"], fault["message"], fault["field"]))


def read_account(crm: PlainCrm, object: str) -> dict[str, testing.Stored]:
    return {
        id_: testing.Stored(dict(row.fields), list(row.links))
        for id_, row in crm.rows[object].items()
    }


@contextmanager
def plain_subject() -> Iterator[testing.Subject]:
    """The plain CRM on trial."""
    with PlainCrm() as crm:
        settings = {"type": "plain", "api_key": KEY, "base_url": crm.url}
        yield testing.Subject(
            PlainConnector,
            settings=settings,
            records={
                "contact": {"name": "Ada"},
                "deal": {"title": "Order 1", "amount": Decimal("9.90")},
            },
            read=partial(read_account, crm),
            address="base_url",
            delete=crm.delete,
            links=[("deal", "contact")],
            typed={
                "nickname": "",
                "newsletter": True,
                "logins": 3,
                "spent": Decimal("110.00"),
                "born": date(2001, 2, 3),
                "registered_at": datetime(2020, 8, 11, 16, 58, tzinfo=UTC),
                "courses": Append(("Algebra", "Logic")),
            },
            refused={"name": "x" * 201},
            unreachable={**settings, "base_url": "http://127.0.0.1:1"},
        )
