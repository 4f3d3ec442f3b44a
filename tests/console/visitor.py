"""Somebody at the console without a browser, who can send what a browser would not."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field

import httpx

from receiver.console.session import COOKIE
from tests.processes import ADMIN_TOKEN

# httpx would read the certificates of the system for each call
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(slots=True)
class Visitor:
    """Keeps cookies as they are set, whatever they say of https; follows no redirect."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._took(
            httpx.get(
                self.url + path,
                headers=self._headers(headers),
                verify=NO_TLS,
                trust_env=False,
                timeout=30,
            )
        )

    def post(
        self,
        path: str,
        form: dict[str, str] | None = None,
        *,
        csrf: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """The form goes with the token of the page that was got last, unless another is given; ""
        sends none.
        """
        token = self.csrf if csrf is None else csrf
        data = {**(form or {}), **({"csrf": token} if token else {})}
        sent = httpx.post(
            self.url + path,
            data=data,
            headers=self._headers(headers),
            verify=NO_TLS,
            trust_env=False,
            timeout=30,
        )
        return self._took(sent)

    def sign_in(self, token: str = ADMIN_TOKEN) -> httpx.Response:
        self.get("/console/sign-in")
        return self.post("/console/sign-in", {"token": token})

    def _headers(self, given: dict[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {
            **({"Cookie": cookies} if cookies else {}),
            **{name.replace("_", "-"): value for name, value in given.items()},
        }

    def _took(self, response: httpx.Response) -> httpx.Response:
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        if found := CSRF.search(response.text):
            self.csrf = found[1]
        return response


def signed_in_cookie(url: str, token: str = ADMIN_TOKEN) -> dict[str, str]:
    """The cookie of somebody who has just signed in there."""
    visitor = Visitor(url)
    visitor.sign_in(token)
    return {COOKIE: visitor.cookies[COOKIE]}
