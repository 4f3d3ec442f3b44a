"""Finds people whom the org knows already by their e-mail, before they are first written: they get our key, not a double."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.base import Refused
from connectors.salesforce.soql import in_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.salesforce.api import Api, Row
    from connectors.salesforce.objects import SObject
    from connectors.salesforce.settings import SalesforceSettings

PERSON_ACCOUNT = "IsPersonAccount"  # a field of Contact in orgs that have person accounts

SEVERAL = "{} Contacts have the e-mail {}: merge them, or set `several_matches` to oldest or newest"
LEAD = "{} is a Lead that is not converted: convert it, or set `match_leads` to false"
ACCOUNT = "{} is a person account, which the gateway does not write: see the README"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be written: our key, and the e-mail in lower case."""

    key: str
    address: str


class Claims:
    """Decides who takes over which Contact."""

    def __init__(self, api: Api, settings: SalesforceSettings, contact: SObject, key_field: str) -> None:
        self._api = api
        self._choice = settings.several_matches
        self._leads = settings.match_leads
        self._key_field = key_field
        self._columns = ["Id", "Email", key_field, *([PERSON_ACCOUNT] if PERSON_ACCOUNT in contact.fields else [])]

    async def find(self, people: Sequence[Person]) -> list[str | Refused | None]:
        """Give for each person the id to take over, or why the person is not to be written, or None: write by key. One call."""
        pieces = list(in_lists(person.address for person in people if person.address))
        queries = [f"SELECT {', '.join(self._columns)} FROM Contact WHERE Email IN ({piece}) ORDER BY CreatedDate" for piece in pieces]
        if self._leads:
            queries += [f"SELECT Id, Email FROM Lead WHERE IsConverted = false AND Email IN ({piece})" for piece in pieces]
        rows = await self._api.query(*queries) if queries else []
        contacts, leads = self._sorted(rows)
        taken: set[str] = set()
        found = []
        for person in people:
            verdict = self._verdict(person, [row for row in contacts[person.address] if row["Id"] not in taken], leads)
            if isinstance(verdict, str):
                taken.add(verdict)
            found.append(verdict)
        return found

    def _sorted(self, rows: Sequence[Row]) -> tuple[defaultdict[str, list[Row]], set[str]]:
        contacts: defaultdict[str, list[Row]] = defaultdict(list)
        leads = set()
        for row in rows:
            address = str(row["Email"]).lower()
            if self._key_field in row:
                contacts[address].append(row)
            else:
                leads.add(address)
        return contacts, leads

    def _verdict(self, person: Person, matches: Sequence[Row], leads: set[str]) -> str | Refused | None:
        if any(str(row[self._key_field] or "").lower() == person.key for row in matches):
            return None
        if any(row.get(PERSON_ACCOUNT) for row in matches):
            return Refused("PERSON_ACCOUNT", ACCOUNT.format(person.address), "Email")
        free = [row for row in matches if not row[self._key_field]]
        if len(free) > 1 and self._choice == "dead_letter":
            return Refused("SEVERAL_MATCHES", SEVERAL.format(len(free), person.address), "Email")
        if free:
            return str(free[-1 if self._choice == "newest" else 0]["Id"])
        return Refused("UNCONVERTED_LEAD", LEAD.format(person.address), "Email") if person.address in leads else None
