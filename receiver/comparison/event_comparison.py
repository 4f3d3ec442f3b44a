"""Renders one stored event by both mappings, and folds what comes onto the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Record
from receiver.aom import (
    Event,
    InvalidBody,
    Profile,
    SourceContext,
    build_profile,
    read_event,
)
from receiver.comparison.compared_records import ComparedRecords
from receiver.comparison.differences import FaultTally
from receiver.comparison.route_pairs import RoutePair, RoutePairs, trim_record
from receiver.inbox import CallReader, KnownPerson, StoredCall
from receiver.mapping import MappingFault, Route
from receiver.mapping.language.environment import ENVIRONMENT
from receiver.mapping.language.limits import EventLimits
from receiver.mapping.language.scope import ExpressionScope

NO_PROFILE = Profile()

Rendered = tuple[Record, ...] | MappingFault
Sites = Mapping[str, SourceContext]
ProfilesNow = Mapping[tuple[str, str], Profile]


@dataclass(slots=True)
class _ReadEvent:
    """An event as it is read for either mapping; None for one that has not its source."""

    name: str
    addresses: tuple[str, ...]
    sides: tuple[Event | None, Event | None]
    people: dict[str, KnownPerson] = field(default_factory=dict)


class EventComparison:
    """Takes events oldest first. A delivery that one mapping cannot render is a fault, and what
    the other writes of it is not compared.
    """

    def __init__(
        self, pairs: RoutePairs, sites: tuple[Sites, Sites], states: ComparedRecords
    ) -> None:
        self._pairs = pairs
        self._sites = sites
        self._states = states
        self.new_faults, self.mended_faults = FaultTally(), FaultTally()
        self.unwanted, self.newly_wanted = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        self.faulty = self.unreadable = 0
        self.people: set[str] = set()  # of deliveries with a fault in one mapping

    def note_wanted(self, source: str, event: str) -> None:
        """Count an event that no route takes any more, or that one takes now."""
        before, after = self._pairs.wanted(source, event)
        if before != after:
            (self.unwanted if before else self.newly_wanted)[source, event] += 1

    def take(self, calls: Sequence[StoredCall], reader: CallReader) -> None:
        """Render events, by the names that they are recognised by now, for the people that their
        addresses are of now.
        """
        read = [(call, events) for call in calls if (events := self._read_both(call))]
        addresses = {address for _, events in read for address in events.addresses}
        people = reader.people(addresses) if addresses else {}
        for _, events in read:
            events.people = {
                address: people.get(address, KnownPerson(address, address))
                for address in events.addresses
            }
        profiles = self._find_profiles(read, reader)
        for call, events in read:
            for pair in self._pairs.find(call.source, events.name):
                for address in events.addresses:
                    self._compare(call, pair, address, events, profiles)

    def _read_both(self, call: StoredCall) -> _ReadEvent | None:
        read: dict[SourceContext, Event] = {}
        try:
            before, after = (
                self._read_call(call, sites.get(call.source), read) for sites in self._sites
            )
        except InvalidBody:
            self.unreadable += 1
            return None
        either = before or after
        return None if either is None else _ReadEvent(either.name, either.keys, (before, after))

    def _find_profiles(
        self, read: Sequence[tuple[StoredCall, _ReadEvent]], reader: CallReader
    ) -> tuple[ProfilesNow, ProfilesNow]:
        """Those that a mapping asks for, as they are now."""
        people = {
            (call.source, person.key)
            for call, events in read
            if self._pairs.asks_for_profile(call.source)
            for person in events.people.values()
        }
        known = reader.facts(people) if people else {}
        before, after = (
            {
                at: build_profile(facts, sites[at[0]])
                for at, facts in known.items()
                if at[0] in sites
            }
            for sites in self._sites
        )
        return before, after

    def _read_call(
        self, call: StoredCall, site: SourceContext | None, read: dict[SourceContext, Event]
    ) -> Event | None:
        if site is None:
            return None
        if site not in read:
            read[site] = read_event(call.body, site, call.named)
        return read[site]

    def _compare(
        self,
        call: StoredCall,
        pair: RoutePair,
        address: str,
        events: _ReadEvent,
        profiles: tuple[ProfilesNow, ProfilesNow],
    ) -> None:
        person = events.people[address]
        contexts: dict[int, dict[str, Any]] = {}
        for event, known in zip(events.sides, profiles, strict=True):
            if event is not None and id(event) not in contexts:
                contexts[id(event)] = event.context(
                    address,
                    id=call.id,
                    received_at=call.received_at,
                    person_key=person.key,
                    current=person.address,
                    profile=known.get((call.source, person.key), NO_PROFILE),
                )
        shared: dict[int, Rendered] = {}
        before, after = (
            _render(routes, contexts.get(id(event), {}), shared)
            for routes, event in zip((pair.before, pair.after), events.sides, strict=True)
        )
        if isinstance(before, MappingFault) or isinstance(after, MappingFault):
            self._note_fault(call, pair.connector, person.key, before, after)
            return
        touched = self._pairs.touched[pair.connector]
        for is_after, records in enumerate((before, after)):
            for whole in records:
                record = trim_record(whole, touched)
                if record is None:
                    continue
                state = self._states.find((pair.connector, record.object, record.key), person.key)
                if is_after:
                    state.fold_after(record, call.id)
                else:
                    state.fold_before(record)

    def _note_fault(
        self, call: StoredCall, connector: str, person: str, before: Rendered, after: Rendered
    ) -> None:
        if isinstance(before, MappingFault) and isinstance(after, MappingFault):
            self.faulty += 1
            return
        self.people.add(person)
        if isinstance(after, MappingFault):
            self.new_faults.add(connector, after.where, after.message, call.id)
        elif isinstance(before, MappingFault):
            self.mended_faults.add(connector, before.where, before.message, call.id)
            self._states.deliver_again(connector, (call.id,))


def _render(
    routes: Sequence[Route], context: Mapping[str, Any], shared: dict[int, Rendered]
) -> Rendered:
    """What the routes write of an event; one that was rendered for the other mapping already is
    not rendered again.
    """
    scope = ExpressionScope(ENVIRONMENT, context, EventLimits())
    records: list[Record] = []
    for route in routes:
        if (known := shared.get(id(route))) is None:
            try:
                known = tuple(route.render(scope))
            except MappingFault as fault:
                known = fault
            shared[id(route)] = known
        if isinstance(known, MappingFault):
            return known
        records += known
    return tuple(records)
