"""The page Attention: what waits for a decision, grouped by its reason; and what is being done
about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin import presenters
from receiver.console import actions
from receiver.console.action_results import carry_out
from receiver.console.page import Console
from receiver.console.session import PATH
from receiver.console.views.group_download import write_groups
from receiver.console.views.paging import page_address
from receiver.console.views.table_file import file_kind, file_links, file_response
from receiver.inbox.reads.attention_groups import Order
from receiver.jobs.job_runner import Job

ATTENTION = f"{PATH}/attention"
DOWNLOAD = f"{ATTENTION}/download/{{kind}}"
MOST = 100  # groups of each kind on a page
_FURTHEST = 10**6
_DIGITS = 9  # of a number that is read at all


def routes(console: Console) -> list[Route]:
    pages = AttentionPage(console)
    return [
        console.get(ATTENTION, pages.show),
        console.get(DOWNLOAD, pages.download),
        console.post(f"{ATTENTION}/revalidate", pages.revalidate),
    ]


@dataclass(frozen=True, slots=True)
class AttentionPart:
    """Which groups of a kind are on the page, and the addresses of its neighbours; None where there
    is none.
    """

    first: int
    last: int
    number: int
    before: str | None
    after: str | None


class AttentionPage:
    """Dead deliveries and calls in quarantine, the largest groups first or the newest."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        by = _order(request)
        skip, inbox = _skip(request), self._gateway.inbox
        dead, quarantined = await inbox.list_groups(most=MOST, skip=skip, by=by)
        number = await inbox.count_groups()
        status = await self._gateway.standing.status()
        running, ended = _troubled(await self._gateway.lasting.list_jobs())
        return self._console.page(
            request,
            "attention.html",
            by=by,
            dead=[(presenters.present_dead_group(one), one.example) for one in dead],
            quarantined=[
                (presenters.present_quarantined_group(one), one.example) for one in quarantined
            ],
            dead_part=_part(skip, len(dead), number.dead, by),
            quarantined_part=_part(skip, len(quarantined), number.quarantined, by),
            connectors=[(name, one.dead) for name, one in status.connectors.items() if one.dead],
            files=file_links(DOWNLOAD, _asked(by)),
            running=running,
            ended=ended,
        )

    async def download(self, request: Request) -> Response:
        """All groups, in the order that the page has."""
        kind = file_kind(request.path_params["kind"])
        pieces = write_groups(self._gateway.inbox, _order(request), kind)
        return file_response("attention", kind, pieces)

    async def revalidate(self, request: Request) -> Response:
        work = actions.revalidate_work(self._gateway)
        return self._console.redirect(
            request,
            ATTENTION,
            await carry_out(self._console, request, "Checking the quarantine again", work),
        )


def _order(request: Request) -> Order:
    return "newest" if request.query_params.get("by") == "newest" else "largest"


def _asked(by: Order) -> dict[str, str]:
    return {"by": "newest"} if by == "newest" else {}


def _skip(request: Request) -> int:
    given = request.query_params.get("skip", "")
    is_number = given.isascii() and given.isdigit() and len(given) <= _DIGITS
    return min(int(given), _FURTHEST) if is_number else 0


def _part(skip: int, shown: int, number: int, by: Order) -> AttentionPart:
    asked = _asked(by)

    def at(place: int) -> str:
        return page_address(ATTENTION, asked, **({"skip": str(place)} if place > 0 else {}))

    after = at(skip + MOST) if skip + shown < number and shown else None
    return AttentionPart(skip + 1, skip + shown, number, at(skip - MOST) if skip else None, after)


def _troubled(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """What is under way or has failed, which is to be seen first; and what ended well."""
    return [job for job in jobs if job.state != "done"], [
        job for job in jobs if job.state == "done"
    ]
