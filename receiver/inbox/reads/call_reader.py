"""Reads stored calls in their order, page by page, from a process beside the gateway."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, Self, TypeVar

from sqlalchemy import BindParameter, Engine, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from receiver.facts import KnownFacts
from receiver.inbox.db.engine import open_read_only
from receiver.inbox.db.errors import StoreUnavailable, as_unavailable
from receiver.inbox.db.event_filter import EventFilter, PageTurn, select_page
from receiver.inbox.db.tables import event, literal, person_address, uncounted
from receiver.inbox.db.transaction import Transaction
from receiver.inbox.operation import connector_state, mapping_history
from receiver.inbox.operation.mapping_history import MappingVersion
from receiver.inbox.people.addresses import KnownPerson, addresses_of
from receiver.inbox.profiles.stored_facts import PersonAt, find_known_facts
from receiver.inbox.profiles.uncounted_events import find_starts
from receiver.inbox.reads.coverage import StoredCall, find_calls

T = TypeVar("T")

PAGE = 500  # events that are looked up at once
MOST_BYTES = 8 * 1024 * 1024  # of bodies in memory at once, unless one alone is longer
MOST_PEOPLE = 5_000  # in a statement: databases bound the number of its parameters
ALL = "0" * 32
"""The id that all others come after."""

_MOST = 10**12
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_SIZES = select(event.c.id, func.length(event.c.body)).where(event.c.id.in_(_IDS))
_NAMES = (
    select(event.c.id, event.c.source, event.c.name)
    .where(event.c.id.in_(_IDS), event.c.state == literal("accepted"))
    .order_by(event.c.id)
)
_UNCOUNTED = (
    select(uncounted.c.event_id)
    .join(event, event.c.id == uncounted.c.event_id)
    .where(event.c.source.in_(bindparam("sources", expanding=True)))
    .limit(1)
)
_KEYS = select(person_address.c.address, person_address.c.person_key).where(
    person_address.c.address.in_(bindparam("addresses", expanding=True))
)


class NamedEvent(NamedTuple):
    """An accepted event without its body."""

    id: str
    source: str
    name: str


class CallReader:
    """Each page is a transaction of its own, which is over before the page is handed out: neither
    database has to keep anything for a reader that takes its time.

    Everything raises StoreUnavailable where the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    @contextmanager
    def open(cls, url: str) -> Iterator[Self]:
        """Of the database of a URL, beside whoever writes to it."""
        engine = open_read_only(url)
        try:
            yield cls(engine)
        finally:
            engine.dispose()

    def before_newest(self, chosen: EventFilter, number: int) -> str:
        """After which id the newest so many events of the filter come."""
        page = select_page(chosen, PageTurn(number)).subquery()
        oldest = self._run_read(lambda one: one.connection.scalar(select(func.min(page.c.id))))
        return ALL if oldest is None else f"{int(oldest, 16) - 1:032x}"

    def count(self, chosen: EventFilter, after: str = ALL) -> int:
        """How many events match, those in quarantine with them."""
        turn = PageTurn(_MOST, after=after)
        found = select_page(chosen, turn).order_by(None).subquery()
        return self._run_read(
            lambda one: one.connection.scalar(select(func.count()).select_from(found)) or 0
        )

    def names(self, chosen: EventFilter, after: str = ALL) -> Iterator[list[NamedEvent]]:
        """Pages of the events that match and are accepted, oldest first."""
        while ids := self._ids(chosen, after):
            yield self._run_read(partial(_find_names, ids=ids))
            after = ids[-1]

    def calls(self, ids: Sequence[str]) -> Iterator[list[StoredCall]]:
        """The calls of accepted events, oldest first, as many at once as fit into memory."""
        for some in self._that_fit(ids):
            yield self._run_read(partial(find_calls, ids=some))

    def people(self, addresses: Collection[str]) -> Mapping[str, KnownPerson]:
        """By their addresses, those who have or had several."""
        found: dict[str, KnownPerson] = {}
        for some in _parts(addresses):
            found |= self._run_read(partial(_people, addresses=some))
        return found

    def facts(self, people: Collection[PersonAt]) -> Mapping[PersonAt, KnownFacts]:
        """All that is known of these people, by source and person key."""
        found: dict[PersonAt, KnownFacts] = {}
        for some in _parts(people):
            found |= self._run_read(partial(find_known_facts, people=some))
        return found

    def counts_profiles(self, sources: Collection[str]) -> bool:
        """Whether all events of these sources are counted into the profiles of people."""
        given = {"sources": sorted(sources)}
        return self._run_read(
            lambda one: (
                find_starts(one).keys() >= set(sources)
                and one.connection.execute(_UNCOUNTED, given).first() is None
            )
        )

    def batch_sizes(self) -> Mapping[str, Mapping[str, int]]:
        """Connector → object → records that its CRM takes in a call, where that was learnt."""
        states = self._run_read(connector_state.find_states)
        return {name: one.sizes for name, one in states.items()}

    def mappings(self) -> Sequence[MappingVersion]:
        """Those that were in force lately, the newest first."""
        return self._run_read(mapping_history.list_mappings)

    def _ids(self, chosen: EventFilter, after: str) -> list[str]:
        turn = PageTurn(PAGE, after=after)
        return self._run_read(lambda one: list(one.connection.scalars(select_page(chosen, turn))))

    def _that_fit(self, ids: Sequence[str]) -> Iterator[list[str]]:
        sizes = self._run_read(partial(_sizes, ids=ids))
        some: list[str] = []
        total = 0
        for id in ids:
            if some and total + sizes.get(id, 0) > MOST_BYTES:
                yield some
                some, total = [], 0
            some.append(id)
            total += sizes.get(id, 0)
        if some:
            yield some

    def _run_read(self, work: Callable[[Transaction], T]) -> T:
        try:
            with self._engine.connect() as connection, connection.begin():
                return work(Transaction(connection))
        except SQLAlchemyError as error:
            raise StoreUnavailable(str(as_unavailable(error))) from error


def _parts(people: Collection[T]) -> Iterator[list[T]]:
    """As many at once as a statement takes."""
    every = list(people)
    for start in range(0, len(every), MOST_PEOPLE):
        yield every[start : start + MOST_PEOPLE]


def _people(transaction: Transaction, addresses: Collection[str]) -> dict[str, KnownPerson]:
    rows = transaction.connection.execute(_KEYS, {"addresses": sorted(addresses)})
    keys: dict[str, str] = {row.address: row.person_key for row in rows}
    theirs = addresses_of(transaction, keys.values())
    return {
        address: KnownPerson(key, theirs.get(key, (address,))[0]) for address, key in keys.items()
    }


def _find_names(transaction: Transaction, ids: Sequence[str]) -> list[NamedEvent]:
    rows = transaction.connection.execute(_NAMES, {"ids": list(ids)})
    return [NamedEvent(*row) for row in rows]


def _sizes(transaction: Transaction, ids: Sequence[str]) -> dict[str, int]:
    rows = transaction.connection.execute(_SIZES, {"ids": list(ids)})
    return {row[0]: row[1] for row in rows}
