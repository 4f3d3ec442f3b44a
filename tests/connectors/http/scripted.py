"""A server that answers byte by byte as a test says, and an API that is asked there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.base import ConnectorSettings, Context, RateLimit
from connectors.http import HttpApi, bearer

TOKEN = "a-secret/token+of=the tests"
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes what a server says to one request; the connection stays open until it returns."""


class Settings(ConnectorSettings):
    api_token: SecretStr
    base_url: str


@dataclass(slots=True)
class Gate:
    """A rate limit that allows all and counts."""

    taken: int = 0

    async def take(self, calls: int = 1) -> None:
        self.taken += calls

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None: ...


@dataclass(slots=True)
class Server:
    """Gives its answers in order, the last one from then on, and keeps what it was asked."""

    answers: list[Answer]
    url: str = ""
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)  # at the gate, when each request came
    open: int = 0  # connections
    gate: Gate = field(default_factory=Gate)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while head := await _head(reader):
                self.taken.append(self.gate.taken)
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(_length(head)))
                place = min(len(self.heads), len(self.answers)) - 1
                await self.answers[place](writer)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the test is over: Python 3.11 tells a cancelled connection as an error
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def served(*answers: Answer) -> AsyncIterator[Server]:
    server = Server(list(answers))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def api(
    address: str, *, gate: Gate | None = None, seconds: float = 60.0, **options: Any
) -> AsyncIterator[HttpApi]:
    settings = Settings(type="crm", api_token=SecretStr(TOKEN), base_url=address)
    context = Context("crm", gate or Gate(), Path(), timeout=seconds, now=lambda: NOW)
    opened = HttpApi(
        "CRM",
        settings,
        context,
        base_url=address,
        headers={"Authorization": bearer(settings.api_token)},
        **options,
    )
    try:
        yield opened
    finally:
        await opened.aclose()


def says(
    status: int,
    body: bytes = b"{}",
    *,
    kind: str = "application/json",
    length: int | None = None,
    hang: bool = False,
    **headers: str,
) -> Answer:
    """Answer with this; `length` is what the head claims, `hang` keeps the connection open then."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = {
            "Content-Type": kind,
            "Content-Length": str(len(body) if length is None else length),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)
        await writer.drain()
        if hang:
            await asyncio.Event().wait()
        if length is not None and length > len(body):
            writer.close()

    return answer


async def resets(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def is_silent(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, without end: no time-out between two bytes ever runs out."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return ""


def _length(head: str) -> int:
    lines = (line.partition(":") for line in head.lower().split("\r\n"))
    return next((int(value) for name, _, value in lines if name == "content-length"), 0)
