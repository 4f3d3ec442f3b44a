"""The fake as a server: in the test's own process, or alone through `python -m
tests.fakes.salesforce`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from tests.fakes.salesforce.admin import Surface
from tests.fakes.salesforce.app import App
from tests.fakes.salesforce.client import Admin
from tests.fakes.salesforce.org import opened
from tests.fakes.server import Request, Response, Server

if TYPE_CHECKING:
    from types import TracebackType

ADMIN = "/__admin/"


class FakeSalesforce(Admin):
    """A Salesforce org on its own thread, at `url`.

    A context manager; `stop` and `start` are an outage on the same port.
    """

    def __init__(self, port: int = 0, *, bare: bool = False) -> None:
        app = App(opened(bare=bare))
        surface = Surface(app)

        async def handle(request: Request) -> Response | None:
            return (
                _administer(surface, request)
                if request.path.startswith(ADMIN)
                else await app.handle(request)
            )

        self.server = Server(handle, port)
        super().__init__("")

    def start(self) -> Self:
        self.server.start()
        self.url = self.server.url
        return self

    def stop(self) -> None:
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _administer(surface: Surface, request: Request) -> Response:
    verb = getattr(surface, request.path.removeprefix(ADMIN), None)
    try:
        answer = verb(**json.loads(request.body or b"{}")) if verb else None
    except (KeyError, TypeError, ValueError) as error:
        return Response(400, {"error": f"{type(error).__name__}: {error}"})
    return Response(200 if verb else 404, {"answer": answer})
