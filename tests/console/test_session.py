"""How long somebody is signed in, and what ends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from receiver.console.session import COOKIE, LIFETIME, TOUCHED_EVERY, BrowserSession, SessionStore
from receiver.http.operators import NamedOperator, OperatorTokens
from receiver.inbox import Inbox
from receiver.settings import Operator, Role, Server, Settings
from tests.inbox.store import NOW, stored

DANA = NamedOperator("dana", "viewer")


class Clock:
    """Shows the time that it is set to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def sessions(
    inbox: Inbox,
    clock: Clock,
    *,
    token: str = "d" * 16,
    role: Role = "viewer",
    key: bytes = b"k",
) -> SessionStore:
    """As another process on the store, or one after a restart, has them."""
    operators = {"dana": Operator(token=SecretStr(token), role=role)}
    settings = Settings(server=Server(), operators=operators, sources={}, directory=Path())
    return SessionStore(inbox, OperatorTokens(settings), key, clock)


def request(cookie: str = "") -> Request:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    where = {"scheme": "http", "server": ("x", 80), "path": "/", "method": "GET"}
    return Request({"type": "http", "headers": headers, **where})


def handed_out(store: SessionStore, session: BrowserSession) -> Request:
    """A request with the cookie that the browser got."""
    response = Response()
    store.hand_out(request(), response, session)
    return request(response.headers["set-cookie"].partition(";")[0].partition("=")[2])


@stored
async def test_a_session_holds_in_every_process_and_after_a_restart(inbox: Inbox) -> None:
    """For less than twelve hours, whoever reads it. Of visitors nothing is kept."""
    clock = Clock()
    first = sessions(inbox, clock)
    kept = handed_out(first, await first.open(DANA))
    visitor = handed_out(first, first.new_visitor())
    for store in (first, sessions(inbox, clock)):
        read, other = await store.read(kept), await store.read(visitor)
        assert read is not None
        assert other is not None
        assert (read.operator, other.operator) == (DANA, None)
    assert len(await inbox.list_sessions(now=NOW)) == 1
    clock.now = NOW + LIFETIME - timedelta(seconds=1)
    assert await first.read(kept) is not None
    clock.now = NOW + LIFETIME
    assert await first.read(kept) is None


@stored
async def test_a_changed_token_ends_its_sessions(inbox: Inbox) -> None:
    """Another role counts at once; another token, or another key of the store, opens nothing."""
    clock = Clock()
    store = sessions(inbox, clock)
    kept = handed_out(store, await store.open(DANA))
    promoted = await sessions(inbox, clock, role="admin").read(kept)
    assert promoted is not None
    assert promoted.operator == NamedOperator("dana", "admin")
    changed = sessions(inbox, clock, token="e" * 16)
    assert await changed.read(kept) is None
    assert await changed.list_sessions() == []
    assert await sessions(inbox, clock, key=b"other").read(kept) is None
    assert [one.operator for one in await store.list_sessions()] == ["dana"]


@stored
async def test_an_ended_session_is_ended_everywhere(inbox: Inbox) -> None:
    """A copy of its cookie is worth nothing in any process; other sessions go on."""
    clock = Clock()
    here, there = sessions(inbox, clock), sessions(inbox, clock)
    first, second = await here.open(DANA), await here.open(DANA)
    await there.end(first)
    assert await here.read(handed_out(here, first)) is None
    assert await here.read(handed_out(here, second)) is not None


@stored
async def test_the_last_use_is_noted_now_and_then(inbox: Inbox) -> None:
    """Not with each page: that would be a write each time."""
    clock = Clock()
    store = sessions(inbox, clock)
    kept = handed_out(store, await store.open(DANA))

    async def used_at() -> datetime:
        await store.read(kept)
        (one,) = await store.list_sessions()
        return one.used_at

    clock.now = NOW + TOUCHED_EVERY - timedelta(seconds=1)
    assert await used_at() == NOW
    clock.now = NOW + TOUCHED_EVERY
    assert await used_at() == clock.now


@stored
async def test_the_store_holds_no_cookie_and_no_token(inbox: Inbox) -> None:
    """Whoever reads a backup of it can sign in as nobody."""
    store = sessions(inbox, Clock())
    session = await store.open(DANA)
    (kept,) = await inbox.list_sessions(now=NOW)
    assert session.id not in (kept.id, kept.token)
    assert "d" * 16 not in kept.token
