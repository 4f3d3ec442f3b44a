"""Compares two mappings over the events of a store."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from connectors import registry
from connectors.base import Limits
from receiver.comparison.compared_records import ComparedRecords
from receiver.comparison.differences import (
    CallCost,
    Comparison,
    ObjectDifference,
    ObjectTally,
    wanted_result,
)
from receiver.comparison.event_comparison import EventComparison
from receiver.comparison.route_pairs import RoutePairs
from receiver.comparison.setting_differences import differing_settings
from receiver.inbox import CallReader, EventFilter
from receiver.inbox.db.event_filter import ALL_EVENTS
from receiver.settings.mapping_document import MappingDocument

Progress = Callable[[int, int], None]

_NICE = 10


@dataclass(frozen=True, slots=True)
class ComparisonJob:
    """Which mappings, and which events of which store: of those that match the newest `limit`.

    `connector`: what is written to that one alone.
    """

    store_url: str
    before: MappingDocument
    after: MappingDocument
    events: EventFilter = ALL_EVENTS
    connector: str | None = None
    limit: int | None = None


def lower_priority() -> None:
    """Let this process wait for others on a machine that is busy: what comes in goes first."""
    if hasattr(os, "nice"):
        os.nice(_NICE)


def compare_mappings(job: ComparisonJob, progress: Progress) -> Comparison:
    """Render the events by both, in this process, and tell what differs.

    `progress` is called with the events done and all events. Raises ConfigError where a mapping
    can't be compiled, StoreUnavailable where the store can't be read.
    """
    pairs = RoutePairs(job.before, job.after, job.connector)
    with CallReader.open(job.store_url) as reader, closing(ComparedRecords()) as states:
        compared = EventComparison(pairs, (job.before.sources, job.after.sources), states)
        events = _take_events(job, reader, compared, pairs, progress)
        objects, to_write = _differences(states, pairs)
        faults = compared.new_faults.result(), compared.mended_faults.result()
        return Comparison(
            events=events,
            objects=objects,
            new_faults=faults[0],
            mended_faults=faults[1],
            unwanted=wanted_result(compared.unwanted),
            newly_wanted=wanted_result(compared.newly_wanted),
            people=states.count_people(compared.people),
            calls=_calls(job.after, to_write, reader.batch_sizes()),
            faulty=compared.faulty,
            unreadable=compared.unreadable,
            uncounted=not reader.counts_profiles(
                [one for one in job.after.sources if pairs.asks_for_profile(one)]
            ),
            again=states.events_again(),
            settings=differing_settings(job.before, job.after, job.connector),
        )


def _take_events(
    job: ComparisonJob,
    reader: CallReader,
    compared: EventComparison,
    pairs: RoutePairs,
    progress: Progress,
) -> int:
    """Returns how many events there were."""
    after = () if job.limit is None else (reader.before_newest(job.events, job.limit),)
    total, done = reader.count(job.events, *after), 0
    accepted = 0
    for page in reader.names(job.events, *after):
        for one in page:
            compared.note_wanted(one.source, one.name)
        for calls in reader.calls([one.id for one in page if pairs.find(one.source, one.name)]):
            compared.take(calls, reader)
        accepted += len(page)
        done = min(total, accepted)
        progress(done, total)
    return accepted


def _differences(
    states: ComparedRecords, pairs: RoutePairs
) -> tuple[tuple[ObjectDifference, ...], dict[tuple[str, str], int]]:
    """What differs by object, and how many records of each would be written."""
    tallies: dict[tuple[str, str], ObjectTally] = {}
    to_write: dict[tuple[str, str], int] = {}
    for number, (connector, object, key), state in states.differing():
        tally = tallies.setdefault((connector, object), ObjectTally())
        whole = pairs.touched[connector][object] is None
        written = tally.add(key, *(state.sides if whole else state.parts))
        if written:
            to_write[connector, object] = to_write.get((connector, object), 0) + 1
            states.deliver_again(
                connector, (event for name in written for event in state.origins.get(name, ()))
            )
        if written is not None:
            states.mark(number)
    found = tuple(one.result(*at) for at, one in sorted(tallies.items()) if one.differs)
    return found, to_write


def _calls(
    mapping: MappingDocument,
    to_write: Mapping[tuple[str, str], int],
    learnt: Mapping[str, Mapping[str, int]],
) -> tuple[CallCost, ...]:
    found = []
    for (connector, object), records in sorted(to_write.items()):
        configured = mapping.connectors[connector]
        limits: Limits = getattr(registry.types()[configured.type], "limits", Limits())
        sizes = (configured.batch_size, learnt.get(connector, {}).get(object), limits.records)
        size = min(one for one in sizes if one)
        found.append(CallCost(connector, object, records, size, -(-records // size)))
    return tuple(found)
