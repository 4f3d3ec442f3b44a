"""Salesforce as a connector: people become Contacts, orders Opportunities, and any other object of
the org can be written.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar, Self

from connectors.base import (
    Append,
    BatchRefused,
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
    Ref,
    Refused,
    RefusedOption,
    Report,
    Retry,
    Saved,
)
from connectors.salesforce.api import SalesforceApi
from connectors.salesforce.erasure import ErasurePlanner, erase_records
from connectors.salesforce.error_table import FIELDS
from connectors.salesforce.objects import ObjectCache, SObject, api_name
from connectors.salesforce.records.accounts import ContactAccounts, DealAccounts, with_accounts
from connectors.salesforce.records.contact_roles import ROLE, ContactRoles
from connectors.salesforce.records.field_values import CURRENCY, FieldRow, build_row
from connectors.salesforce.records.lookup import LookupMemory
from connectors.salesforce.records.option_growth import OptionSpellings, find_lacking
from connectors.salesforce.records.parents import ParentLinks, is_role
from connectors.salesforce.records.person_claim import PersonClaims
from connectors.salesforce.records.read import RecordReader, readable_columns
from connectors.salesforce.records.row_job import RowPerson, RowWrite
from connectors.salesforce.records.row_outcomes import row_outcomes
from connectors.salesforce.records.row_writer import RowWriter
from connectors.salesforce.settings import DEAL_KEY, KEY, SalesforceSettings, key_field_of
from connectors.salesforce.setup import online_check, provision, provision_plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence

    from connectors.salesforce.records.lookup import RowLookup

OPTIONS_ARE_FRESH = timedelta(minutes=1)
# seconds: "Execution Governors and Limits" ends every transaction at ten minutes
LONGEST_CALL = 600.0
NO_KEY = Refused("INVALID_KEY", "the key is empty")


class SalesforceConnector:
    """Upserts by sObject Collections, 200 records a call, in which each record fails or stands
    alone.
    """

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = SalesforceSettings
    key_fields: ClassVar[Mapping[str, str]] = {"contact": KEY, "deal": DEAL_KEY}
    # one batch at a time, the next one filling meanwhile: a trickle in calls of its own would use
    # up the org's day
    limits = Limits(records=200, links=200, concurrency=1, linger=3.0, longest_call=LONGEST_CALL)

    def __init__(self, settings: SalesforceSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._api = SalesforceApi(settings, context)
        self._objects = ObjectCache(self._api, context.now)
        self._parents = ParentLinks(settings)
        self._roles = ContactRoles(self._api)
        self._looked_up = LookupMemory(context.now)
        self._spellings = OptionSpellings()
        self._currencies: set[str] = set()  # of which it is told that they were left out

    @classmethod
    def open(cls, settings: SalesforceSettings, context: Context) -> Self:
        return cls(settings, context)

    @classmethod
    def shipped_mappings(cls) -> Mapping[str, str]:
        return {"standard": (files("connectors.salesforce") / "standard.toml").read_text("utf-8")}

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        if not records:
            return []
        if len(records) > self.limits.records:
            raise BatchRefused(
                "BATCH_TOO_LARGE", f"{len(records)} records are more than {self.limits.records}"
            )
        name = api_name(object)
        async with self._watched(name):
            return await self._upsert(name, records)

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        if not records:
            return []
        name = api_name(object)
        async with self._watched(name):
            return await self._read_object(name, records, fields)

    async def grow(
        self, object: str, options: Mapping[str, Collection[str]]
    ) -> Sequence[RefusedOption]:
        name = api_name(object)
        async with self._watched(name):
            if not find_lacking(await self._objects.need(name), options):
                return []
            sobject = await self._objects.need(name, OPTIONS_ARE_FRESH)
            return find_lacking(sobject, options)

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        if len(pairs) > self.limits.links:
            raise BatchRefused(
                "BATCH_TOO_LARGE", f"{len(pairs)} links are more than {self.limits.links}"
            )
        roles = [pair for pair in pairs if is_role(pair.source.object, pair.target.object)]
        outcomes = iter(await self._link(roles) if roles else ())
        # other links are lookups, which the upsert of their source has written
        return [
            next(outcomes) if is_role(pair.source.object, pair.target.object) else Saved("")
            for pair in pairs
        ]

    async def account(self) -> str:
        await self._api.sign_in()
        return f"org {self._api.org}" if self._api.org else ""

    async def check(self, needs: Needs) -> Sequence[Problem]:
        needs = with_accounts(needs, self._settings.account)
        return await online_check.find_problems(self._api, self._objects, self._settings, needs)

    async def plan(self, needs: Needs) -> Plan:
        async with self._admin() as admin:
            needs = with_accounts(needs, self._settings.account)
            return await provision_plan.plan_provision(
                self._api, admin, self._objects, self._settings, needs
            )

    async def provision(self, plan: Plan) -> Report:
        async with self._admin() as admin:
            return await provision.provision_steps(admin, plan, self._settings.permission_set)

    async def plan_erasure(
        self, addresses: Sequence[str], records: Mapping[Ref, str], needs: Needs
    ) -> Plan:
        return await ErasurePlanner(self._api, self._objects, self._settings, needs).plan(
            addresses, records
        )

    async def erase(self, plan: Plan) -> Report:
        return await erase_records(self._api, plan)

    # Salesforce knows the object by the id
    def record_url(self, object: str, id: str) -> str | None:  # noqa: ARG002
        return (
            f"https://{self._settings.domain}.salesforce.com/{id}"
            if re.fullmatch(r"[A-Za-z0-9]{15,18}", id)
            else None
        )

    async def aclose(self) -> None:
        await self._objects.aclose()
        await self._api.aclose()

    async def _upsert(self, name: str, records: Sequence[Record]) -> list[Outcome]:
        key_field = key_field_of(self._settings, name, records[0].key_field)
        sobject = await self._objects.need(name)
        if not sobject.field(key_field).is_key:
            raise Misconfigured(
                f"{name}.{key_field} can't tell records apart → make it External ID and "
                f"Unique: {FIELDS}"
            )
        self._parents.learn(name, key_field)
        jobs = self._jobs(records, sobject)
        if any(isinstance(job.result, Refused) for job in jobs):
            jobs = self._jobs(records, await self._objects.need(name, OPTIONS_ARE_FRESH))
        if CURRENCY not in sobject.fields:
            self._note_currencies(records, jobs)
        await self._writer(sobject, key_field).write(jobs)
        results = [job.result for job in jobs if job.result is not None]
        if name == "Opportunity":
            self._roles.born(
                result.id for result in results if isinstance(result, Saved) and result.created
            )
        keys = (key_field, self._settings.account.key_field)
        return await row_outcomes(self._objects, name, results, key_fields=keys)

    async def _read_object(
        self, name: str, records: Sequence[Record], fields: Collection[str]
    ) -> list[Found | None]:
        key_field = key_field_of(self._settings, name, records[0].key_field)
        sobject = await self._objects.need(name)
        self._parents.learn(name, key_field)
        wanted = dict.fromkeys((*fields, *_appended(records, sobject)))
        claims = [*self._reading_lookups(sobject, key_field, wanted)]
        reader = RecordReader(self._api, sobject, key_field, claims, self._looked_up)
        ids = [record.id for record in records]
        return await reader.read(self._jobs(records, sobject), ids, fields)

    async def _link(self, roles: Sequence[Link]) -> list[Outcome]:
        async with self._watched(ROLE):
            made = await self._roles.make(roles)
            return await row_outcomes(
                self._objects, ROLE, made, keep=any(isinstance(result, Saved) for result in made)
            )

    @asynccontextmanager
    async def _watched(self, name: str) -> AsyncIterator[None]:
        """Have what is wrong with an object looked at again next time: somebody may have mended
        it.
        """
        try:
            yield
        except Misconfigured:
            self._objects.forget(name)
            raise

    def _jobs(self, records: Sequence[Record], sobject: SObject) -> list[RowWrite]:
        jobs = [self._job(record, sobject) for record in records]
        first: dict[str, RowWrite] = {}
        for job in jobs:
            if first.setdefault(job.person.key, job) is not job:
                job.result = Retry(
                    f"another record of this call has the key {job.person.key!r}, but for its case"
                )
        return jobs

    def _job(self, record: Record, sobject: SObject) -> RowWrite:
        key = record.key.strip().lower()
        address = record.fields.get("Email", key)
        person = RowPerson(
            key, address.strip().lower() if isinstance(address, str) and "@" in address else ""
        )
        rendered = build_row(record, sobject)
        if not key or isinstance(rendered, Refused):
            return RowWrite(
                person, FieldRow({}), result=rendered if isinstance(rendered, Refused) else NO_KEY
            )
        parents = self._parents.columns(record, sobject)
        rendered = self._spellings.spell(rendered, sobject).having(**parents)
        # what may have been deleted has to be told from what is there
        by_id = sobject.name == "Contact" or bool(record.on_create) or not record.creates
        by_id = by_id or record.former_key is not None
        whole = build_row(_whole(record), sobject) if record.on_create else None
        return RowWrite(
            person,
            rendered,
            record.id if by_id else None,
            known=record.id is not None,
            buyer=next(
                (link.key.lower() for link in record.links if api_name(link.object) == "Contact"),
                None,
            ),
            whole=self._spellings.spell(whole, sobject).having(**parents)
            if isinstance(whole, FieldRow)
            else None,
            creates=record.creates,
            renamed=record.former_key is not None,
        )

    def _note_currencies(self, records: Sequence[Record], jobs: Sequence[RowWrite]) -> None:
        """Tell of a currency that is left out with the first record in it: all others would say the
        same.
        """
        for record, job in zip(records, jobs, strict=True):
            code = str(record.fields.get(CURRENCY) or "")
            if code and code not in self._currencies and job.result is None:
                self._currencies.add(code)
                job.row = job.row.noted(
                    f"{CURRENCY} {code} is left out, here and in all others: the org has one "
                    "currency"
                )

    def _writer(self, sobject: SObject, key_field: str) -> RowWriter:
        lookups = [*self._lookups(sobject, key_field)]
        last_name = self._settings.last_name
        account_key = self._settings.account.key_field
        memory = self._looked_up if sobject.name == "Contact" else None
        return RowWriter(self._api, sobject, key_field, lookups, memory, last_name, account_key)

    def _reading_lookups(
        self, sobject: SObject, key_field: str, fields: Collection[str]
    ) -> Iterator[RowLookup]:
        """Give what finds people, then what their write looks up besides."""
        if sobject.name == "Contact":
            columns = readable_columns(sobject, fields)
            yield PersonClaims(self._settings, sobject, key_field, by_key=True, columns=columns)
            if self._settings.account.policy != "none":
                yield ContactAccounts(self._settings.account)

    def _lookups(self, sobject: SObject, key_field: str) -> Iterator[RowLookup]:
        accounts = self._settings.account
        places = accounts.policy != "none"
        if sobject.name == "Contact" and (places or key_field != "Email"):
            yield PersonClaims(self._settings, sobject, key_field, by_key=places)
        if sobject.name == "Contact" and places:
            yield ContactAccounts(accounts)
        if sobject.name == "Opportunity" and places:
            yield DealAccounts(key_field, self._parents.key_field("Contact"))

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[SalesforceApi]:
        """Give an administrator's view of the org, where there is a token for it."""
        if self._settings.provision_token is None:
            yield self._api
            return
        admin = SalesforceApi(
            self._settings, self._context, self._settings.provision_token.get_secret_value()
        )
        try:
            yield admin
        finally:
            await admin.aclose()


def _appended(records: Sequence[Record], sobject: SObject) -> Iterator[str]:
    """Name the fields to which the write that follows a read will add options."""
    for record in records:
        for name, value in (*record.fields.items(), *record.on_create.items()):
            if isinstance(value, Append) and name in sobject.fields:
                yield name


def _whole(record: Record) -> Record:
    """The record as it is written where there is none."""
    return replace(record, fields={**record.on_create, **record.fields})
