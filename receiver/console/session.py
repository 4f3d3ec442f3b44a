"""Who is signed in: a signed cookie, a row of the store that says whose it is, and a token for the
forms of the session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, Signer, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from receiver.http.operators import NamedOperator, OperatorTokens
from receiver.inbox import Inbox, KeptSession, StoreUnavailable

LIFETIME = timedelta(hours=12)
TOUCHED_EVERY = timedelta(minutes=1)
COOKIE = "aom_gateway_console"
PATH = "/console"
_SIGNING: dict[str, object] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """The session of one browser.

    Before somebody signs in it has one too, so that the form for it can be told from a forged one:
    then `operator` is None.
    """

    id: str
    operator: NamedOperator | None = None

    @property
    def signed_in(self) -> bool:
        return self.operator is not None

    @property
    def digest(self) -> str:
        """What the store knows it by: whoever reads the store cannot make the cookie of it."""
        return hashlib.sha256(self.id.encode()).hexdigest()


class SessionStore:
    """Makes, reads and ends sessions, and signs what a browser keeps for us.

    `key` is the same in all processes on the store. A session ends after `LIFETIME`, with signing
    out, when another operator ends it, and when its operator's token is changed or taken away.
    """

    def __init__(
        self,
        inbox: Inbox,
        tokens: OperatorTokens,
        key: bytes,
        now: Callable[[], datetime],
        *,
        https: bool = False,
    ) -> None:
        self.tokens = tokens
        self._inbox = inbox
        self._key = key
        self._now = now
        self._https = https
        self._cookies = URLSafeSerializer(key, salt="console session", signer_kwargs=_SIGNING)
        self.notices = URLSafeSerializer(key, salt="console notice", signer_kwargs=_SIGNING)
        self._forms = Signer(
            key, salt="console form", key_derivation="hmac", digest_method=hashlib.sha256
        )

    async def read(self, request: Request) -> BrowserSession | None:
        """The session that came with the request; None where there is none that holds.

        Raises StoreUnavailable.
        """
        try:
            id, signed_in, ends = self._cookies.loads(request.cookies.get(COOKIE, ""))
        except (BadData, ValueError, TypeError):
            return None
        now = self._now()
        if now.timestamp() >= ends:
            return None
        return await self._signed_in(BrowserSession(id), now) if signed_in else BrowserSession(id)

    async def open(self, operator: NamedOperator) -> BrowserSession:
        """A new session of somebody whose token was right."""
        now, session = self._now(), BrowserSession(secrets.token_urlsafe(16), operator)
        token = self.tokens.digest(operator.name, self._key) or ""
        await self._inbox.keep_session(
            KeptSession(session.digest, operator.name, token, now, now, now + LIFETIME)
        )
        return session

    async def end(self, session: BrowserSession) -> None:
        """End a session: its cookie is not taken any more."""
        await self._inbox.end_session(session.digest)

    async def list_sessions(self) -> list[KeptSession]:
        """Those that hold, the newest first."""
        kept = await self._inbox.list_sessions(now=self._now())
        return [one for one in kept if self._operator_of(one) is not None]

    def new_visitor(self) -> BrowserSession:
        """The session of somebody who has not signed in."""
        return BrowserSession(secrets.token_urlsafe(16))

    def hand_out(self, request: Request, response: Response, session: BrowserSession) -> None:
        """Let the response set the session's cookie."""
        ends = (self._now() + LIFETIME).timestamp()
        set_cookie(
            response,
            COOKIE,
            str(self._cookies.dumps([session.id, session.signed_in, ends])),
            LIFETIME,
            secure=self.secure(request),
        )

    def secure(self, request: Request) -> bool:
        """Whether cookies may travel by https alone."""
        return self._https or request.url.scheme == "https"

    def form_token(self, session: BrowserSession) -> str:
        """What a form of this session has to send along."""
        return self._forms.get_signature(session.id).decode()

    def is_own_form(self, session: BrowserSession, given: str) -> bool:
        """Whether the form came from a page of this session."""
        return self._forms.verify_signature(
            session.id.encode(), given.encode("utf-8", "surrogatepass")
        )

    async def _signed_in(self, session: BrowserSession, now: datetime) -> BrowserSession | None:
        kept = await self._inbox.find_session(session.digest)
        if kept is None or now >= kept.ends:
            return None
        operator = self._operator_of(kept)
        if operator is None:
            return None
        if now - kept.used_at >= TOUCHED_EVERY:
            with suppress(StoreUnavailable):  # what can be read is shown, whatever can be written
                await self._inbox.touch_session(kept.id, now=now)
        return BrowserSession(session.id, operator)

    def _operator_of(self, kept: KeptSession) -> NamedOperator | None:
        """Whose session it is; None where their token is another by now, or is taken away."""
        token = self.tokens.digest(kept.operator, self._key)
        if token is None or not hmac.compare_digest(token, kept.token):
            return None
        return self.tokens.named(kept.operator)


def set_cookie(
    response: Response, name: str, value: str, lifetime: timedelta, *, secure: bool
) -> None:
    """A cookie that no script can read and no other site can send."""
    response.set_cookie(
        name,
        value,
        int(lifetime.total_seconds()),
        path=PATH,
        secure=secure,
        httponly=True,
        samesite="strict",
    )
