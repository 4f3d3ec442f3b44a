"""What linking records must keep, checked by reading back. A check's name is the promise."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.base import Link, Links, Record
from connectors.testing.trial import Check, NotTried, Trial, must


async def links_are_there(trial: Trial) -> None:
    """Records are linked after `link`, or after an `upsert` with `Record.links`."""
    for source_object, target_object in _kinds(trial):
        pair, other = [
            await make_pair(trial, number, source_object, target_object) for number in range(2)
        ]
        await link_pairs(trial, pair)
        await are_linked(trial, pair.link)
        await link_pairs(trial, other)
        await are_linked(trial, pair.link)
        await are_linked(trial, other.link)


async def linking_twice_is_harmless(trial: Trial) -> None:
    """Linking again, also as doubtful, leaves one link of each pair."""
    for source_object, target_object in _kinds(trial):
        pairs = [
            await make_pair(trial, number, source_object, target_object) for number in range(3)
        ]
        await link_pairs(trial, *pairs)
        await link_pairs(trial, *pairs)
        await link_pairs(trial, *reversed(pairs), doubtful=True)
        for pair in pairs:
            await are_linked(trial, pair.link)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records of the account that are to be linked."""

    source: Record  # with its id, and the target in its `links`
    link: Link


async def make_pair(trial: Trial, number: int, source_object: str, target_object: str) -> Pair:
    """Write two records, the source with its target in `links`, as the gateway does."""
    target = trial.record(number, target_object)
    (target_saved,) = await trial.save(target)
    source = trial.record(number, source_object, links=(target.ref,))
    (saved,) = await trial.save(source)
    link = Link(source.ref, target.ref, saved.id, target_saved.id)
    return Pair(replace(source, id=saved.id), link)


async def link_pairs(trial: Trial, *pairs: Pair, doubtful: bool = False) -> None:
    """Link what must be accepted, in a call of its own or by writing the sources again."""
    if isinstance(trial.connector, Links):
        await trial.link(*(replace(pair.link, doubtful=doubtful) for pair in pairs))
    else:
        await trial.save(*(replace(pair.source, doubtful=doubtful) for pair in pairs))


async def are_linked(trial: Trial, pair: Link) -> None:
    """See that the account holds one link of the pair."""
    stored = (await trial.read_account(pair.source.object)).get(pair.source_id)
    links = [] if stored is None else list(stored.links)
    must(
        links.count(pair.target_id) == 1,
        f"{pair.source.object} {pair.source_id} is linked to {pair.target.object} "
        f"{pair.target_id} once, but the account holds {links or 'no link'}",
    )


def _kinds(trial: Trial) -> list[tuple[str, str]]:
    if not trial.subject.links:
        raise NotTried("the subject has no `links`")
    return list(trial.subject.links)


CHECKS: tuple[Check, ...] = (links_are_there, linking_twice_is_harmless)
