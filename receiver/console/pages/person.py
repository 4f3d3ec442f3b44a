"""The page of a person: how they stand at each connector, what the CRMs hold of them, their events;
and forgetting them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin import crm_erasure, erasure_views, presenters, views
from receiver.admin.operation import UnfitParameter
from receiver.console import actions
from receiver.console.action_results import carry_out
from receiver.console.page import Console
from receiver.console.pages.events import DOWNLOAD
from receiver.console.session import PATH
from receiver.console.views.known_profiles import find_profiles
from receiver.console.views.paging import page_address, turn_page
from receiver.console.views.record_links import record_url
from receiver.console.views.story.person_events import tell_events
from receiver.console.views.table_file import file_links
from receiver.inbox import ConnectorState, EventFilter
from receiver.inbox.db.storable_text import storable_text

PEOPLE = f"{PATH}/people"
FORGET = f"{PEOPLE}/forget"
FEW = 20  # records that are shown at once; somebody can have hundreds


def routes(console: Console) -> list[Route]:
    pages = PersonPages(console)
    return [
        console.get(PEOPLE, pages.show),
        console.get(FORGET, pages.confirm, role="admin"),
        console.post(FORGET, pages.forget, role="admin"),
    ]


class PersonPages:
    """The person is named by their e-mail address in the query."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._gateway = console.gateway

    async def show(self, request: Request) -> Response:
        email = _email(request.query_params.get("email", ""))
        if not email:
            return self._console.page(request, "people.html")
        inbox, chosen = self._gateway.inbox, EventFilter(person=email)
        stored = await inbox.find_person(email)
        person = presenters.present_person(stored)
        turned = await turn_page(
            inbox, chosen, PEOPLE, {"email": email}, request.query_params, to="#events"
        )
        urls = [
            record_url(self._gateway, one.connector, one.object, one.id) for one in person.records
        ]
        profiles = await find_profiles(self._gateway, stored.key)
        events = await tell_events(inbox, stored.key, turned.items)
        known = bool(profiles or person.lanes or person.records or turned.items)
        return self._console.page(
            request,
            "person.html",
            person=person,
            standing=_standing(person.lanes, await inbox.find_states()),
            records=list(zip(person.records, urls, strict=True)),
            few=FEW,
            own=_own_records(person, urls),
            events=events,
            turned=turned,
            files=file_links(DOWNLOAD, {"person": email}),
            known=known,
            profiles=profiles,
            unsearched=0 if known else await inbox.count_unsearched(chosen),
        )

    async def confirm(self, request: Request) -> Response:
        """Say what would go, and what is beyond reach."""
        email = self._address(request.query_params.get("email", ""))
        person = presenters.present_person(await self._gateway.inbox.find_person(email))
        in_crm = bool(request.query_params.get("in_crm"))
        return self._console.page(
            request,
            "forget.html",
            person=person,
            in_crm=in_crm,
            plans=await crm_erasure.plan_erasure(self._gateway, email) if in_crm else (),
            with_crms=page_address(FORGET, {"email": email, "in_crm": "yes"}),
            kept_by=Counter((one.connector, one.object) for one in person.records),
            few=FEW,
            in_quarantine=await self._gateway.inbox.count_unsearched(EventFilter(person=email)),
            beyond_reach=erasure_views.BEYOND_REACH_WITH_CRM
            if in_crm
            else erasure_views.BEYOND_REACH,
            back=page_address(PEOPLE, {"email": email}),
            action=FORGET,
        )

    async def forget(self, request: Request) -> Response:
        form = request.state.form
        work = actions.erase_work(
            self._gateway, self._address(form.get("email", "")), in_crm=bool(form.get("in_crm"))
        )
        return self._console.redirect(
            request, PEOPLE, await carry_out(self._console, request, "Erasing a person", work)
        )

    def _address(self, given: str) -> str:
        email = _email(given)
        if "@" not in email.strip("@ "):
            raise UnfitParameter(f"{given!r} is no e-mail address.")
        return email


def _standing(
    lanes: Sequence[views.PersonLaneView], states: Mapping[str, ConnectorState]
) -> list[tuple[views.PersonLaneView, views.ConnectorWord, ConnectorState | None]]:
    """Each lane with what its connector does; where that is paused, why and how long."""
    paused = {name: state for name, state in states.items() if state.paused}
    return [
        (lane, presenters.state_of(state.paused if state else None), state)
        for lane in lanes
        for state in [paused.get(lane.connector)]
    ]


def _own_records(
    person: views.PersonView, urls: Sequence[str | None]
) -> dict[str, list[tuple[views.PersonRecord, str | None]]]:
    """Connector → the records that have an address of theirs as key, with their pages."""
    own: dict[str, list[tuple[views.PersonRecord, str | None]]] = {}
    for record, url in zip(person.records, urls, strict=True):
        if record.key in person.emails:
            own.setdefault(record.connector, []).append((record, url))
    return own


def _email(given: str) -> str:
    return storable_text(given).strip().lower()
