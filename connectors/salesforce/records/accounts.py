"""The Account that new Contacts and Opportunities stand under; who stands under one stays there.

A Contact without an Account is private: only its owner and administrators see it
(Salesforce Help, "Private Contacts").
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.base import FieldNeed, Misconfigured, ObjectNeed
from connectors.salesforce.objects import api_name
from connectors.salesforce.records.free_mail import is_free_mail
from connectors.salesforce.records.lookup import FoundRow, fold_case, rows_of_object, select_queries
from connectors.salesforce.records.row_job import NewAccount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import Needs
    from connectors.salesforce.records.row_job import RowWrite
    from connectors.salesforce.settings import AccountSettings

LONGEST_NAME = 255
STAND_UNDER = {"Contact", "Opportunity"}
NO_ACCOUNT = (
    "[connectors.….account] names {} {!r}, and the org has no such Account that the run-as user "
    "can see"
)


class ContactAccounts:
    """Puts new Contacts under the fixed Account, or one of their own or of their organisation."""

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings

    def queries(self, jobs: Sequence[RowWrite]) -> list[str]:
        own = self._settings
        if own.policy == "fixed":
            return [fixed_account(own)]
        keys = [self._new_account(job).key for job in jobs if _is_open(job)]
        return select_queries(["Id", own.key_field], "Account", own.key_field, keys)

    def complete(self, jobs: Sequence[RowWrite], rows: Sequence[FoundRow]) -> None:
        """Give new Contacts their Account; who was found has an id by now."""
        new = [job for job in jobs if job.id is None and job.result is None and _is_open(job)]
        accounts = rows_of_object(rows, "Account")
        if self._settings.policy == "fixed":
            self._put_under(new, accounts)
        else:
            self._make_accounts(new, {fold_case(row[self._settings.key_field]) for row in accounts})

    def _put_under(self, new: Sequence[RowWrite], accounts: Sequence[FoundRow]) -> None:
        if not accounts:
            name = "id" if self._settings.id else "key"
            raise Misconfigured(NO_ACCOUNT.format(name, self._settings.id or self._settings.key))
        for job in new:
            job.row = job.row.having(AccountId=accounts[0]["Id"])

    def _make_accounts(self, new: Sequence[RowWrite], existing: set[str]) -> None:
        for job in new:
            account = self._new_account(job)
            job.account = None if account.key in existing else account
            job.row = job.row.having(Account={self._settings.key_field: account.key})

    def _new_account(self, job: RowWrite) -> NewAccount:
        domain = job.person.address.rpartition("@")[2]
        if self._settings.policy == "domain" and domain and not is_free_mail(domain):
            return NewAccount(domain, domain)
        names = (job.row.body.get("FirstName"), job.row.body.get("LastName"))
        full = " ".join(str(name) for name in names if name)
        name = full or job.person.address.partition("@")[0] or job.person.key
        return NewAccount(job.person.key, name[:LONGEST_NAME])


class DealAccounts:
    """Puts new Opportunities under the Account of their buyer, wherever staff has moved that
    one.
    """

    def __init__(self, key_field: str, contact_key: str) -> None:
        self._key_field = key_field
        self._contact_key = contact_key

    def queries(self, jobs: Sequence[RowWrite]) -> list[str]:
        new = [job for job in jobs if job.buyer and _is_open(job)]
        keys = [job.person.key for job in new]
        buyers = [job.buyer for job in new if job.buyer]
        columns = ["Id", self._contact_key, "AccountId"]
        return [
            *select_queries(["Id", self._key_field], "Opportunity", self._key_field, keys),
            *select_queries(columns, "Contact", self._contact_key, buyers),
        ]

    def complete(self, jobs: Sequence[RowWrite], rows: Sequence[FoundRow]) -> None:
        """Give new Opportunities the Account of their buyer, if that one has any."""
        existing = {fold_case(row[self._key_field]) for row in rows_of_object(rows, "Opportunity")}
        contacts = rows_of_object(rows, "Contact")
        accounts = {fold_case(row[self._contact_key]): row["AccountId"] for row in contacts}
        for job in jobs:
            account = accounts.get(job.buyer or "")
            if account and job.person.key not in existing and _is_open(job):
                job.row = job.row.having(AccountId=account)


def with_accounts(needs: Needs, settings: AccountSettings) -> list[ObjectNeed]:
    """Add to what the mapping writes what the policy does: the Accounts, and the places under
    them.
    """
    if settings.policy == "none":
        return [*needs]
    found = [_with_place(need) if api_name(need.object) in STAND_UNDER else need for need in needs]
    if settings.policy != "fixed" and any(api_name(need.object) == "Contact" for need in needs):
        place = ("account.policy",)
        account = ObjectNeed(
            "Account", settings.key_field, {"Name": FieldNeed("string", places=place)}
        )
        found.insert(0, account)
    return found


def _with_place(need: ObjectNeed) -> ObjectNeed:
    return replace(need, fields={"AccountId": FieldNeed(places=("account.policy",)), **need.fields})


def fixed_account(settings: AccountSettings) -> str:
    """Write the query for the one Account that is configured."""
    field, value = ("Id", settings.id) if settings.id else (settings.key_field, settings.key)
    return select_queries(["Id"], "Account", field, [str(value)])[0]


def _is_open(job: RowWrite) -> bool:
    """Tell whether the mapping leaves the Account to us."""
    return not {"AccountId", "Account"} & job.row.body.keys()
