"""Posts a message as JSON to a URL. Its address is a secret: no error names it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from receiver.alarms.channel import AlarmMessage, NotPosted

TIMEOUT = 5.0  # seconds for one message in all

_FOR_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""In Slack `<!channel>` calls everybody and `<url|text>` hides an address.
https://docs.slack.dev/messaging/formatting-message-text
"""

_EXCERPT = 200  # bytes of an answer that are told


class WebhookClient:
    """Posts JSON to one URL."""

    def __init__(self, url: str, headers: Mapping[str, str], secret: str | None = None) -> None:
        """`secret`: signs each message as Standard Webhooks want it, `whsec_` and base64."""
        self._url = url
        self._signer = Webhook(secret) if secret else None
        self._http = httpx.AsyncClient(headers=headers, timeout=TIMEOUT, follow_redirects=False)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def post(self, message: AlarmMessage, id: str) -> None:
        """Post the fields of a message, with its text escaped for Slack. Raises NotPosted.

        Redirects are not followed: they could lead the message, and the headers, anywhere.
        """
        body = {"text": message.text.translate(_FOR_SLACK), **message.fields}
        content = json.dumps(body, ensure_ascii=False)
        headers = {"Content-Type": "application/json", **self._signature(id, content)}
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._http.stream(
                    "POST", self._url, content=content.encode(), headers=headers
                ) as response,
            ):
                if not response.is_success:
                    raise NotPosted(
                        f"the receiver answered {response.status_code}{await _excerpt(response)}"
                    )
        except TimeoutError:
            raise NotPosted(f"the receiver did not answer within {TIMEOUT:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotPosted(f"the receiver cannot be reached ({type(error).__name__})") from None

    def _signature(self, id: str, content: str) -> dict[str, str]:
        if self._signer is None:
            return {}
        now = datetime.now(UTC)
        return {
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(id, now, content),
        }


async def _excerpt(response: httpx.Response) -> str:
    """The beginning of the answer, as far as one chunk holds it: Slack says there what is wrong."""
    async for chunk in response.aiter_raw():
        return ": " + chunk[:_EXCERPT].decode("utf-8", "replace")
    return ""
