"""One line to the gateway's intake, again and again while nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus

import httpx

from receiver.importer.line_sender import ImportStopped, LineAnswer
from receiver.importer.line_validation import ValidatedLine

_FIRST_PAUSE = 0.5  # seconds
_LONGEST_PAUSE = 10.0


class IntakeClient:
    """`patience`: for so many seconds without an answer it tries again.

    `silent` is told each reason to wait, and "" once it goes on.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        source: str,
        token: str,
        named: str | None,
        patience: float,
        silent: Callable[[str], None],
    ) -> None:
        self._http = http
        self._source = source
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._path = f"/events/{named}" if named else "/events"
        self._patience = patience
        self._silent = silent

    async def __call__(self, validated: ValidatedLine) -> LineAnswer:
        """Raises ImportStopped."""
        assert validated.at is not None  # noqa: S101 - what has faults is not sent
        headers = {**self._headers, "Occurred-At": validated.at.isoformat()}
        response = await self._answered(validated.line.body, headers)
        return self._understood(response)

    async def _answered(self, body: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        """What the gateway says.

        A limit of the source's own makes the import slower, however long the file is.
        """
        loop = asyncio.get_running_loop()
        pause, until = _FIRST_PAUSE, loop.time() + self._patience
        while True:
            response, why = await self._posted(body, headers)
            if response is not None and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                self._silent(why)
                if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                    return response
                pause, until = _retry_after(response), loop.time() + self._patience + _LONGEST_PAUSE
            elif loop.time() + pause > until:
                raise ImportStopped(
                    f"the gateway has taken nothing for {self._patience:g} seconds: {why}"
                )
            else:
                self._silent(why)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _posted(
        self, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[httpx.Response | None, str]:
        """The answer, if any, and why to wait."""
        try:
            response = await self._http.post(self._path, content=body, headers=headers, timeout=30)
        except httpx.TransportError as error:
            return None, f"no answer from {self._http.base_url} ({error or type(error).__name__})"
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return response, f"the limit of the source {self._source} is reached"
        return response, f"it answers {response.status_code}" if response.is_server_error else ""

    def _understood(self, response: httpx.Response) -> LineAnswer:
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            raise ImportStopped(
                f"the gateway does not know the token of the source {self._source}: was it "
                "started with another configuration?"
            )
        try:
            answer = response.json()
        except ValueError:
            raise ImportStopped(
                f"what answers at {self._http.base_url} is not the gateway: "
                f"{response.status_code}, no JSON"
            ) from None
        if answer.get("status") in {"accepted", "duplicate"}:
            return LineAnswer(
                duplicate=answer["status"] == "duplicate", deliveries=answer.get("deliveries", 0)
            )
        faults = tuple((error["path"], error["message"]) for error in answer.get("errors", ()))
        return LineAnswer(faults=faults or (("", str(answer.get("detail", response.status_code))),))


def _retry_after(response: httpx.Response) -> float:
    """Seconds."""
    seconds = response.headers.get("Retry-After", "")
    return (
        min(float(seconds), _LONGEST_PAUSE)
        if seconds.isdecimal() and seconds != "0"
        else _FIRST_PAUSE
    )
