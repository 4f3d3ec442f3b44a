"""Which addresses a person has, and by which keys they are found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, literal, select, update

from receiver.inbox.db.event_filter import events_of
from receiver.inbox.db.person_keys import keys_in_events, lane_keys_of
from receiver.inbox.db.tables import (
    account,
    former_address,
    person_address,
)
from receiver.inbox.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class PersonNames:
    """What a person is known by. `keys` are of lanes: of someone who had several addresses before
    these were joined, more than one. `addresses`: the one of now first.
    """

    key: str
    keys: tuple[str, ...]
    addresses: tuple[str, ...]


class KnownPerson(NamedTuple):
    """The key by which a person is known, and the address that they have now."""

    key: str
    address: str


def find_people_in(
    transaction: Transaction, event_id: str, addresses: Collection[str]
) -> dict[str, KnownPerson]:
    """Whom these addresses in an event are of, for those who are known by another key or have
    another address now.
    """
    keys = keys_in_events(transaction.connection, [event_id]).get(event_id, {})
    people = {address: keys.get(address, address) for address in addresses}
    now = addresses_of(transaction, people.values())
    known = {at: KnownPerson(key, now.get(key, (key,))[0]) for at, key in people.items()}
    return {at: one for at, one in known.items() if one != (at, at)}


def addresses_of(transaction: Transaction, keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Person key → their addresses, the one of now first, where it is not the key alone."""
    rows = transaction.connection.execute(_ADDRESSES, {"keys": sorted(set(keys))})
    return {
        key: tuple(row.address for row in found)
        for key, found in groupby(rows, key=lambda row: row.person_key)
    }


def lost_addresses_of(transaction: Transaction, keys: Collection[str]) -> dict[str, list[str]]:
    """Person key → the addresses that they have had and that are another one's now."""
    lost: dict[str, list[str]] = {}
    for row in transaction.connection.execute(_LOST, {"keys": sorted(set(keys))}):
        lost.setdefault(row.person_key, []).append(row.address)
    return lost


def former_owners_of(transaction: Transaction, addresses: Collection[str]) -> dict[str, list[str]]:
    """Address → the keys of the persons who have had it, where it became another one's."""
    owners: dict[str, list[str]] = {}
    for row in transaction.connection.execute(_OWNERS, {"addresses": sorted(set(addresses))}):
        owners.setdefault(row.address, []).append(row.person_key)
    return owners


def find_names(transaction: Transaction, given: str) -> PersonNames:
    """What the person is known by whose address or key this is; of nobody, that alone."""
    keys = list(transaction.connection.scalars(lane_keys_of(given)))
    found = transaction.connection.scalar(_KEY, {"given": given}) or given
    return PersonNames(found, tuple(keys), addresses_of(transaction, [found]).get(found, (given,)))


def forget_names(transaction: Transaction, given: str, erased: PersonNames) -> PersonNames | None:
    """Forget whose the erased addresses are: last, for a second run needs to know them.

    Where more has come of the person since, nothing is forgotten: returns what is to be erased.
    """
    lock_accounts(transaction, erased)  # none of them gets another address now
    names = find_names(transaction, given)
    more = transaction.connection.scalar(events_of(names.keys).limit(1)) is not None
    if more or not set(names.addresses) <= set(erased.addresses):
        return names
    forget_addresses(transaction, names)
    return None


def lock_accounts(transaction: Transaction, names: PersonNames) -> None:
    """Keep the accounts that have these addresses as they are until the commit."""
    transaction.connection.execute(_LOCK_ACCOUNTS, {"of": list(names.addresses)})


def forget_addresses(transaction: Transaction, names: PersonNames) -> None:
    """Forget whose these addresses are, and the accounts that have them.

    One that another person had before, and is still known by, does not become theirs again.
    """
    transaction.connection.execute(_FORGET_ACCOUNTS, {"of": list(names.addresses)})
    transaction.connection.execute(_FORGET, {"key": names.key})
    transaction.connection.execute(_FORGET_LOST, {"key": names.key})
    transaction.connection.execute(_KEEP_APART, {"key": names.key})


_KEY = select(person_address.c.person_key).where(person_address.c.address == bindparam("given"))
_ADDRESSES = (
    select(person_address.c.person_key, person_address.c.address)
    .where(person_address.c.person_key.in_(bindparam("keys", expanding=True)))
    .order_by(person_address.c.person_key, person_address.c.since.desc(), person_address.c.address)
)
_LOST = (
    select(former_address)
    .where(former_address.c.person_key.in_(bindparam("keys", expanding=True)))
    .order_by(former_address.c.address)
)
_OWNERS = (
    select(former_address)
    .where(former_address.c.address.in_(bindparam("addresses", expanding=True)))
    .order_by(former_address.c.person_key)
)
_FORGET_LOST = delete(former_address).where(former_address.c.person_key == bindparam("key"))
_OTHERS = person_address.alias("others")
_THEIRS = person_address.c.person_key == bindparam("key")
_ANOTHERS_KEY = and_(
    person_address.c.address != bindparam("key"),
    exists().where(_OTHERS.c.person_key == person_address.c.address),
)
_FORGET = delete(person_address).where(_THEIRS, ~_ANOTHERS_KEY)
_KEEP_APART = (
    update(person_address)
    .where(_THEIRS, _ANOTHERS_KEY)
    .values(person_key=literal("forgotten:") + person_address.c.since)
)
_THEIR_ACCOUNTS = account.c.address.in_(bindparam("of", expanding=True))
_LOCK_ACCOUNTS = (
    select(account.c.aom_id)
    .where(_THEIR_ACCOUNTS)
    .order_by(account.c.source, account.c.aom_id)
    .with_for_update()
)
_FORGET_ACCOUNTS = delete(account).where(_THEIR_ACCOUNTS)
