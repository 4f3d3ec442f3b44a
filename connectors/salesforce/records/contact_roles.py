"""Ties deals to contacts by OpportunityContactRole.

It has no key to upsert by, so a role is looked for before it is made.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from connectors.base import Link, Retry, Saved
from connectors.error_rules import ErrorOutcome
from connectors.salesforce.errors import SalesforceFailure
from connectors.salesforce.objects import api_name
from connectors.salesforce.records.row_writer import read_results
from connectors.salesforce.soql import in_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.salesforce.api import SalesforceApi

ROLE = "OpportunityContactRole"
REMEMBERED = 20_000

Pair = tuple[str, str]
"""The ids of an opportunity and of a contact."""


class ContactRoles:
    """Makes each contact's role on a deal, once.

    For an opportunity that it saw come into being, it need not look: there can be none yet.
    """

    def __init__(self, api: SalesforceApi) -> None:
        self._api = api
        self._new: OrderedDict[str, None] = OrderedDict()

    def born(self, opportunities: Iterable[str]) -> None:
        """Remember opportunities that were created just now."""
        self._new.update(dict.fromkeys(opportunities))
        while len(self._new) > REMEMBERED:
            self._new.popitem(last=False)

    async def make(self, links: Sequence[Link]) -> list[Saved | Retry | SalesforceFailure]:
        """Make the roles that are not there, each the primary one unless the opportunity has
        another. Up to two calls.
        """
        pairs = [_pair(link) for link in links]
        present, primary = await self._look(
            {
                pair[0]
                for pair, link in zip(pairs, links, strict=True)
                if self._may_exist(pair, link)
            }
        )
        for opportunity, _ in pairs:
            self._new.pop(opportunity, None)  # whatever comes of this call, the next one looks
        missing = []
        for pair in dict.fromkeys(pairs):
            if pair not in present:
                missing.append(_role(pair, primary=pair[0] not in primary))
                primary.add(pair[0])
        if missing:
            answer = await self._api.call(
                "POST", "composite/sobjects", {"allOrNone": False, "records": missing}, writes=True
            )
            made = read_results(answer, len(missing))
            present |= {
                (role["OpportunityId"], role["ContactId"]): result
                for role, result in zip(missing, made, strict=True)
            }
        return [_role_result(present[pair]) for pair in pairs]

    def _may_exist(self, pair: Pair, link: Link) -> bool:
        return link.doubtful or pair[0] not in self._new

    async def _look(
        self, opportunities: set[str]
    ) -> tuple[dict[Pair, Saved | SalesforceFailure], set[str]]:
        pieces = in_lists(sorted(opportunities))
        start = f"SELECT Id, OpportunityId, ContactId, IsPrimary FROM {ROLE} WHERE OpportunityId IN"
        rows = (
            await self._api.query(*(f"{start} ({piece})" for piece in pieces))
            if opportunities
            else []
        )
        present: dict[Pair, Saved | SalesforceFailure] = {
            (row["OpportunityId"], row["ContactId"]): Saved(row["Id"]) for row in rows
        }
        return present, {row["OpportunityId"] for row in rows if row["IsPrimary"]}


def _role_result(result: Saved | SalesforceFailure) -> Saved | Retry | SalesforceFailure:
    """Let a role wait whose Contact or Opportunity was deleted meanwhile: the next write makes that
    anew, with another id.
    """
    if isinstance(result, SalesforceFailure) and result.outcome is ErrorOutcome.GONE:
        return Retry(
            f"{result} → the Contact or the Opportunity was deleted; it is made anew first"
        )
    return result


def _pair(link: Link) -> Pair:
    return (
        (link.source_id, link.target_id)
        if api_name(link.source.object) == "Opportunity"
        else (link.target_id, link.source_id)
    )


def _role(pair: Pair, *, primary: bool) -> dict[str, Any]:
    return {
        "attributes": {"type": ROLE},
        "OpportunityId": pair[0],
        "ContactId": pair[1],
        "IsPrimary": primary,
    }
