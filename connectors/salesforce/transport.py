"""The HTTP session under simple-salesforce: time-outs, enough connections, another server for
tests, answers unspoiled.
"""

from __future__ import annotations

from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.http import read_json, read_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from connectors.http.secrets import SecretTexts


class ForeignAnswer(Exception):
    """Carries an answer that is no success or no JSON past simple-salesforce, whose exceptions drop
    the headers and trip over HTML.
    """

    def __init__(
        self, response: requests.Response, now: datetime, secrets: SecretTexts | None = None
    ) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.status = response.status_code
        self.headers = response.headers
        self.text = secrets.cut(response.text) if secrets else response.text
        # seconds; None where it says nothing of waiting
        self.retry_after = read_retry_after(response.headers.get("Retry-After"), now)

    def json(self) -> Any:
        """Give the body if it is JSON, else None."""
        return read_json(self.text.encode())


def open_session(
    base_url: str | None,
    timeout: float,
    connections: int,
    seen: Callable[[requests.Response], None],
    secrets: SecretTexts,
    now: Callable[[], datetime],
) -> requests.Session:
    """Make the HTTP session of a connector.

    `seen` is shown every answer; what is no success, or no JSON, is then raised as ForeignAnswer,
    without the `secrets` that it may repeat.
    """

    def hook(response: requests.Response, *_: Any, **__: Any) -> None:
        seen(response)
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES or not _may_be_json(response):
            raise ForeignAnswer(response, now(), secrets)

    session = requests.Session()
    session.trust_env = base_url is None  # a proxy of the environment is for the real Salesforce
    session.auth = lambda request: request  # else a .netrc would replace our Authorization
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _Adapter(base_url, timeout, connections))
    session.hooks["response"].append(hook)
    return session


def _may_be_json(response: requests.Response) -> bool:
    """Tell a page from an answer by its first sign; Salesforce answers with objects and lists, or
    with nothing.
    """
    return response.status_code == HTTPStatus.NO_CONTENT or response.content.lstrip()[:1] in (
        b"{",
        b"[",
    )


class _Adapter(HTTPAdapter):
    def __init__(self, base_url: str | None, timeout: float, connections: int) -> None:
        self._base = urlsplit(base_url) if base_url else None
        self._timeout = (timeout, timeout)  # to connect, and between two pieces of the answer
        super().__init__(pool_maxsize=connections)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        if self._base:
            address = urlsplit(str(request.url))
            path = self._base.path.rstrip("/") + address.path
            request.url = urlunsplit(
                (self._base.scheme, self._base.netloc, path, address.query, "")
            )
        options["timeout"] = options.get("timeout") or self._timeout
        return super().send(request, *args, **options)
