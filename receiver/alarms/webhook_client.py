"""Posts a message to the configured URL. Its address is a secret: no error names it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import httpx

from receiver.settings import Alerts

TIMEOUT = 5.0  # seconds for one message in all

_EXCERPT = 200  # bytes of an answer that are told


class NotPosted(Exception):
    """The message was not taken, as far as we know; the text says why."""


class WebhookClient:
    """Posts JSON to the configured URL; an async context manager."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._http = httpx.AsyncClient(headers=headers, timeout=TIMEOUT, follow_redirects=False)

    @classmethod
    def of(cls, alerts: Alerts) -> Self:
        """Make the client of settings that hold a URL."""
        if alerts.url is None:
            raise ValueError("alerts.url is empty")
        return cls(
            alerts.url.get_secret_value(),
            {name: value.get_secret_value() for name, value in alerts.headers.items()},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._http.aclose()

    async def post(self, message: Mapping[str, Any]) -> None:
        """Post a message. Raises NotPosted.

        Redirects are not followed: they could lead the message, and the headers, anywhere.
        """
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._http.stream("POST", self._url, json=message) as response,
            ):
                if not response.is_success:
                    raise NotPosted(
                        f"the receiver answered {response.status_code}{await _excerpt(response)}"
                    )
        except TimeoutError:
            raise NotPosted(f"the receiver did not answer within {TIMEOUT:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotPosted(f"the receiver cannot be reached ({type(error).__name__})") from None


async def _excerpt(response: httpx.Response) -> str:
    """The beginning of the answer, as far as one chunk holds it: Slack says there what is wrong."""
    async for chunk in response.aiter_raw():
        return ": " + chunk[:_EXCERPT].decode("utf-8", "replace")
    return ""
