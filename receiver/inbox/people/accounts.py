"""Finds the persons of events in the store, and keeps what these tell of accounts and addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import bindparam, delete, select, tuple_

from receiver.inbox.db.bulk_statements import ACCOUNTS, ADDRESSES, FORMER_ADDRESSES, KNOWN_PEOPLE
from receiver.inbox.db.errors import StoreUnavailable
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import account, person_address
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.people.identity import AccountAddress, AddressOwner, KnownPeople

_ROUNDS = 5  # each ends one race with another process for the same account or address


class IdentifiedCall(Protocol):
    """An event of which it is to be found whose it is.

    `account_ids`: address → AOM's id of the account, where the event has one. `tells_addresses`: it
    is the account's own address.
    """

    @property
    def source(self) -> str: ...
    @property
    def people(self) -> Sequence[str]: ...
    @property
    def account_ids(self) -> Mapping[str, str] | None: ...
    @property
    def tells_addresses(self) -> bool: ...


def identify_people(
    transaction: Transaction, calls: Sequence[tuple[str, IdentifiedCall]]
) -> list[dict[str, str]]:
    """Find for each event, with its id, whose each of its addresses is: address → person key, where
    that is another.

    On PostgreSQL another process may bring the same accounts or addresses at once. What is new is
    inserted, where the unique indexes tell who was first; an account that changes is locked, and
    looked at again; an address is changed only where it is as it was read.
    """
    asked = _asked(calls)
    locked = transaction.connection.dialect.name != "postgresql"
    for _ in range(_ROUNDS) if asked else ():
        known = _load(transaction, asked)
        owners = dict(known.addresses)
        found = [_identify(known, id, call) for id, call in calls]
        if not locked and (known.changed_accounts or known.changed_addresses):
            _lock(transaction, asked)
            locked = True
        elif _keep(transaction, known, owners):
            return found
    if asked:
        raise StoreUnavailable("other processes keep changing the same accounts")
    return [{} for _ in calls]


def _asked(calls: Sequence[tuple[str, IdentifiedCall]]) -> list[tuple[str, str, str]]:
    asked = {
        (call.source, _stored_id(call, address) or "", address)
        for _, call in calls
        for address in call.people
    }
    return list(asked)


def _stored_id(call: IdentifiedCall, address: str) -> str | None:
    id = (call.account_ids or {}).get(address)
    return storable_text(id) if id else None


def _identify(known: KnownPeople, event_id: str, call: IdentifiedCall) -> dict[str, str]:
    tells = call.tells_addresses
    keys = {
        address: known.identify(
            call.source, _stored_id(call, address), address, event_id, tells=tells
        )
        for address in call.people
    }
    return {address: key for address, key in keys.items() if key != address}


def _load(transaction: Transaction, asked: Sequence[tuple[str, str, str]]) -> KnownPeople:
    known = KnownPeople()
    for row in KNOWN_PEOPLE.fetch(transaction.connection, asked):
        source, aom_id, address, has, since, holder, *owners = row
        now, former = owners[:3], owners[3:]
        if has is not None:
            known.accounts[source, aom_id] = AccountAddress(has, since)
        if holder is not None:
            known.holders[source, address] = holder
        if now[0] is not None:
            known.addresses[address] = AddressOwner(*now)
        if former[0] is not None:
            known.addresses[has] = AddressOwner(*former)
    return known


def _lock(transaction: Transaction, asked: Sequence[tuple[str, str, str]]) -> None:
    accounts = sorted({(source, aom_id) for source, aom_id, _ in asked if aom_id})
    transaction.connection.execute(_LOCK, {"accounts": accounts}).all()


def _keep(transaction: Transaction, known: KnownPeople, owners: Mapping[str, AddressOwner]) -> bool:
    """False where another process was quicker: nothing is kept, all is to be looked at again."""
    if not (known.changed_accounts or known.changed_addresses):
        return _put_accounts(transaction, known)
    savepoint = transaction.connection.begin_nested()
    changed = sorted(known.changed_accounts - known.new_accounts)
    if changed:  # one may take what another one leaves
        transaction.connection.execute(_TAKE_OUT, {"accounts": changed})
    stored = _put_accounts(transaction, known) and _put_addresses(transaction, known, owners)
    if stored:
        savepoint.commit()
    else:
        savepoint.rollback()
    return stored


def _put_accounts(transaction: Transaction, known: KnownPeople) -> bool:
    accounts = sorted(known.new_accounts | known.changed_accounts)
    rows = [(*one, *known.accounts[one]) for one in accounts]
    return not rows or ACCOUNTS.execute(transaction.connection, rows) == len(rows)


def _put_addresses(
    transaction: Transaction, known: KnownPeople, owners: Mapping[str, AddressOwner]
) -> bool:
    """`owners`: whose they were when they were read."""
    addresses = sorted(known.changed_addresses)
    there = [one for one in addresses if one in owners]
    if there:
        values = {"addresses": there}
        found = transaction.connection.execute(_LOCK_ADDRESSES, values).all()
        if found != [(one, *owners[one]) for one in there]:
            return False
        transaction.connection.execute(_TAKE_OUT_ADDRESSES, values)
    FORMER_ADDRESSES.execute(transaction.connection, sorted(known.lost_addresses))
    rows = [(one, *known.addresses[one]) for one in addresses]
    return ADDRESSES.execute(transaction.connection, rows) == len(rows)


_THESE = tuple_(account.c.source, account.c.aom_id).in_(bindparam("accounts", expanding=True))
_LOCK = (
    select(account.c.aom_id)
    .where(_THESE)
    .order_by(account.c.source, account.c.aom_id)
    .with_for_update()
)
_TAKE_OUT = delete(account).where(_THESE)
_THESE_ADDRESSES = person_address.c.address.in_(bindparam("addresses", expanding=True))
_LOCK_ADDRESSES = (
    select(person_address)
    .where(_THESE_ADDRESSES)
    .order_by(person_address.c.address)
    .with_for_update()
)
_TAKE_OUT_ADDRESSES = delete(person_address).where(_THESE_ADDRESSES)
