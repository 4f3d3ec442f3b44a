"""Remembers when each source's token was used last: in memory on the way of a call, in the store
every few seconds.
"""

from __future__ import annotations

import asyncio
import hmac
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from receiver.inbox import Inbox, StoreUnavailable, TokenUse

EVERY: Final = timedelta(seconds=5)
_LENGTH: Final = 8  # hexadecimal digits: enough to tell a source's tokens apart


class TokenUseLog:
    """The uses that this process has seen. `run` it while calls come, then `flush`.

    `key` is the installation's own: nobody who reads a token's name can try tokens against it.
    """

    def __init__(self, inbox: Inbox, key: bytes, *, every: timedelta = EVERY) -> None:
        self._inbox = inbox
        self._key = key
        self._every = every
        self._used: dict[tuple[str, str], datetime] = {}  # by source and token
        self._kept: dict[tuple[str, str], datetime] = {}
        self._unwritten: set[tuple[str, str]] = set()

    def name_token(self, token: str) -> str:
        """What a token is called where it must not be shown: the same in every process."""
        text = b"token " + token.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256").hex()[:_LENGTH]

    def note(self, token: tuple[str, str], at: datetime, *, kept: bool) -> None:
        """A call came with the token of this source and name. `kept`: its event was, if only in
        quarantine or as a duplicate.
        """
        self._used[token] = at
        if kept:
            self._kept[token] = at
        self._unwritten.add(token)

    async def run(self) -> None:
        """Write what is new again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._every.total_seconds())
            with suppress(StoreUnavailable):  # the next time
                await self.flush()

    async def flush(self) -> None:
        """Write what the store does not know yet. Raises StoreUnavailable."""
        unwritten, self._unwritten = self._unwritten, set()
        if not unwritten:
            return
        try:
            await self._inbox.keep_token_uses(self._use(*one) for one in unwritten)
        except BaseException:  # cancelled, too: the uses are written with the next
            self._unwritten |= unwritten
            raise

    async def uses(self) -> dict[tuple[str, str], TokenUse]:
        """What all processes have written, and what this one has not yet, by source and token.

        Raises StoreUnavailable.
        """
        known = {(one.source, one.token): one for one in await self._inbox.find_token_uses()}
        for at in self._unwritten:
            own, stored = self._use(*at), known.get(at)
            known[at] = own.with_latest(stored) if stored else own
        return known

    def _use(self, source: str, token: str) -> TokenUse:
        at = source, token
        return TokenUse(source, token, self._used[at], self._kept.get(at))
