"""The page Audit: who did what, when, and what came of it; and the same as a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from receiver.admin.audit.entries import AuditEntryView, AuditPage, AuditQuery, list_audit
from receiver.console.page import HEADERS, Console
from receiver.console.session import PATH
from receiver.console.views.paging import page_address

AUDIT = f"{PATH}/audit"
CSV = f"{AUDIT}.csv"
PAGE = 50
_AT_ONCE = 500  # entries that are read for a part of the file
_COLUMNS = ("id", "at", "who", "what", "about", "outcome", "result")
_FIELD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_FILTERS = ("who", "what", "since", "until")


def routes(console: Console) -> list[Route]:
    pages = AuditPages(console)
    return [console.get(AUDIT, pages.show), console.get(CSV, pages.export)]


class AuditPages:
    """The list, newest first, and the file; both of those that fit the same search."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._inbox = console.gateway.inbox

    async def show(self, request: Request) -> Response:
        asked = _asked(request)
        try:
            query = AuditQuery.model_validate(
                asked | _given(request, ("before",)) | {"limit": PAGE}
            )
        except ValidationError as error:
            return self._page(request, asked, AuditPage((), None), _fault(error))
        return self._page(request, asked, await list_audit(self._inbox, query))

    async def export(self, request: Request) -> Response:
        """All that fit, as CSV."""
        try:
            query = AuditQuery.model_validate(_asked(request) | {"limit": _AT_ONCE})
        except ValidationError as error:
            return self._page(request, _asked(request), AuditPage((), None), _fault(error))
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="audit.csv"'}
        first = await list_audit(self._inbox, query)  # what fails now is answered with a page
        return StreamingResponse(self._lines(query, first), 200, headers, "text/csv; charset=utf-8")

    async def _lines(self, query: AuditQuery, page: AuditPage) -> AsyncIterator[str]:
        yield _csv([_COLUMNS])
        while True:
            yield _csv([_row(one) for one in page.items])
            if page.next is None:
                return
            page = await list_audit(self._inbox, query.model_copy(update={"before": page.next}))

    def _page(
        self, request: Request, asked: Mapping[str, str], page: AuditPage, fault: str = ""
    ) -> Response:
        return self._console.page(
            request,
            "audit.html",
            status=422 if fault else 200,
            fault=fault,
            asked={name: asked.get(name, "") for name in _FILTERS},
            searched=bool(asked),
            items=page.items,
            first=page_address(AUDIT, asked) if "before" in request.query_params else None,
            older=page_address(AUDIT, asked, before=str(page.next)) if page.next else None,
            file=page_address(CSV, asked),
        )


def _asked(request: Request) -> dict[str, str]:
    return _given(request, _FILTERS)


def _given(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """What is given of these; a field that is left empty asks for nothing."""
    given = {name: request.query_params.get(name, "").strip() for name in names}
    return {name: _moment(name, value) for name, value in given.items() if value}


def _moment(name: str, value: str) -> str:
    """A time as a browser's field writes it, without a zone, is one of UTC."""
    is_bare = name in {"since", "until"} and _FIELD.fullmatch(value)
    return f"{value}Z" if is_bare else value


def _fault(error: ValidationError) -> str:
    return "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())


def _row(entry: AuditEntryView) -> list[Any]:
    about = json.dumps(entry.about, ensure_ascii=False) if entry.about else ""
    return [
        entry.id,
        entry.at.isoformat(),
        *map(_harmless, (entry.who, entry.what, about, entry.outcome, entry.result)),
    ]


def _harmless(text: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv(rows: list[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
