"""What came of an action, told to whoever asked for it: at once, or that it is still under way."""

from __future__ import annotations

from starlette.requests import Request

from receiver.console.page import Console, PageNotice
from receiver.jobs.job_runner import Job, Work

_PATIENCE = 2.0  # seconds that a page may take for an action


async def carry_out(console: Console, request: Request, what: str, work: Work) -> PageNotice:
    """`begin_work`, with what is known of it after a moment."""
    return _notice_of(await begin_work(console, request, what, work))


async def begin_work(console: Console, request: Request, what: str, work: Work) -> Job:
    """Begin it in the background. Attention shows how far it is and what came of it, the audit who
    asked for it.
    """
    gateway = console.gateway

    async def noted(job: Job) -> str:
        async with console.note_act(request) as act:
            act.result = await work(job)
            return act.result

    return await gateway.background.start(what, noted, now=gateway.now(), patience=_PATIENCE)


def _notice_of(job: Job) -> PageNotice:
    match job.state:
        case "done":
            return PageNotice(job.result)
        case "running":
            return PageNotice(f"{job.what}: under way. Attention shows how far it is.", "warn")
        case _:
            return PageNotice(f"{job.what}: {job.state}. {job.result}", "bad")
