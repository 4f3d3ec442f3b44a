"""Tying records together by batch associate.

HubSpot can answer 2xx and tie nothing: each pair counts only where it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.base import Outcome, Retry, Saved
from connectors.hubspot.error_body import HubSpotError, read_error
from connectors.hubspot.errors import HubSpotCallRefused, call_error, record_outcome
from connectors.hubspot.json_answers import items_of
from connectors.hubspot.paths import object_type
from connectors.hubspot.records.result_match import MULTI_STATUS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.base import Link
    from connectors.hubspot.api import HubSpotApi

Pair = tuple[str, str]  # the two records' ids

NOT_NAMED = "HubSpot's answer does not name this link"


async def link_records(pairs: Sequence[Link], api: HubSpotApi) -> list[Outcome]:
    """Outcomes in the order of the pairs; one call for each pair of objects among them.

    Raises what concerns all of them.
    """
    kinds: dict[tuple[str, str], dict[Pair, None]] = {}
    for pair in pairs:
        kinds.setdefault(_kind(pair), {})[pair.source_id, pair.target_id] = None
    outcomes = {
        kind: await associate_pairs(api, api.paths.associate(*kind), list(ids))
        for kind, ids in kinds.items()
    }
    return [outcomes[_kind(pair)][pair.source_id, pair.target_id] for pair in pairs]


def _kind(pair: Link) -> tuple[str, str]:
    return object_type(pair.source.object), object_type(pair.target.object)


async def associate_pairs(api: HubSpotApi, path: str, pairs: Sequence[Pair]) -> dict[Pair, Outcome]:
    """Tie pairs of ids of two objects; the outcome of each."""
    body = {"inputs": [{"from": {"id": source}, "to": {"id": target}} for source, target in pairs]}
    try:
        data = await api.call("POST", path, body)
    except HubSpotCallRefused as error:
        if len(pairs) > 1:
            raise
        return {pairs[0]: record_outcome(error.fault)}
    tied = _tied(data)
    faults = [read_error(item, MULTI_STATUS) for item in items_of(data, "errors")]
    outcomes: dict[Pair, Outcome] = {pair: Saved("") for pair in pairs if pair in tied}
    for pair in pairs:
        if pair in tied:
            continue
        if fault := _fault_of(pair, pairs, faults):
            outcomes[pair] = record_outcome(fault)
        elif not faults:
            outcomes[pair] = Retry(NOT_NAMED)
        elif tied:  # alone, a fault can be about nothing else
            outcomes |= await associate_pairs(api, path, [pair])
        else:
            raise call_error(faults[0])  # as if the whole batch had been refused
    return outcomes


def _tied(data: Mapping[str, Any]) -> set[Pair]:
    """Collect the pairs that the answer names, in either direction: HubSpot names one or both."""
    named = [(_id(item, "from"), _id(item, "to")) for item in items_of(data, "results")]
    return {pair for one, other in named for pair in ((one, other), (other, one))}


def _id(item: Mapping[str, Any], end: str) -> str:
    """Read an end's id: `{"from": {"id": …}}`, or `fromObjectId` as other association calls have
    it.
    """
    nested = item.get(end)
    return str(nested.get("id")) if isinstance(nested, dict) else str(item.get(f"{end}ObjectId"))


def _fault_of(pair: Pair, pairs: Sequence[Pair], faults: list[HubSpotError]) -> HubSpotError | None:
    if len(pairs) == 1:
        return faults[0] if faults else None
    return next((fault for fault in faults if set(pair) <= fault.ids), None)
