"""Which addresses are everybody's, and that no others are connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from connectors.base import Misconfigured
from connectors.webhook.public_addresses import PublicTransport, is_public, resolve_host
from tests.fakes.tls import self_signed


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses(address: str) -> None:
    """Of the internet, also where IPv6 leads to them."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "fe80::1%1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_private_addresses(address: str) -> None:
    """Of this machine, a site, a carrier, a cloud; in whatever writing."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "2130706433", "0x7f.1", "017700000001", "10.0.0.7"]
)
def test_a_host_is_judged_by_what_it_leads_to(host: str) -> None:
    """However it is written."""
    with pytest.raises(Misconfigured, match="allow_private = true"):
        asyncio.run(resolve_host(host, 443))


def leads_to(*answers: list[str]) -> Any:
    """A resolver that gives these addresses, one list a question, the last for ever."""
    waiting = list(answers)

    async def getaddrinfo(_loop: object, _host: str, port: int, **_: object) -> list[Any]:
        addresses = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    return getaddrinfo


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one is connected to would be chance."""
    resolver = leads_to(["8.8.8.8", "10.0.0.1"])
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolver)
    with pytest.raises(Misconfigured, match=r"hooks\.example\.edu leads to 10\.0\.0\.1"):
        asyncio.run(resolve_host("hooks.example.edu", 443))


def test_a_name_that_changes_its_mind_leads_nowhere_else(tmp_path: Path) -> None:
    """The address that was judged is the one connected to: it is looked up once for a call. The
    certificate must be the name's, which the receiver is called by.
    """

    async def main() -> None:
        async with tls_server(tmp_path, HOST) as (port, trusted, hosts):
            client = client_to(["127.0.0.1"], trusted)
            assert (await client.post(f"https://{HOST}:{port}/in")).status_code == 200
            assert hosts == [f"{HOST}:{port}"]
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await client.post(f"https://another.example.edu:{port}/in")
            await client.aclose()

    asyncio.run(main())


def test_the_next_address_is_tried_where_nobody_listens(tmp_path: Path) -> None:
    """Nothing was sent to the first one."""

    async def main() -> None:
        async with tls_server(tmp_path, HOST) as (port, trusted, hosts):
            client = client_to(["127.0.0.9", "127.0.0.1"], trusted)
            assert (await client.post(f"https://{HOST}:{port}/in")).status_code == 200
            assert len(hosts) == 1
            await client.aclose()
            client = client_to(["127.0.0.9"], trusted)
            with pytest.raises(httpx.ConnectError):
                await client.post(f"https://{HOST}:{port}/in")
            await client.aclose()

    asyncio.run(main())


def test_the_next_address_is_tried_where_one_is_silent(tmp_path: Path) -> None:
    """As where a site has IPv6 that leads nowhere; nothing was sent to that one either."""

    async def main() -> None:
        async with tls_server(tmp_path, HOST) as (port, trusted, hosts):
            held: list[asyncio.StreamWriter] = []
            silent = await asyncio.start_server(
                lambda _, writer: held.append(writer), "127.0.0.9", port
            )
            client = client_to(["127.0.0.9", "127.0.0.1"], trusted, connect=0.5)
            for _ in range(10):  # a slow machine may be silent itself
                try:
                    answer = await client.post(f"https://{HOST}:{port}/in")
                except httpx.ConnectTimeout:
                    continue
                break
            assert answer.status_code == 200
            assert hosts == [f"{HOST}:{port}"]
            await client.aclose()
            silent.close()
            for writer in held:
                writer.close()

    asyncio.run(main())


HOST = "hooks.example.edu"


def client_to(
    addresses: list[str], trusted: ssl.SSLContext, *, connect: float | None = None
) -> httpx.AsyncClient:
    """One for which every name leads to these addresses."""

    class Local(PublicTransport):
        @staticmethod
        async def resolve_host(host: str, port: int) -> list[str]:  # noqa: ARG004
            return addresses

    timeout = httpx.Timeout(None, connect=connect)
    return httpx.AsyncClient(transport=Local(verify=trusted), timeout=timeout)


@asynccontextmanager
async def tls_server(
    directory: Path, name: str
) -> AsyncIterator[tuple[int, ssl.SSLContext, list[str]]]:
    """Its port, what trusts it, and by which names it was called."""
    file = self_signed(directory / "server.pem", [x509.DNSName(name)])
    hosts: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        hosts.extend(line[6:] for line in head.splitlines() if line.lower().startswith("host: "))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield port, ssl.create_default_context(cafile=str(file)), hosts
