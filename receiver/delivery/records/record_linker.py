"""Ties saved records to those that they link to, save the pairs that are known to be tied."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from connectors.base import Connector, Link, Links, Ref, Saved
from receiver.delivery.batch_splitter import BatchSplitter
from receiver.delivery.records.record_result import Known, RecordResult, Results, link_name


async def link_records(
    connector: Connector, calls: BatchSplitter, results: Results, known: Known
) -> None:
    """Make the links that are not there, and put what came of each into its record's result."""
    if not isinstance(connector, Links):
        return  # it has tied them within the write
    pairs = [pair for result in results.values() for pair in _missing_links(result, results, known)]
    pairs.sort(key=_objects)
    for (source, target), group in groupby(pairs, key=_objects):
        most = connector.limits.links
        for pair, verdict in await calls.call_in_parts(
            f"{source}>{target}", list(group), connector.link, most
        ):
            result = results[pair.source]
            result.links[pair.target] = verdict
            if isinstance(verdict, Saved):
                result.tied[link_name(pair.target)] = pair.target_id


def _objects(pair: Link) -> tuple[str, str]:
    return pair.source.object, pair.target.object


def _missing_links(result: RecordResult, results: Results, known: Known) -> Iterator[Link]:
    saved, record = result.verdict, result.merged.record
    if not isinstance(saved, Saved):
        return
    state = known.get(result.merged.ref)
    tied = state.links if state and state.id == saved.id else {}
    for target in record.links:
        target_id = _find_id(target, results, known)
        if target_id and tied.get(link_name(target)) != target_id:
            yield Link(record.ref, target, saved.id, target_id, doubtful=record.doubtful)


def _find_id(ref: Ref, results: Results, known: Known) -> str | None:
    result = results.get(ref)
    if result and isinstance(result.verdict, Saved):
        return result.verdict.id
    state = known.get(ref)
    return state.id if state else None
