"""The quick JSON answer is what Starlette's would be."""

from __future__ import annotations

import asyncio

import httpx
from starlette.responses import Response

from receiver.http.answers import Answer, JSONAnswer

BODY = '{"status":"accepted","name":"Zoë"}'.encode()


def get(answer: Answer) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.get("/")

    return asyncio.run(ask())


def test_it_is_the_same_on_the_wire() -> None:
    """Status, headers and body."""
    ours = get(JSONAnswer(BODY, 202))
    theirs = get(Response(BODY, 202, media_type="application/json"))
    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    assert dict(ours.headers) == dict(theirs.headers)
