"""Who is calling: the source whose token was given, or an operator.

Who gives none, or a wrong one, is answered here.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from receiver.http.authentication_log import AuthenticationLog
from receiver.http.guess_limiter import GuessLimiter
from receiver.http.operators import NamedOperator, OperatorTokens
from receiver.http.problem_details import problem_response
from receiver.settings import Source


class SourceTokens:
    """Finds the source by its token, among all tokens of all sources.

    Every one is compared, in constant time each, whether or not one has matched.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._tokens = [
            (_bytes(token.get_secret_value()), name)
            for name, source in sources.items()
            for token in source.tokens
        ]

    def source(self, given: str) -> str | None:
        """The name of the source whose token this is, or None."""
        candidate = _bytes(given)
        found = None
        for token, name in self._tokens:
            if hmac.compare_digest(token, candidate):
                found = name
        return found


class OperatorAuthentication:
    """Operators, by the token that they send in a header.

    Wrong ones are counted, logged now and then, and answered ever more slowly.
    """

    def __init__(
        self, tokens: OperatorTokens, limiter: GuessLimiter, log: AuthenticationLog
    ) -> None:
        self._tokens = tokens
        self._limiter = limiter
        self._log = log

    def identify(self, request: Request) -> NamedOperator | Response:
        """Whose token it is, whatever was given before, so that nobody can lock the operators out;
        or the answer to a wrong one.
        """
        address = request.client.host if request.client else "unknown"
        if operator := self._tokens.find(from_header(request.headers.get("authorization", ""))):
            self._limiter.succeeded(address)
            return operator
        self._log.refused(address)
        if "authorization" in request.headers:  # who gives none does not guess
            if wait := self._limiter.wait(address):
                return problem_response(
                    429,
                    f"Too many wrong tokens were given. Try again in {wait} s.",
                    headers={"Retry-After": str(wait)},
                )
            self._limiter.failed(address)
        return problem_response(
            401,
            "Give an operator's token as Bearer token.",
            headers={"WWW-Authenticate": 'Bearer realm="aom-gateway admin"'},
        )


def unknown_address() -> Response:
    """Where the token is part of the address, guessing tells nothing."""
    return problem_response(404, "There is nothing here. Copy the address from `aom-gateway urls`.")


def unauthorised_response() -> Response:
    """Where a source's token is asked for in a header."""
    headers = {"WWW-Authenticate": 'Bearer realm="aom-gateway", Basic realm="aom-gateway"'}
    return problem_response(
        401, "Give a source's token as Bearer token, or as the password of Basic.", headers=headers
    )


def from_header(authorization: str) -> str:
    """The token in an Authorization header: Bearer, or Basic with the token as password.

    "" where there is none.
    """
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except ValueError:  # not Base64, or not text
            return ""
    return ""


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
