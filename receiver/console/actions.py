"""The work behind the buttons, each with what came of it as a sentence."""

from __future__ import annotations

from receiver.admin import crm_erasure, replay_and_amend
from receiver.gateway import Gateway
from receiver.inbox import DeliverySelection, ErasedPerson, EventFilter
from receiver.inbox.reads.followed_deliveries import MOST_FOLLOWED
from receiver.jobs.job_runner import Job, Work


def replay_work(gateway: Gateway, selection: DeliverySelection) -> Work:
    """The job follows what was chosen, and what was made for routes that were added since."""

    async def work(job: Job) -> str:
        inbox = gateway.inbox
        job.deliveries = await inbox.find_newest_deliveries(selection)
        newest = (await inbox.read_change_mark()).delivery
        done = await replay_and_amend.replay_events(gateway, selection, progress=job.progress)
        if done.routed:
            of_these = DeliverySelection(events=done.routed_events[:MOST_FOLLOWED])
            made = await inbox.find_newest_deliveries(of_these, after=newest)
            job.deliveries = (*made, *job.deliveries)[:MOST_FOLLOWED]
        job.more = done.chosen + done.routed - len(job.deliveries)
        return _replayed(done)

    return work


def _replayed(done: replay_and_amend.ReplayOutcome) -> str:
    later = (
        f" With them {done.later:,} later of the same people, so that the order is kept."
        if done.later > 0
        else ""
    )
    routed = (
        f" {count_deliveries(done.routed)} made for routes that were added since."
        if done.routed
        else ""
    )
    return f"{count_deliveries(done.chosen)} replayed.{later}{routed}"


def discard_work(gateway: Gateway, selection: DeliverySelection) -> Work:
    async def work(_job: Job) -> str:
        number = await gateway.inbox.discard_selected(selection, now=gateway.now())
        return f"{count_deliveries(number)} discarded."

    return work


def discard_calls(gateway: Gateway, chosen: EventFilter) -> Work:
    async def work(_job: Job) -> str:
        return f"{_calls(await replay_and_amend.discard_calls(gateway, chosen))} discarded."

    return work


def revalidate_work(gateway: Gateway) -> Work:
    """Of all that is in quarantine."""

    async def work(_job: Job) -> str:
        return _judged(*await replay_and_amend.revalidate_quarantine(gateway))

    return work


def revalidate_calls(gateway: Gateway, chosen: EventFilter | tuple[str, ...]) -> Work:
    """Of those that are chosen, oldest first."""

    async def work(job: Job) -> str:
        ids = (
            await replay_and_amend.find_calls(gateway, chosen)
            if isinstance(chosen, EventFilter)
            else chosen
        )
        accepted = 0
        for number, id in enumerate(ids, 1):
            accepted += await replay_and_amend.revalidate_call(gateway, id)
            job.progress(number, len(ids))
        return _judged(accepted, len(ids) - accepted)

    return work


def _judged(accepted: int, remaining: int) -> str:
    return (
        f"{_calls(accepted)} accepted; {remaining:,} still {'has' if remaining == 1 else 'have'} "
        "faults."
    )


def erase_work(gateway: Gateway, email: str, *, in_crm: bool = False) -> Work:
    async def work(_job: Job) -> str:
        gone, crm = await crm_erasure.forget_person(gateway, email, in_crm=in_crm)
        done = [f"{one.connector}, done: {step}." for one in crm for step in one.steps]
        failed = [f"{one.connector}: {problem.message}." for one in crm for problem in one.failed]
        if failed:
            return " ".join(
                [
                    "Not erased.",
                    *done,
                    *failed,
                    "This gateway keeps what it knows of them: mend that, and repeat.",
                ]
            )
        return " ".join([*done, f"Erased: {_removed(gone)}."])

    return work


def _removed(gone: ErasedPerson) -> str:
    counted = (
        (gone.events, "event that was theirs alone", "events that were theirs alone"),
        (gone.shared, "event that goes on without them", "events that go on without them"),
        (gone.deliveries, "delivery", "deliveries"),
        (gone.attempts, "attempt", "attempts"),
        (gone.remotes, "id of a record in a CRM", "ids of records in a CRM"),
        (
            gone.mentions,
            "other place in which the address stood",
            "other places in which the address stood",
        ),
    )
    parts = [
        f"{number:,} {one if number == 1 else more}" for number, one, more in counted if number
    ]
    return ", ".join(parts) or "nothing of them was stored"


def count_deliveries(number: int) -> str:
    """The number with its noun."""
    return f"{number:,} {'delivery' if number == 1 else 'deliveries'}"


def _calls(number: int) -> str:
    return f"{number:,} {'call' if number == 1 else 'calls'}"
