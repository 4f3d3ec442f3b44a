"""One group of what needs attention: its events, to replay or discard all of them, or some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin import attention_groups
from receiver.admin.operation import NotFound
from receiver.console import actions
from receiver.console.action_results import carry_out
from receiver.console.page import Console, PageNotice
from receiver.console.pages.attention.attention import ATTENTION
from receiver.console.pages.events import DOWNLOAD, group_reasons
from receiver.console.replays import AskedReplay, ask_or_replay
from receiver.console.views.paging import turn_page
from receiver.console.views.table_file import file_links
from receiver.inbox import AttentionGroup, DeliverySelection, EventFilter
from receiver.inbox.db.storable_text import storable_text
from receiver.jobs.job_runner import Work

_LATER = {
    "dead": (
        "deliveries",
        (
            "They are not delivered. The events stay, and can be replayed later, until they are "
            "purged."
        ),
    ),
    "quarantined": (
        "calls",
        (
            "They are not delivered. The calls stay, and each can be checked again on its page, "
            "until it is purged."
        ),
    ),
}
NOTHING_TICKED = PageNotice("Nothing was ticked, so nothing was done.", "warn")


def routes(console: Console) -> list[Route]:
    pages = GroupPages(console)
    one = f"{ATTENTION}/{{group}}"
    return [
        console.get(one, pages.show),
        console.post(f"{one}/replay", pages.replay),
        console.post(f"{one}/discard", pages.discard),
        console.post(f"{one}/revalidate", pages.revalidate),
    ]


class GroupPages:
    """The page of a group and its actions.

    These concern the whole group, or the events that are ticked in the form.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        try:
            group, chosen = await self._find(request)
        except NotFound:
            return self._gone(request)
        id = request.path_params["group"]
        turned = await turn_page(
            self._gateway.inbox, chosen, f"{ATTENTION}/{id}", {}, request.query_params
        )
        return self._console.page(
            request,
            "group.html",
            id=id,
            group=group,
            dead=chosen.state == "dead",
            reasons=group_reasons(group),
            turned=turned,
            files=file_links(DOWNLOAD, {"group": id}),
        )

    async def replay(self, request: Request) -> Response:
        aim = await self._aim(request)
        if isinstance(aim, Response):
            return aim
        group, chosen = aim
        asked = AskedReplay(
            f"Replay: {_number(group, chosen):,} at {group.where}",
            DeliverySelection(filter=chosen),
            f"{self._address(request)}/replay",
            self._address(request),
            _fields(chosen),
        )
        return await ask_or_replay(self._console, request, asked)

    async def revalidate(self, request: Request) -> Response:
        return await self._act(
            request,
            "Checking again",
            lambda chosen: actions.revalidate_calls(self._gateway, chosen),
        )

    async def discard(self, request: Request) -> Response:
        if request.state.form.get("confirmed") != "yes":
            return await self._confirm(request)
        return await self._act(request, "Discarding", self._discarding)

    def _discarding(self, chosen: EventFilter) -> Work:
        if chosen.state == "quarantined":
            return actions.discard_calls(self._gateway, chosen)
        return actions.discard_work(self._gateway, DeliverySelection(filter=chosen))

    async def _act(
        self, request: Request, what: str, work: Callable[[EventFilter], Work]
    ) -> Response:
        aim = await self._aim(request)
        if isinstance(aim, Response):
            return aim
        group, chosen = aim
        title = f"{what}: {_number(group, chosen):,} at {group.where}"
        notice = await carry_out(self._console, request, title, work(chosen))
        return self._console.redirect(request, ATTENTION, notice)

    async def _confirm(self, request: Request) -> Response:
        aim = await self._aim(request)
        if isinstance(aim, Response):
            return aim
        group, chosen = aim
        scope = (
            f"all {group.count:,}"
            if chosen.ids is None
            else f"{len(chosen.ids):,} of {group.count:,}"
        )
        what, later = _LATER[group.kind]
        return self._console.page(
            request,
            "confirm.html",
            title=f"Discard {scope} {what}?",
            says=[*group_reasons(group)[:5], later],
            action=f"{self._address(request)}/discard",
            fields=_fields(chosen),
            button="Discard",
            back=self._address(request),
        )

    async def _aim(self, request: Request) -> tuple[AttentionGroup, EventFilter] | Response:
        """The group, and what of it the action concerns; or where to go instead, since that is
        nothing.
        """
        try:
            group, whole = await self._find(request)
        except NotFound:
            return self._gone(request)
        chosen = self._chosen(request, whole)
        if chosen.ids == ():
            return self._console.redirect(request, self._address(request), NOTHING_TICKED)
        return group, chosen

    async def _find(self, request: Request) -> tuple[AttentionGroup, EventFilter]:
        """The group, and what is in it. Raises NotFound."""
        group = await attention_groups.find_group(
            self._gateway.inbox, storable_text(request.path_params["group"])
        )
        return group, attention_groups.group_filter(group)

    def _chosen(self, request: Request, whole: EventFilter) -> EventFilter:
        form = request.state.form
        ticked = tuple(sorted({storable_text(id) for id in form.getlist("event")}))
        return whole if form.get("scope") == "all" else replace(whole, ids=ticked)

    def _address(self, request: Request) -> str:
        return f"{ATTENTION}/{quote(request.path_params['group'], safe='')}"

    def _gone(self, request: Request) -> Response:
        notice = PageNotice(
            "This group is not there any more: what was in it was replayed, discarded or accepted.",
            "warn",
        )
        return self._console.redirect(request, ATTENTION, notice)


def _number(group: AttentionGroup, chosen: EventFilter) -> int:
    return group.count if chosen.ids is None else len(chosen.ids)


def _fields(chosen: EventFilter) -> list[tuple[str, str]]:
    """What the form of a question has to send to mean the same."""
    return [("scope", "all")] if chosen.ids is None else [("event", id) for id in chosen.ids]
