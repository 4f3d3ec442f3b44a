"""Sends alarms by mail, to Teams, Slack and all else that the library Apprise knows."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from receiver.alarms.channel import AlarmMessage, NotPosted

TIMEOUT: Final = 30.0  # seconds for one message in all
_KINDS: Final = {"firing": "failure", "resolved": "success", "test": "info"}  # a colour, a sign
_EXCERPT: Final = 300  # characters of what Apprise says of a failure


class AppriseChannel:
    """One address such as mailto://… or msteams://…; Apprise is imported with the first message,
    since that takes half a second.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._service: Any = None

    async def post(self, message: AlarmMessage, id: str) -> None:  # noqa: ARG002 - it takes none
        """Send a message, as plain text: the service escapes what its own markup would mean.

        Raises NotPosted.
        """
        try:
            async with asyncio.timeout(TIMEOUT):
                failure = await asyncio.to_thread(self._send, message)
        except TimeoutError:
            raise NotPosted(f"it was not sent within {TIMEOUT:g} s") from None
        if failure is not None:
            raise NotPosted(f"it was not sent: {failure}")

    async def aclose(self) -> None:
        """Nothing stays open between two messages."""

    def _send(self, message: AlarmMessage) -> str | None:
        """Why it failed, in Apprise's words; None where it was taken."""
        import apprise  # noqa: PLC0415 - half a second that most commands do not need

        # what it logs can name the address
        logging.getLogger("apprise").propagate = False
        if self._service is None:
            self._service = apprise.Apprise()
            self._service.add(self._url)
        capture: Any = apprise.LogCapture
        with capture(level=logging.WARNING, fmt="%(message)s") as captured:
            taken = self._service.notify(
                title=message.title,
                body=message.text,
                body_format=apprise.NotifyFormat.TEXT,
                notify_type=_KINDS[message.fields["state"]],
            )
            words = " ".join(captured.getvalue().split())
        return None if taken else words[:_EXCERPT] or "the service does not say why"
