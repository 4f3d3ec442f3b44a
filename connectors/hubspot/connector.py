"""HubSpot as a connector."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar, Self

from connectors.base import ConnectorSettings, Context, Limits, Misconfigured, Saved
from connectors.hubspot.account import AccountSchema
from connectors.hubspot.api import HubSpotApi
from connectors.hubspot.erasure import erase_contacts, plan_erasure
from connectors.hubspot.paths import object_type
from connectors.hubspot.property_definitions import KEY_FIELDS
from connectors.hubspot.records.account_rules import AccountRules
from connectors.hubspot.records.line_items import KEY_FIELD, DealItems, LineItems
from connectors.hubspot.records.links import link_records
from connectors.hubspot.records.option_growth import OptionGrowth
from connectors.hubspot.records.order_items import FIELD, DealOrder, read_order, with_line_items
from connectors.hubspot.records.read import read_records
from connectors.hubspot.records.upsert import UpsertBatch
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.setup.online_check import find_problems
from connectors.hubspot.setup.provision import provision_steps
from connectors.hubspot.setup.provision_plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.base import (
        Found,
        Link,
        Needs,
        ObjectNeed,
        Outcome,
        Plan,
        Problem,
        Record,
        Ref,
        RefusedOption,
        Report,
    )

MAPPINGS = ("standard", "line_items")
PAGE_TYPES = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5"}
TYPE_ID = re.compile(r"\d+-\d+")
LINKS = 500  # per call; batch associate takes up to 2,000


class HubSpotConnector:
    """Writes by batch upsert: contacts by e-mail, or by the unique property of the settings, all
    else by a unique property.
    """

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = HubSpotSettings
    key_fields: ClassVar[Mapping[str, str]] = KEY_FIELDS
    # a trickle must not use up the account's day, call by call
    limits = Limits(records=100, links=LINKS, concurrency=8, linger=2.0)

    def __init__(self, settings: HubSpotSettings, context: Context) -> None:
        self._settings = settings
        self._name = context.name
        self._api = HubSpotApi(settings, context, self.limits.concurrency)
        self._account = AccountSchema(self._api, context.now)
        self._rules = AccountRules(context.now)
        self._growth = OptionGrowth(self._api, self._account, context.now)

    @classmethod
    def open(cls, settings: HubSpotSettings, context: Context) -> Self:
        return cls(settings, context)

    @classmethod
    def shipped_mappings(cls) -> Mapping[str, str]:
        folder = files("connectors.hubspot")
        return {name: (folder / f"{name}.toml").read_text("utf-8") for name in MAPPINGS}

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        if not records:
            return []
        batch = self._batch(object_type(object), self._need_key_field(object, records))
        if batch.type == "deals" and any(FIELD in record.fields for record in records):
            return await self._upsert_orders(records, batch)
        return await batch.write(records)

    async def _upsert_orders(
        self, records: Sequence[Record], batch: UpsertBatch
    ) -> Sequence[Outcome]:
        """Write deals, then the line items of those that were saved."""
        read = [read_order(record) for record in records]
        orders = [order for order in read if isinstance(order, DealOrder)]
        written_deals = await batch.write([order.deal for order in orders])
        saved = dict(zip(map(id, orders), written_deals, strict=True))
        outcomes = [saved[id(order)] if isinstance(order, DealOrder) else order for order in read]
        deals = {
            number: DealItems(order.deal.key, outcome.id, outcome.created, order.items)
            for number, (order, outcome) in enumerate(zip(read, outcomes, strict=True))
            if isinstance(order, DealOrder)
            and isinstance(outcome, Saved)
            and order.items is not None
        }
        written = await LineItems(self._batch("line_items", KEY_FIELD)).write(list(deals.values()))
        items = {number: written[deal.key] for number, deal in deals.items()}
        return [_with_notes(one, items.get(number)) for number, one in enumerate(outcomes)]

    def _batch(self, type_: str, key_field: str) -> UpsertBatch:
        return UpsertBatch(type_, key_field, self._api, self._account, self._rules, self._settings)

    async def link(self, pairs: Sequence[Link]) -> Sequence[Outcome]:
        return await link_records(pairs, self._api)

    async def read(
        self, object: str, records: Sequence[Record], fields: Collection[str]
    ) -> Sequence[Found | None]:
        if not records:
            return []
        key_field = self._need_key_field(object, records)
        return await read_records(self._api, object_type(object), key_field, records, fields)

    async def grow(
        self, object: str, options: Mapping[str, Collection[str]]
    ) -> Sequence[RefusedOption]:
        return await self._growth.grow(object_type(object), options)

    async def account(self) -> str:
        portal = await self._account.find_portal()
        return f"account {portal}" if portal else ""

    async def check(self, needs: Needs) -> Sequence[Problem]:
        return await find_problems(
            self._name,
            with_line_items(needs),
            self._api,
            self._account,
            self._settings,
            lambda: self.plan(needs),
        )

    async def plan(self, needs: Needs) -> Plan:
        return await make_plan(
            [self._keyed(need) for need in with_line_items(needs)], self._account, self._settings
        )

    async def provision(self, plan: Plan) -> Report:
        try:
            return await provision_steps(plan, self._api)
        finally:
            for type_ in {str(step.data["type"]) for step in plan.steps}:
                self._account.forget(type_)

    # all goes
    async def plan_erasure(
        self,
        addresses: Sequence[str],
        records: Mapping[Ref, str],
        needs: Needs,  # noqa: ARG002
    ) -> Plan:
        return await plan_erasure(
            addresses, records, self._api, lambda id_: self.record_url("contact", id_)
        )

    async def erase(self, plan: Plan) -> Report:
        return await erase_contacts(plan, self._api)

    def record_url(self, object: str, id: str) -> str | None:
        type_ = object_type(object)
        page = PAGE_TYPES.get(type_) or (type_ if TYPE_ID.fullmatch(type_) else None)
        portal = self._settings.portal_id or self._account.portal_id
        return (
            f"https://app.hubspot.com/contacts/{portal}/record/{page}/{id}"
            if portal and page
            else None
        )

    async def aclose(self) -> None:
        await self._account.aclose()
        await self._api.aclose()

    def _keyed(self, need: ObjectNeed) -> ObjectNeed:
        return replace(need, key_field=self._key_field(need.object, need.key_field))

    def _need_key_field(self, object_: str, records: Sequence[Record]) -> str:
        """Give the property that these are known by. Raises Misconfigured where there is none."""
        key_field = self._key_field(object_, records[0].key_field)
        if key_field is None:
            raise Misconfigured(
                f"the mapping does not say how a {object_} is known: name a unique property "
                "of it as its key_field"
            )
        return key_field

    def _key_field(self, object_: str, stated: str | None) -> str | None:
        """Prefer what the mapping states; the settings name a contact's where that is the usual
        one.
        """
        usual = self.key_fields.get(object_)
        return (
            self._settings.contact_key
            if object_ == "contact" and stated in (None, usual)
            else stated or usual
        )


def _with_notes(deal: Outcome, items: Outcome | None) -> Outcome:
    """What became of an order: of the deal, and of its items where it has some."""
    if isinstance(deal, Saved) and isinstance(items, Saved):
        return replace(deal, notes=(*deal.notes, *items.notes))
    return items or deal
