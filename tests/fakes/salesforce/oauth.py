"""The token endpoint: client credentials and JWT bearer."""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jwt

from tests.fakes.salesforce.org import MY_DOMAIN, ORG_ID, CallError

if TYPE_CHECKING:
    from tests.fakes.salesforce.org import Org, User
    from tests.fakes.server import Request

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_numbers = itertools.count(1)


class SignInError(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


def sign_in(org: Org, request: Request) -> dict[str, Any]:
    """Answer a request for a token. Raises SignInError."""
    if request.method != "POST":
        raise CallError(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed")
    form = dict(parse_qsl(request.body.decode()))
    match form.get("grant_type"):
        case "client_credentials":
            user = _by_secret(org, request, form)
        case grant if grant == JWT_BEARER:
            user = _by_assertion(org, form.get("assertion", ""))
        case _:
            raise SignInError("unsupported_grant_type", "grant type not supported")
    token = f"{ORG_ID}!{next(_numbers):06}"
    org.tokens[token] = (user, 0)
    return {
        "access_token": token,
        "scope": "api",
        "instance_url": f"https://{MY_DOMAIN}",
        "id": f"https://login.salesforce.com/id/{ORG_ID}/{user.id}",
        "token_type": "Bearer",
        "issued_at": "1767225600000",
    }


def _by_secret(org: Org, request: Request, form: dict[str, str]) -> User:
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    kind, _, basic = request.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        client, _, secret = base64.b64decode(basic).decode().partition(":")
    if client != org.options.client_id:
        raise SignInError("invalid_client_id", "client identifier invalid")
    if secret != org.options.client_secret:
        raise SignInError("invalid_client", "invalid client credentials")
    if not org.options.run_as:
        raise SignInError("invalid_grant", "no client credentials user enabled")
    return org.users["integration@acme.test"]


def _by_assertion(org: Org, assertion: str) -> User:
    try:
        host = "test" if org.options.sandbox else "login"
        claims = jwt.decode(
            assertion,
            org.options.public_key or "",
            ["RS256"],
            audience=f"https://{host}.salesforce.com",
        )
    except jwt.InvalidAudienceError as error:
        raise SignInError("invalid_grant", "audience is invalid") from error
    except (jwt.PyJWTError, ValueError) as error:
        raise SignInError("invalid_grant", "invalid assertion") from error
    if claims.get("iss") != org.options.client_id:
        raise SignInError("invalid_client_id", "client identifier invalid")
    if not org.options.approved or claims.get("sub") not in org.users:
        raise SignInError("invalid_grant", "user hasn't approved this consumer")
    return org.users[claims["sub"]]


def authenticate(org: Org, request: Request) -> User:
    """Find whose token a call brings. Raises CallError INVALID_SESSION_ID."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind != "Bearer" or token not in org.tokens:
        raise CallError(401, "INVALID_SESSION_ID", "Session expired or invalid")
    user, uses = org.tokens[token]
    if org.options.token_uses is not None and uses >= org.options.token_uses:
        del org.tokens[token]
        raise CallError(401, "INVALID_SESSION_ID", "Session expired or invalid")
    org.tokens[token] = (user, uses + 1)
    return user
