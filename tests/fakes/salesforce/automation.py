"""What an org's own automation does to a call: triggers that throw, governor limits, slowness, and
calls that overlap.

Sources: "Apex Developer Guide", Trigger Exceptions and Execution Governors and Limits; users'
reports of orgs whose automation takes 12, 70 or 115 rows, and of calls that commit after the client
has gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.fakes.salesforce.org import RowError, folded

if TYPE_CHECKING:
    from tests.fakes.salesforce.org import Org, Row

THREW = (
    "AomTrigger: execution of BeforeInsert\n\ncaused by: System.NullPointerException: "
    "Attempt to de-reference a null object\n\n"
    "Trigger.AomTrigger: line 7, column 1"
)
LIMIT = "AomRollup: System.LimitException: Apex CPU time limit exceeded"
TAKEN = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"


def transaction_error(org: Org, records: list[Row]) -> RowError | None:
    """Give the error that all rows of a call get, whoever is guilty: an exception that nobody
    handles ends the transaction.
    """
    options = org.options
    if options.most_rows is not None and len(records) > options.most_rows:
        return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", LIMIT)
    if options.throws_at is not None and any(
        options.throws_at in record.values() for record in records
    ):
        return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", THREW)
    return None


@asynccontextmanager
async def running(org: Org, records: list[Row]) -> AsyncIterator[None]:
    """Take the time that automation takes; rows that another call inserts meanwhile are taken when
    ours come to be written.
    """
    keys = {
        folded(value)
        for record in records
        for name, value in record.items()
        if name.endswith("_Key__c")
    }
    clashes = keys & org.under_way
    org.under_way |= keys
    try:
        await asyncio.sleep(len(records) * org.options.row_ms / 1000)
        org.taken = clashes
        yield
    finally:
        org.taken = set()
        org.under_way -= keys - clashes


def check_taken(org: Org, values: dict[str, Any]) -> None:
    """Raise RowError where another call that began before has the key."""
    if org.taken & {folded(value) for name, value in values.items() if name.endswith("_Key__c")}:
        raise RowError("DUPLICATE_VALUE", TAKEN)
