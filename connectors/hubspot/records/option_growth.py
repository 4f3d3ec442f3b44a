"""Makes options that multiple-choice properties lack, before records are written that hold them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.base import Misconfigured, RefusedOption
from connectors.hubspot.errors import HubSpotCallRefused
from connectors.hubspot.json_answers import items_of
from connectors.hubspot.property_definitions import property_options

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from connectors.hubspot.account import AccountSchema, Property
    from connectors.hubspot.api import HubSpotApi

MOST_OPTIONS = 5_000  # of a property: HubSpot's knowledge base, "Property field types"
REMEMBERED = timedelta(minutes=5)
FULL = (
    f"it would have more than {MOST_OPTIONS:,} options, HubSpot's limit → Settings → Properties: "
    "delete some that nobody needs"
)

OptionKey = tuple[str, str, str | None]
"""Type of object, property and option; None: all that the property lacks."""


class OptionGrowth:
    """Adds what an account's properties lack, in one call for a property, and one at a time.

    The options that are there are the account's properties as they are remembered, so that asking
    for known ones is no call; what HubSpot refused is not tried again for a while.
    """

    def __init__(
        self, api: HubSpotApi, account: AccountSchema, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._account = account
        self._now = now
        self._turn = asyncio.Lock()
        self._refused: dict[OptionKey, tuple[datetime, str]] = {}

    async def grow(self, type_: str, options: Mapping[str, Collection[str]]) -> list[RefusedOption]:
        """Add the options that properties of a type of object lack; returns those that stay out.

        Where the token may not read the properties, or there is no such one, HubSpot judges the
        records themselves.
        """
        if not _missing_options(await self._account.properties(type_), options):
            return []
        async with self._turn:  # another batch may have added them meanwhile
            missing = _missing_options(await self._account.properties(type_), options)
            for name, values in missing.items():
                await self._add(type_, name, self._untried(type_, name, values))
            missing = _missing_options(await self._account.properties(type_), options)
        return [
            RefusedOption(name, value, reason)
            for name, values in missing.items()
            for value in values
            if (reason := self._reason(type_, name, value)) is not None
        ]

    def _reason(self, type_: str, name: str, value: str) -> str | None:
        refusal = self._refused.get((type_, name, value)) or self._refused.get((type_, name, None))
        return refusal[1] if refusal else None

    def _untried(self, type_: str, name: str, values: Sequence[str]) -> list[str]:
        old = self._now() - REMEMBERED
        self._refused = {key: refusal for key, refusal in self._refused.items() if refusal[0] > old}
        return [value for value in values if self._reason(type_, name, value) is None]

    async def _add(self, type_: str, name: str, values: Sequence[str]) -> None:
        """Add them all, or one by one where HubSpot refuses them together.

        A refusal in the same words for two options is about neither of them: then no other is
        tried.
        """
        if not values:
            return
        try:
            await self._account.note_property(
                type_, await add_options(self._api, type_, name, values)
            )
            left = _missing_options(await self._account.properties(type_), {name: values})
            for value in left.get(name, ()):
                self._refused[type_, name, value] = self._now(), FULL
        except HubSpotCallRefused as error:
            for value in values if len(values) > 1 else ():
                await self._add(type_, name, self._untried(type_, name, [value]))
            if len(values) == 1:
                self._refuse_option(type_, name, values[0], str(error))
        except Misconfigured as error:
            self._refused[type_, name, None] = self._now(), str(error)

    def _refuse_option(self, type_: str, name: str, value: str, reason: str) -> None:
        again = any(
            key[:2] == (type_, name) and known == reason
            for key, (_, known) in self._refused.items()
        )
        self._refused[type_, name, None if again else value] = self._now(), reason


async def add_options(
    api: HubSpotApi, type_: str, name: str, values: Collection[str]
) -> dict[str, Any]:
    """Add to the options that a property has now, and give the property as HubSpot answers it.

    HubSpot replaces the whole list, so those that are there go along. Where not all fit, the first
    ones are added. Raises Misconfigured where there is no room.
    """
    path = api.paths.properties(type_, name)
    has = await api.read(path)
    there = items_of(has, "options")
    known = {str(option[part]).casefold() for option in there for part in ("value", "label")}
    new: dict[str, str] = {}
    for text in map(option_text, values):
        new.setdefault(text.casefold(), text)
    added = [text for folded, text in new.items() if folded not in known]
    if not added:
        return has
    room = MOST_OPTIONS - len(there)
    if room <= 0:
        raise Misconfigured(FULL)
    order = max((option.get("displayOrder") or 0 for option in there), default=-1) + 1
    return await api.call(
        "PATCH", path, {"options": [*there, *property_options(added[:room], first=order)]}
    )


def option_text(text: str) -> str:
    """Write an option so that it can stand among others, which HubSpot parts by `;`."""
    return text.replace(";", ",")


def why_it_cannot_grow(property_: Property) -> str:
    """Say why options can't be added to a property; nothing where they can."""
    if property_.field_type != "checkbox":
        return f"it is of type {property_.type}/{property_.field_type}, not of multiple checkboxes"
    if property_.fixed_options:
        return "HubSpot lets nobody change its options"
    return FULL if len(property_.options) >= MOST_OPTIONS else ""


def _missing_options(
    properties: Mapping[str, Property] | None, options: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    known = properties or {}
    missing = {
        name: [one for one in values if known[name].find_option(option_text(one)) is None]
        for name, values in options.items()
        if name in known and known[name].field_type == "checkbox"
    }
    return {name: values for name, values in missing.items() if values}
