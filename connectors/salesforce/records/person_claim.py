"""Finds people whom the org knows by our key or their e-mail: they get our key, not a double."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from connectors.base import Refused
from connectors.salesforce.records.lookup import FoundRow, fold_case, rows_of_object, select_queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.salesforce.objects import SObject
    from connectors.salesforce.records.row_job import RowPerson, RowWrite
    from connectors.salesforce.settings import SalesforceSettings

PERSON_ACCOUNT = "IsPersonAccount"  # a field of Contact in orgs that have person accounts

SEVERAL = "{} Contacts have the e-mail {}: merge them, or set `several_matches` to oldest or newest"
LEAD = "{} is a Lead that is not converted: convert it, or set `match_leads` to false"
ACCOUNT = "{} is a person account, which the gateway does not write: see docs/salesforce.md"


class PersonClaims:
    """Decides who takes over which Contact; `by_key` also finds those whose e-mail was changed
    there, and `columns` of them are queried too.
    """

    def __init__(
        self,
        settings: SalesforceSettings,
        contact: SObject,
        key_field: str,
        *,
        by_key: bool = False,
        columns: Sequence[str] = (),
    ) -> None:
        self._choice = settings.several_matches
        self._leads = settings.match_leads
        self._key_field = key_field
        self._by_key = by_key and key_field != "Email"
        marks = [PERSON_ACCOUNT] if PERSON_ACCOUNT in contact.fields else []
        self._columns = ["Id", "Email", key_field, *marks, *columns]

    def queries(self, jobs: Sequence[RowWrite]) -> list[str]:
        addresses = [job.person.address for job in jobs]
        order = " ORDER BY CreatedDate"
        queries = select_queries(self._columns, "Contact", "Email", addresses, order)
        if self._by_key:
            keys = [job.person.key for job in jobs]
            queries += select_queries(self._columns, "Contact", self._key_field, keys)
        if self._leads:
            leads = select_queries(
                ["Id", "Email"], "Lead", "IsConverted = false AND Email", addresses
            )
            queries += leads
        return queries

    def complete(self, jobs: Sequence[RowWrite], rows: Sequence[FoundRow]) -> None:
        """Set the id to take over, or why the person is not written; neither of who is not
        there.
        """
        contacts: defaultdict[str, list[FoundRow]] = defaultdict(list)
        ours: dict[str, FoundRow] = {}
        for row in rows_of_object(rows, "Contact"):
            contacts[fold_case(row["Email"])].append(row)
            ours.setdefault(fold_case(row[self._key_field]), row)
        leads = {fold_case(row["Email"]) for row in rows_of_object(rows, "Lead")}
        taken: set[str] = set()
        for job in jobs:
            free = [row for row in contacts[job.person.address] if row["Id"] not in taken]
            verdict = self._verdict(job.person, ours.get(job.person.key), free, leads)
            job.id, job.result = (
                (None, verdict) if isinstance(verdict, Refused) else (verdict, None)
            )
            taken |= {job.id} if job.id else set()

    def _verdict(
        self, person: RowPerson, own: FoundRow | None, matches: Sequence[FoundRow], leads: set[str]
    ) -> str | Refused | None:
        if own is not None:
            return str(own["Id"])
        if any(row.get(PERSON_ACCOUNT) for row in matches):
            return Refused("PERSON_ACCOUNT", ACCOUNT.format(person.address), "Email")
        free = [row for row in matches if not row[self._key_field]]
        if len(free) > 1 and self._choice == "dead_letter":
            return Refused("SEVERAL_MATCHES", SEVERAL.format(len(free), person.address), "Email")
        if free:
            return str(free[-1 if self._choice == "newest" else 0]["Id"])
        lead = person.address in leads
        return Refused("UNCONVERTED_LEAD", LEAD.format(person.address), "Email") if lead else None
