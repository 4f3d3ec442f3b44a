"""Requests to an HTTP API: what goes out, in which turn, and what cannot."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import BatchRefused, Misconfigured
from tests.connectors.http.scripted import TOKEN, Gate, api, says, served


def test_redirects_are_not_followed() -> None:
    """The credentials go to no other host."""

    async def main() -> None:
        async with served(says(200)) as other, served(says(307, Location=other.url)) as server:
            async with api(server.url) as crm:
                with pytest.raises(Misconfigured):
                    await crm.call("POST", "people")
            assert other.heads == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("ids", "options"),
    [
        (("a\ud800",), {}),
        (("a" * 100_000,), {}),
        ((), {"params": {"email": "a\ud800"}}),
        ((), {"headers": {"Idempotency-Key": "naïve"}}),
    ],
    ids=["half a character", "longer than an address", "in the query", "in a header"],
)
def test_what_no_request_can_hold_is_refused(ids: tuple[str, ...], options: dict[str, Any]) -> None:
    """It is a fault of the record that brings it, and no call is made."""

    async def main() -> None:
        async with served(says(200)) as server, api(server.url) as crm:
            with pytest.raises(BatchRefused, match="NOT_WRITABLE"):
                await crm.call("GET", "people", *ids, **options)
            assert not server.heads

    asyncio.run(main())


@pytest.mark.parametrize(
    "address",
    ["https://crm.example:port", "https://0177.0.0.1", "crm.example"],
)
def test_an_address_that_is_none_is_a_fault_of_the_settings(address: str) -> None:
    """It concerns every record, and refuses none."""

    async def main() -> None:
        async with api(address) as crm:
            with pytest.raises(Misconfigured, match="base_url"):
                await crm.call("GET", "people", "17", headers={"Idempotency-Key": "1"})

    asyncio.run(main())


def test_the_gate_is_asked_before_each_request() -> None:
    """Once for each, refused ones too."""

    async def main() -> None:
        gate = Gate()
        async with (
            served(says(200), says(429), says(200)) as server,
            api(server.url, gate=gate, connections=1) as crm,
        ):
            server.gate = gate
            await asyncio.gather(
                *(crm.call("POST", "people") for _ in range(5)), return_exceptions=True
            )
            assert server.taken == [1, 2, 3, 4, 5]

    asyncio.run(main())


def test_no_more_calls_than_connections_are_under_way() -> None:
    """Others wait their turn, before they ask the gate."""

    async def main() -> None:
        under_way, most = 0, 0

        async def answer(writer: asyncio.StreamWriter) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
            await says(200)(writer)

        async with served(answer) as server, api(server.url, connections=3) as crm:
            await asyncio.gather(*(crm.call("POST", "people") for _ in range(12)))
            assert most == 3

    asyncio.run(main())


def test_what_is_sent_and_what_comes() -> None:
    """JSON with whole numbers, ids that lead nowhere else, the credentials, no cookies."""

    async def main() -> None:
        answers = (says(200, b'{"id": 12345678901234567890}', Set_Cookie="a=b"), says(204, b""))
        async with served(*answers) as server, api(f"{server.url}/v2/") as crm:
            made = await crm.call(
                "PATCH", "/people", "../a b?", json={"amount": Decimal("0.10")}, params={"x": "é"}
            )
            assert made == {"id": 12345678901234567890}
            assert await crm.call("GET", "") is None
            first, second = server.heads
            assert first.startswith("PATCH /v2/people/..%2Fa%20b%3F?x=%C3%A9 HTTP/1.1\r\n")
            assert f"Authorization: Bearer {TOKEN}\r\n" in first
            assert "Content-Type: application/json\r\n" in first
            assert server.bodies == [b'{"amount":0.10}', b""]
            assert second.startswith("GET /v2/ HTTP/1.1\r\n")
            assert "cookie" not in second.lower()

    asyncio.run(main())


def test_a_header_that_cannot_be_sent_is_a_fault_of_the_settings() -> None:
    """A line break in a token reaches no CRM."""

    async def main() -> None:
        async with served(says(200)) as server, api(server.url) as crm:
            with pytest.raises(Misconfigured, match="a header cannot be sent"):
                await crm.call("POST", "people", headers={"X-Token": "a\r\nb"})
            with pytest.raises(BatchRefused, match="cannot be written as JSON"):
                await crm.call("POST", "people", json={"x": "\ud800"})
            assert server.heads == []

    asyncio.run(main())
