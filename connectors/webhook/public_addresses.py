"""Keeps calls out of private networks: of this machine, of the site, of a cloud's metadata."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from connectors.base import Misconfigured

NAT64 = IPv6Network("64:ff9b::/96")
METADATA = frozenset({IPv4Address("168.63.129.16"), IPv4Address("192.0.0.192")})
"""What clouds answer only to their own machines, at public addresses: Azure's, Oracle's."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether everybody reaches the same host by it; an IPv4 address in an IPv6 one counts."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:  # withdrawn, and still of a site
            return False
    special = address.is_multicast or address.is_reserved or address in METADATA
    return address.is_global and not special


async def resolve_host(host: str, port: int) -> list[str]:
    """Look up a host. Raises Misconfigured unless all its addresses are public, OSError where it
    has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in addresses:
        if not is_public(ip_address(address)):
            raise Misconfigured(
                f"{host} leads to {address}, which is in a private network: write "
                "allow_private = true if the receiver is meant to be there"
            )
    return addresses


class PublicTransport(httpx.AsyncHTTPTransport):
    """Connects to nothing but public addresses. Raises Misconfigured for all others.

    The name is looked up here, and the address that was looked at is the one that is connected to:
    no name can lead elsewhere in between.
    """

    resolve_host = staticmethod(resolve_host)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the first address of the host that can be reached."""
        host = request.url.host
        *others, last = await self.resolve_host(host, request.url.port or 443)
        for address in others:
            try:
                return await super().handle_async_request(_at(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                continue
        return await super().handle_async_request(_at(request, host, last))


def _at(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """Give the same request to a host, connected to this address of it."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
