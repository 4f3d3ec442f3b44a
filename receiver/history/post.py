"""One line to the gateway's intake, again and again while nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from receiver.history.courier import Answer, Backlog, Stopped
from receiver.history.judge import Judged

_FIRST_PAUSE = 0.5  # seconds
_LONGEST_PAUSE = 10.0


class Post:
    """`patience`: for so many seconds without an answer it tries again. `silent` is told each reason to wait, and "" once it goes on."""

    def __init__(
        self, http: httpx.AsyncClient, *, source: str, token: str, named: str | None, patience: float, silent: Callable[[str], None]
    ) -> None:
        self._http = http
        self._source = source
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._path = f"/events/{named}" if named else "/events"
        self._patience = patience
        self._silent = silent

    async def __call__(self, judged: Judged) -> Answer:
        """Raises Stopped."""
        assert judged.at is not None  # noqa: S101 - what has faults is not sent
        headers = {**self._headers, "Occurred-At": judged.at.isoformat()}
        response = await self._answered("POST", self._path, content=judged.line.body, headers=headers)
        return self._understood(response)

    async def waiting(self) -> Backlog:
        """What waits to be delivered. Raises Stopped."""
        response = await self._answered("GET", "/api/status")
        if response.is_error:
            raise Stopped(f"the gateway does not say how it stands: it answers {response.status_code} to the configured admin token")
        status = response.json()
        return Backlog(status["pending"], status["oldest_pending_seconds"] or 0.0)

    async def _answered(self, method: str, path: str, **request: Any) -> httpx.Response:
        loop = asyncio.get_running_loop()
        pause, until = _FIRST_PAUSE, loop.time() + self._patience
        while True:
            try:
                response = await self._http.request(method, path, timeout=30, **request)
                why = f"it answers {response.status_code}"
            except httpx.TransportError as error:
                response, why = None, f"no answer from {self._http.base_url} ({error or type(error).__name__})"
            if response is not None and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                self._silent("")
                return response
            if loop.time() + pause > until:
                raise Stopped(f"the gateway has taken nothing for {self._patience:g} seconds: {why}")
            self._silent(why)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _understood(self, response: httpx.Response) -> Answer:
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            raise Stopped(f"the gateway does not know the token of the source {self._source}: was it started with another configuration?")
        try:
            told = response.json()
        except ValueError:
            raise Stopped(f"what answers at {self._http.base_url} is not the gateway: {response.status_code}, no JSON") from None
        if told.get("status") in {"accepted", "duplicate"}:
            return Answer(duplicate=told["status"] == "duplicate", deliveries=told.get("deliveries", 0))
        faults = tuple((error["path"], error["message"]) for error in told.get("errors", ()))
        return Answer(faults=faults or (("", str(told.get("detail", response.status_code))),))
