"""Decides whose an event is: a learner whose address changes in AOM stays one person.

What is known is which account of a site has which address, and whose each address is. An address
that nobody has left is its own person, known by it. The rules:

- An account is followed: where it comes with another address, that is the same person's from then
  on, and the one that they have now.
- At each site an address is the first account's that comes with it, until that one leaves it.
  Others that share it are not followed: they are whoever the address is. An account that changes
  to an address which another account of the site has stays the person that it was.
- An address that an account has left is still its person's, for late events and those without an
  id; but another account of that site that comes with it is another person. Whose it was stays
  known: a CRM may have the first one by it still.
- Where the new address is already one of somebody's several addresses, the account is theirs from
  then on. Persons are never united otherwise.
- What happened before the account had its address of now changes nothing, whenever it comes.
- An order says which account it is of, and nothing of the account's address.

Touches no store: what is known comes in, what has changed is taken from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class AccountAddress(NamedTuple):
    """The address that an account has, and the id of the event that told it."""

    address: str
    since: str


class AddressOwner(NamedTuple):
    """Whose an address is. `left_at`: the site whose account had it and has another one now."""

    person_key: str
    since: str
    left_at: str | None = None


_LONG_AGO = ""  # before every event

AccountId = tuple[str, str]
"""Source, AOM's id."""


@dataclass(slots=True)
class KnownPeople:
    """What is known of some accounts and addresses, and what events have changed of it.

    `holders`: source and address → the id of the account that has it. `lost_addresses`: address and
    the key of the person who had it, where it has become another one's.
    """

    accounts: dict[AccountId, AccountAddress] = field(default_factory=dict)
    holders: dict[tuple[str, str], str] = field(default_factory=dict)
    addresses: dict[str, AddressOwner] = field(default_factory=dict)
    new_accounts: set[AccountId] = field(default_factory=set)
    changed_accounts: set[AccountId] = field(default_factory=set)
    changed_addresses: set[str] = field(default_factory=set)
    lost_addresses: set[tuple[str, str]] = field(default_factory=set)

    def person_of(self, address: str) -> str:
        """The key of the person whose this address is."""
        owner = self.addresses.get(address)
        return owner.person_key if owner else address

    def identify(
        self, source: str, aom_id: str | None, address: str, event_id: str, *, tells: bool
    ) -> str:
        """The key of the person that an event is about, by their account and address.

        `tells`: the address is the account's own. What the event tells is known from now on.
        """
        if aom_id is None:
            return self.person_of(address)
        known = self.accounts.get((source, aom_id))
        if not tells:
            return self.person_of(known.address if known else address)
        if known is None:
            if (source, address) not in self.holders:
                self._open(source, aom_id, address, event_id)
            return self.person_of(address)
        if known.address != address:
            return self._follow(source, aom_id, known, AccountAddress(address, event_id))
        return self.person_of(address)

    def _open(self, source: str, aom_id: str, address: str, event_id: str) -> None:
        owner = self.addresses.get(address)
        if owner and owner.left_at == source:  # another account's, which has left it
            self._give(address, AddressOwner(f"{source}:{aom_id}", event_id))
        self.new_accounts.add((source, aom_id))
        self._place(source, aom_id, AccountAddress(address, event_id))

    def _follow(self, source: str, aom_id: str, old: AccountAddress, new: AccountAddress) -> str:
        person = self.person_of(old.address)
        if (source, new.address) in self.holders:
            return person
        owner = self.addresses.get(new.address)
        before = self.addresses.get(old.address) or AddressOwner(person, old.since)
        if new.since <= old.since:  # an address that it had before
            if owner is None:
                self._give(new.address, AddressOwner(person, _LONG_AGO, source))
                self._give(old.address, before)
            return person
        if owner is None or owner.person_key == person or owner.left_at == source:
            self._give(new.address, AddressOwner(person, new.since))
        self._give(old.address, before._replace(left_at=source))
        self.holders.pop((source, old.address), None)
        self.changed_accounts.add((source, aom_id))
        self._place(source, aom_id, new)
        return self.person_of(new.address)

    def _give(self, address: str, owner: AddressOwner) -> None:
        before = self.addresses.get(address)
        if before and before.person_key != owner.person_key:
            self.lost_addresses.add((address, before.person_key))
        self.addresses[address] = owner
        self.changed_addresses.add(address)

    def _place(self, source: str, aom_id: str, has: AccountAddress) -> None:
        self.accounts[source, aom_id] = has
        self.holders[source, has.address] = aom_id
