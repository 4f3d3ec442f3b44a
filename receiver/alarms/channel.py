"""What a channel of alarms is: a way to one URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class NotPosted(Exception):
    """The message was not taken, as far as we know; the text says why."""


@dataclass(frozen=True, slots=True)
class AlarmMessage:
    """An alarm in words and as `fields` for programs.

    `title` and `text` are plain: what has a meaning of its own at a receiver, its channel escapes.
    """

    title: str
    text: str
    fields: Mapping[str, Any]


class AlarmChannel(Protocol):
    """Sends messages to one URL. Its address is a secret: no error names it."""

    async def post(self, message: AlarmMessage, id: str) -> None:
        """Send a message; `id` is the same where it is sent again since it was not taken.

        Raises NotPosted.
        """

    async def aclose(self) -> None: ...
