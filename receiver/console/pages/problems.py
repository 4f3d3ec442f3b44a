"""The pages of problems: what an answer means, and what helps. They are for everybody, and there
where the console is off.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from receiver.console.page import HEADERS
from receiver.console.templating import environment
from receiver.http.problem_details import PAGES, PROBLEMS, problem_response

_CODE = re.compile(r"`([^`]+)`")


def problem_routes() -> list[Route]:
    """The list of all, and a page for each."""
    pages = ProblemPages()
    return [
        Route(PAGES, pages.all, name="All problems that the gateway answers"),
        Route(
            f"{PAGES}/{{status}}",
            pages.one,
            name="What a problem means, and what helps (HTML, JSON)",
        ),
    ]


class ProblemPages:
    """Made of the table of problems; JSON for those who ask for nothing else."""

    def __init__(self) -> None:
        self._templates = environment()
        self._templates.filters["code"] = mark_code

    async def all(self, request: Request) -> Response:
        return self._page(request, list(PROBLEMS))

    async def one(self, request: Request) -> Response:
        given = request.path_params["status"]
        found = next((status for status in PROBLEMS if str(status) == given), None)
        if found is not None:
            return self._page(request, [found])
        if wants_json(request):
            return problem_response(404, "There is no such problem.")
        return self._page(request, list(PROBLEMS), status=404, missing=given)

    def _page(
        self, request: Request, shown: list[int], *, status: int = 200, missing: str = ""
    ) -> Response:
        if wants_json(request):
            found = [_as_json(one) for one in shown]
            return JSONResponse(found if request.url.path == PAGES else found[0], headers=HEADERS)
        text = self._templates.get_template("problems.html").render(
            operator=None,
            notice=None,
            request=request,
            problems=[(one, HTTPStatus(one).phrase, PROBLEMS[one]) for one in shown],
            missing=missing,
            pages=PAGES,
        )
        return HTMLResponse(text, status, HEADERS)


def mark_code(text: str) -> Markup:
    """What stands between backticks as code."""
    parts = enumerate(_CODE.split(text))  # every other one is code
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts
    )


def wants_json(request: Request) -> bool:
    """A program that asks for JSON and for no page."""
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "html" not in accepted


def _as_json(status: int) -> dict[str, str | int]:
    kind = PROBLEMS[status]
    return {
        "status": status,
        "title": HTTPStatus(status).phrase,
        "meaning": kind.meaning,
        "remedy": kind.remedy,
    }
