"""The work behind the buttons, each with what came of it as a sentence."""

from __future__ import annotations

from receiver.api import mending
from receiver.background import Job, Work
from receiver.gateway import Gateway
from receiver.inbox import Erased, Filter, Selection


def replay(gateway: Gateway, selection: Selection) -> Work:
    async def work(job: Job) -> str:
        done = await mending.replay(gateway, selection, progress=job.progress)
        later = done.again - done.chosen
        also = f" With them {later:,} later of the same people, so that the order is kept." if later > 0 else ""
        return f"{_deliveries(done.chosen)} replayed.{also}"

    return work


def discard(gateway: Gateway, selection: Selection) -> Work:
    async def work(_job: Job) -> str:
        return f"{_deliveries(await gateway.inbox.discard(selection, now=gateway.now()))} discarded."

    return work


def discard_calls(gateway: Gateway, chosen: Filter) -> Work:
    async def work(_job: Job) -> str:
        return f"{_calls(await mending.discard_calls(gateway, chosen))} discarded."

    return work


def revalidate(gateway: Gateway, ids: tuple[str, ...] | None = None) -> Work:
    """Of all that is in quarantine, or of these."""

    async def work(job: Job) -> str:
        if ids is None:
            accepted, remaining = await mending.revalidate(gateway)
        else:
            accepted = remaining = 0
            for number, id in enumerate(ids, 1):
                kept = await mending.revalidate_one(gateway, id)
                accepted, remaining = accepted + kept, remaining + (not kept)
                job.progress(number, len(ids))
        return f"{_calls(accepted)} accepted; {remaining:,} still {'has' if remaining == 1 else 'have'} faults."

    return work


def erase(gateway: Gateway, email: str) -> Work:
    async def work(_job: Job) -> str:
        return f"Erased: {_removed(await gateway.inbox.erase(email))}."

    return work


def _removed(gone: Erased) -> str:
    counted = (
        (gone.events, "events that were theirs alone"),
        (gone.shared, "events that go on without them"),
        (gone.deliveries, "deliveries"),
        (gone.attempts, "attempts"),
        (gone.remotes, "ids of records in a CRM"),
        (gone.mentions, "other places in which the address stood"),
    )
    return ", ".join(f"{number:,} {what}" for number, what in counted if number) or "nothing of them was stored"


def _deliveries(number: int) -> str:
    return f"{number:,} {'delivery' if number == 1 else 'deliveries'}"


def _calls(number: int) -> str:
    return f"{number:,} {'call' if number == 1 else 'calls'}"
