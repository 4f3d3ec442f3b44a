"""The page Audit: who did what, when, and what came of it; and the same as a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from receiver.admin.audit.entries import AuditPage, AuditQuery, list_audit
from receiver.console.page import Console
from receiver.console.session import PATH
from receiver.console.views.paging import page_address
from receiver.console.views.table_file import (
    csv_lines,
    file_kind,
    file_links,
    file_response,
    write_rows,
)

AUDIT = f"{PATH}/audit"
FILE = f"{AUDIT}.{{kind}}"
PAGE = 50
_AT_ONCE = 500  # entries that are read for a part of the file
_COLUMNS = ("id", "at", "who", "what", "about", "outcome", "result")
_FIELD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
_FILTERS = ("who", "what", "since", "until")


def routes(console: Console) -> list[Route]:
    pages = AuditPages(console)
    return [console.get(AUDIT, pages.show), console.get(FILE, pages.export)]


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
        """All that fit, as a file."""
        kind = file_kind(request.path_params["kind"])
        try:
            query = AuditQuery.model_validate(_asked(request) | {"limit": _AT_ONCE})
        except ValidationError as error:
            return self._page(request, _asked(request), AuditPage((), None), _fault(error))
        first = await list_audit(self._inbox, query)  # what fails now is answered with a page
        return file_response("audit", kind, self._pieces(query, first, kind))

    async def _pieces(self, query: AuditQuery, page: AuditPage, kind: str) -> AsyncIterator[str]:
        if kind == "csv":
            yield csv_lines([_COLUMNS])
        while True:
            yield write_rows(kind, _COLUMNS, page.items)
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
            files=file_links(FILE, asked),
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
