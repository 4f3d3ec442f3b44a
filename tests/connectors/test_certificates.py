"""A CRM's certificate that does not verify."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors import registry
from connectors.base import Context, RateLimit, Record, Unavailable
from connectors.certificates import tls_fault
from receiver.cli.commands.connectors.provision import check_online
from receiver.mapping import RouteTable
from receiver.settings import load_settings
from tests.fakes.tls import distrusted_server

TYPES: dict[str, dict[str, Any]] = {
    "hubspot": {"access_token": "pat-na1-0a1b2c3d"},
    "salesforce": {"domain": "acme.my", "client_id": "an-id", "client_secret": "a-secret"},
}
WORDS = r"certificate cannot be verified \(self-signed certificate\); see base_url"


class NoLimit:
    async def take(self, calls: int = 1) -> None: ...

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None: ...


@pytest.mark.parametrize("kind", TYPES)
def test_it_is_told_in_words_and_tried_again(kind: str, tmp_path: Path) -> None:
    """It is an outage, not a defect of the connector: a proxy or a renewal may mend it."""

    async def main() -> None:
        async with distrusted_server(tmp_path) as url:
            one = registry.load(kind)
            settings = one.Settings.model_validate({"type": kind, "base_url": url, **TYPES[kind]})
            connector = one.open(settings, Context("crm", NoLimit(), tmp_path))
            with pytest.raises(Unavailable, match=WORDS):
                await connector.upsert(
                    "contact", [Record("contact", "ada@example.edu", {"firstname": "Ada"})]
                )
            await connector.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("kind", TYPES)
def test_check_online_tells_it(kind: str, tmp_path: Path) -> None:
    """As a fault of the connector, with what helps, instead of a traceback."""

    async def main() -> None:
        async with distrusted_server(tmp_path) as url:
            lines = "\n".join(
                f'{key} = "{value}"'
                for key, value in {"type": kind, "base_url": url, **TYPES[kind]}.items()
            )
            source = '[sources.springfield]\ntokens = ["0123456789abcdef"]\ntimezone = "UTC"\n'
            text = f'{source}[connectors.crm]\n{lines}\nmapping = "standard"\n'
            await asyncio.to_thread((tmp_path / "config.toml").write_text, text)
            settings = load_settings(tmp_path / "config.toml")
            (fault,) = await asyncio.to_thread(check_online, settings, RouteTable.compile(settings))
            assert fault.where == "connectors.crm"
            assert "certificate cannot be verified" in fault.message
            assert not fault.warning

    asyncio.run(main())


def test_the_reason_is_found_however_deep_it_lies(tmp_path: Path) -> None:
    """Libraries wrap it in layers of their own; what is no fault of TLS is left to others."""

    async def main() -> None:
        async with distrusted_server(tmp_path) as url, httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.ConnectError) as raised:
                await client.get(url)
            assert "self-signed" in str(tls_fault(raised.value))

    asyncio.run(main())
    assert "no encrypted connection" in str(
        tls_fault(OSError(1, ssl.SSLError(1, "WRONG_VERSION_NUMBER")))
    )
    assert tls_fault(ConnectionRefusedError("nobody there")) is None
