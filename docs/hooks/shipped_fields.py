"""What the shipped mappings write: HubSpot's properties beside Salesforce's fields."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import SimpleNamespace

from connectors.base import ConnectorSettings
from docs.hooks.markdown import code, table
from receiver.mapping import FieldSettings, PlacedRoute, RouteTable

HUBSPOT_NAMES: Mapping[str, str] = {
    "AOM_Id__c": "aom_user_id",
    "AOM_Lifecycle__c": "lifecyclestage",
    "Name": "dealname",
    "CurrencyIsoCode": "deal_currency_code",
    "StageName": "dealstage",
}
"""Salesforce's fields whose HubSpot names are not the same in small letters."""

BUILT_IN: Mapping[str, str] = {
    "email": "the e-mail address, by which the contact is found",
    "firstname": "the first name",
    "lastname": "the last name",
    "lifecyclestage": "lead, or customer once an order is paid",
    "dealname": "the order's number and what was bought",
    "amount": "what the order costs in all",
    "deal_currency_code": "its currency",
    "closedate": "when the order was made",
    "dealstage": "open, won or lost, as the order's status tells",
}
"""What CRMs have of their own, by HubSpot's names."""


@dataclass(slots=True)
class ShippedField:
    """One field of an object: how it is written, and by which routes."""

    settings: FieldSettings
    routes: dict[str, None] = field(default_factory=dict)


def hubspot_name(salesforce: str) -> str:
    """The HubSpot property that means what a field of Salesforce means."""
    return HUBSPOT_NAMES.get(salesforce) or salesforce.removesuffix("__c").lower()


def shipped_routes(connector: str) -> tuple[PlacedRoute, ...]:
    """The standard mapping of a type of connector, each upsert with the fields of its snippets."""
    crm = ConnectorSettings(type=connector, mapping=("standard",))
    school = SimpleNamespace(identity="aom_id")
    settings = SimpleNamespace(
        sources={"springfield": school}, connectors={"crm": crm}, routes=(), snippets={}
    )
    return tuple(RouteTable.compile(settings).placed)


def shipped_fields(connector: str) -> dict[str, dict[str, ShippedField]]:
    """All fields of the standard mapping, by object and name."""
    found: defaultdict[str, dict[str, ShippedField]] = defaultdict(dict)
    for one in shipped_routes(connector):
        for upsert in one.route.upsert:
            for name, settings in upsert.fields.items():
                known = found[upsert.object].setdefault(name, ShippedField(settings))
                known.routes[one.name] = None
    return dict(found)


def describe_fields() -> str:
    """A table of all fields of contacts and deals, each with its names in both CRMs."""
    text = (files("connectors.hubspot") / "properties.toml").read_text("utf-8")
    order = {object_: [*BUILT_IN, *own] for object_, own in tomllib.loads(text).items()}
    words = dict(BUILT_IN)
    for own in tomllib.loads(text).values():
        words |= {name: str(one["description"]) for name, one in own.items()}
    rows = [
        (
            object_,
            words[hubspot_name(name)],
            code(hubspot_name(name)),
            code(name),
            ", ".join(_rules(one.settings)),
            _routes(one.routes),
        )
        for object_, fields in shipped_fields("salesforce").items()
        for name, one in sorted(
            fields.items(), key=lambda item: order[object_].index(hubspot_name(item[0]))
        )
    ]
    head = ("of", "what it is", "HubSpot", "Salesforce", "how it is written", "by the routes")
    return table(head, rows)


def _routes(names: Collection[str]) -> str:
    """Grades add one field to what `assignments` writes, and count for all."""
    others = sorted({one.name for one in shipped_routes("salesforce")} - {*names, "grades"})
    if not others:
        return "all"
    return f"all but {others[0]}" if len(others) == 1 else ", ".join(names)


def _rules(settings: FieldSettings) -> Iterator[str]:
    if settings.overwrite == "if_empty":
        yield "where it is empty"
    if settings.append:
        yield "added to, and options made" if settings.grow else "added to"
    if settings.forward:
        yield f"never back: {' → '.join(settings.forward)}"
    if settings.newest:
        yield "never by an older event"
