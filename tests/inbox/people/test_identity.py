"""Whose an event is, by account and address."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from receiver.inbox.people.identity import KnownPeople

ANN, BEN, NEW, OLD = "ann@x.test", "ben@x.test", "new@x.test", "old@x.test"


class Site:
    """Events of one site after the other, each newer than those before."""

    def __init__(self) -> None:
        self.known = KnownPeople()
        self.number = 0

    def __call__(
        self,
        aom_id: str | None,
        address: str,
        *,
        at: int | None = None,
        source: str = "s",
        tells: bool = True,
    ) -> str:
        self.number += 1
        event_id = f"{self.number if at is None else at:04d}"
        return self.known.identify(source, aom_id, address, event_id, tells=tells)

    def now(self, person: str) -> str:
        """The address that a person has now."""
        theirs = {
            address: owner.since
            for address, owner in self.known.addresses.items()
            if owner.person_key == person
        }
        return max(theirs, key=theirs.__getitem__, default=person)


def test_an_account_with_another_address_is_the_same_person() -> None:
    """By whichever address an event comes after that, also without an id."""
    site = Site()
    assert [site("5", ANN), site("5", NEW), site(None, NEW), site(None, ANN)] == [ANN] * 4
    assert site.now(ANN) == NEW


def test_an_address_can_come_back() -> None:
    """The person has it again."""
    site = Site()
    for address in (ANN, NEW, ANN):
        assert site("5", address) == ANN
    assert site.now(ANN) == ANN


def test_no_id_joins_nobody() -> None:
    """Two people of whom no id is known stay two."""
    site = Site()
    assert [site(None, ANN), site(None, BEN), site(None, ANN)] == [ANN, BEN, ANN]


def test_the_same_id_at_two_sites_is_two_accounts() -> None:
    """Ids are each site's own."""
    site = Site()
    assert [site("5", ANN), site("5", BEN, source="t")] == [ANN, BEN]


def test_one_learner_at_two_sites_is_one_person() -> None:
    """An address is one person's everywhere; where one site has the new one, both follow."""
    site = Site()
    assert [site("5", ANN), site("9", ANN, source="t"), site("5", NEW)] == [ANN] * 3
    assert [site("9", ANN, source="t"), site("9", NEW, source="t")] == [ANN] * 2
    assert site.now(ANN) == NEW


def test_two_accounts_of_one_address_are_not_joined_further() -> None:
    """Of a family with one address only the first account is followed when it leaves."""
    site = Site()
    assert [site("5", ANN), site("6", ANN)] == [ANN, ANN]
    assert site("6", BEN) == BEN
    assert site("5", NEW) == ANN
    assert (site.now(ANN), site.now(BEN)) == (NEW, BEN)


def test_an_address_that_was_left_can_become_another_ones() -> None:
    """A second account that comes with it is a person of its own, from then on also without id."""
    site = Site()
    site("5", ANN)
    site("5", NEW)
    assert [site("6", ANN), site(None, ANN), site("5", NEW), site("6", ANN)] == [
        "s:6",
        "s:6",
        ANN,
        "s:6",
    ]
    assert (site.now(ANN), site.now("s:6")) == (NEW, ANN)


def test_an_account_may_take_what_another_has_left() -> None:
    """It stays the person that it was."""
    site = Site()
    site("5", ANN)
    site("6", BEN)
    site("5", NEW)
    assert [site("6", ANN), site(None, ANN), site(None, BEN)] == [BEN] * 3
    assert (site.now(ANN), site.now(BEN)) == (NEW, ANN)


def test_accounts_that_swap_addresses_stay_apart() -> None:
    """Each stays the person that it was, with the address that it had."""
    site = Site()
    site("5", ANN)
    site("6", BEN)
    assert [site("5", BEN), site("6", ANN)] == [ANN, BEN]
    assert (site.now(ANN), site.now(BEN)) == (ANN, BEN)


def test_an_address_without_an_account_is_taken_over() -> None:
    """An assignment, which has no id, may be the first to have the new address."""
    site = Site()
    site("5", ANN)
    assert [site(None, NEW), site("5", NEW), site(None, NEW)] == [NEW, ANN, ANN]


def test_an_order_is_the_accounts_and_changes_no_address() -> None:
    """It may be typed in with any; of an unknown account it is whoever the address is."""
    site = Site()
    site("5", ANN)
    assert site("5", BEN, tells=False) == ANN
    assert site("7", BEN, tells=False) == BEN
    assert (site.now(ANN), site(None, BEN)) == (ANN, BEN)


def test_what_is_late_sets_nothing_back() -> None:
    """History from before the change is the person's, and so is an address that it alone has."""
    site = Site()
    site("5", ANN, at=10)
    site("5", NEW, at=20)
    assert [site("5", ANN, at=15), site("5", OLD, at=5), site(None, OLD)] == [ANN] * 3
    assert site.now(ANN) == NEW


def test_history_that_comes_after_the_first_live_event_is_the_persons() -> None:
    """The address of long ago does not become the one of now."""
    site = Site()
    site("5", NEW, at=20)
    assert [site("5", ANN, at=5), site(None, ANN)] == [NEW, NEW]
    assert site.now(NEW) == NEW


ACCOUNT = st.sampled_from([None, "5", "6", "7"])
CALL = st.tuples(ACCOUNT, st.sampled_from([ANN, BEN, NEW, OLD]), st.booleans())


@given(st.lists(CALL, max_size=30))
def test_no_sequence_unites_two_accounts_with_addresses_of_their_own(
    calls: list[tuple[str | None, str, bool]],
) -> None:
    """Once two accounts are two persons they stay two; an account that has an address of its own
    stays one person for ever; and each address leads to one person, whose key stays.
    """
    site = Site()
    person: dict[str, str] = {}
    addresses: defaultdict[str, set[str]] = defaultdict(set)
    for aom_id, address, tells in calls:
        key = site(aom_id, address, tells=tells)
        addresses[address].add(key)
        held = {of: has.address for (_, of), has in site.known.accounts.items()}
        assert len(set(held.values())) == len(held)
        now = {of: site.known.person_of(has) for of, has in held.items()}
        assert len(set(now.values())) == len(now)
        assert all(now[of] == key for of, key in person.items())
        assert aom_id not in person or key == person[aom_id]
        person = now
        for one, owner in site.known.addresses.items():
            key = owner.person_key
            assert "@" not in key or key in site.known.addresses, one


@given(st.lists(st.tuples(ACCOUNT, st.sampled_from([ANN, BEN, NEW, OLD])), max_size=12))
def test_where_nothing_is_shared_each_account_is_one_person(
    calls: list[tuple[str | None, str]],
) -> None:
    """A model: accounts that each have addresses of their own are as many persons."""
    site = Site()
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for aom_id, address in calls:
        if aom_id is not None:
            keys[aom_id].add(site(aom_id, f"{aom_id}.{address}"))
    assert all(len(found) == 1 for found in keys.values())
