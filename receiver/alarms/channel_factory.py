"""Opens a channel for each URL that alarms go to."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from receiver.alarms.apprise_channel import AppriseChannel
from receiver.alarms.channel import AlarmChannel
from receiver.alarms.webhook_client import WebhookClient
from receiver.settings import Alerts, is_web_address


@dataclass(frozen=True, slots=True)
class NamedChannel:
    """A channel with its place in the configuration.

    `name` is for the store, and the same for an address wherever it stands, also with another
    password.
    """

    place: str
    name: str
    channel: AlarmChannel


@asynccontextmanager
async def open_channels(alerts: Alerts) -> AsyncIterator[Sequence[NamedChannel]]:
    """All that are configured, each address once, for as long as the block takes."""
    opened: dict[str, NamedChannel] = {}
    async with AsyncExitStack() as stack:
        for place, url in alerts.targets().items():
            name = name_channel(url)
            if name not in opened:
                channel = _open(alerts, url)
                stack.push_async_callback(channel.aclose)
                opened[name] = NamedChannel(place, name, channel)
        yield list(opened.values())


def _open(alerts: Alerts, url: str) -> AlarmChannel:
    if not is_web_address(url):
        return AppriseChannel(url)
    headers = {name: value.get_secret_value() for name, value in alerts.headers.items()}
    secret = alerts.secret.get_secret_value() if alerts.secret else None
    return WebhookClient(url, headers, secret)


def name_channel(url: str) -> str:
    """What the channel of an address is called in the store; the password is not in it."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    known = parts._replace(netloc=f"{login.partition(':')[0]}{at}{host}").geturl()
    return f"{parts.scheme}-{hashlib.sha256(known.encode()).hexdigest()[:12]}"
