"""Who is signed in: a signed cookie that any process with the same admin token can read, and a
token for its forms.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, Signer, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

LIFETIME = timedelta(hours=12)
REMEMBERED = 10_000  # sessions that were ended
COOKIE = "aom_gateway_console"
PATH = "/console"
_SIGNING: dict[str, object] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """The session of one browser.

    Before somebody signs in it has one too, so that the form for it can be told from a forged one.
    """

    id: str
    signed_in: bool


class SessionStore:
    """Makes and reads sessions, and signs what a browser keeps for us.

    All keys come from the admin token: with a new one everybody has to sign in again.

    Any process with the token takes a session. One that somebody has signed out of is refused by
    the process that was told so, until it restarts; the admin token is what ends all of them
    everywhere.
    """

    def __init__(
        self,
        admin_token: str,
        now: Callable[[], datetime],
        *,
        https: bool = False,
        ended: OrderedDict[str, None] | None = None,
    ) -> None:
        """`ended`: the sessions that were ended before, which it adds to."""
        self._token = admin_token.encode()
        self._ended: OrderedDict[str, None] = OrderedDict() if ended is None else ended
        self._now = now
        self._https = https
        key = _slow_key(admin_token)
        self._cookies = URLSafeSerializer(key, salt="console session", signer_kwargs=_SIGNING)
        self.notices = URLSafeSerializer(key, salt="console notice", signer_kwargs=_SIGNING)
        self._forms = Signer(
            key, salt="console form", key_derivation="hmac", digest_method=hashlib.sha256
        )

    def is_admin_token(self, given: str) -> bool:
        """Whether it is the admin token; compared in constant time."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._token)

    def read(self, request: Request) -> BrowserSession | None:
        """The session that came with the request; None where there is none that holds."""
        try:
            id, signed_in, ends = self._cookies.loads(request.cookies.get(COOKIE, ""))
        except (BadData, ValueError, TypeError):
            return None
        return (
            BrowserSession(id, signed_in)
            if self._now().timestamp() < ends and id not in self._ended
            else None
        )

    def end(self, session: BrowserSession) -> None:
        """End a session: its cookie is not taken any more."""
        self._ended[session.id] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def new(self, *, signed_in: bool) -> BrowserSession:
        return BrowserSession(secrets.token_urlsafe(16), signed_in)

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


def _slow_key(admin_token: str) -> bytes:
    """Of all that is signed.

    Anybody gets a cookie, and guessing the token from it must be slow (RFC 7914).
    """
    return hashlib.scrypt(admin_token.encode(), salt=b"aom-gateway console", n=2**14, r=8, p=1)
