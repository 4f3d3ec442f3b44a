"""The addresses of a configured gateway: as AOM sees it, and as this machine reaches it."""

from __future__ import annotations

from urllib.parse import quote

from receiver.aom import LABELS, MENU
from receiver.settings import Server, Settings


def local_url(settings: Settings) -> str:
    """Where this machine reaches the gateway."""
    return server_url(settings.server)


def server_url(server: Server) -> str:
    """The same of its `[server]` alone."""
    host = server.host
    # told apart, not bound
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"


def console_url(settings: Settings) -> str | None:
    """The console as it is reached from outside; None where that is not known, or there is no
    console.
    """
    if settings.server.public_url is None or not settings.has_operators:
        return None
    return f"{public_url(settings)}/console"


def public_url(settings: Settings) -> str:
    """Where AOM reaches it; the local address where none is configured."""
    return (settings.server.public_url or local_url(settings)).rstrip("/")


def inbound_url(base: str, token: str, event: str | None = None) -> str:
    """What a school pastes into AOM: for one event, or shared by all."""
    return f"{base}/in/{quote(token, safe='')}" + (f"/{event}" if event else "")


def menu_urls() -> dict[str, str]:
    """The twelve entries of AOM's menu, by label, with the event name that each one's URL
    carries.
    """
    return {LABELS[name]: name for name in MENU}
