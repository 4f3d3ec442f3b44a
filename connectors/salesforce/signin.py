"""Signing in by OAuth, and what the refusals of the token endpoint mean."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from connectors.base import AuthFailed, ConnectorError, Unavailable
from connectors.salesforce.domain import is_sandbox
from connectors.salesforce.errors import answer_error
from connectors.salesforce.transport import ForeignAnswer

if TYPE_CHECKING:
    from pathlib import Path

    import requests

    from connectors.salesforce.settings import SalesforceSettings

APP = "Setup → External Client App Manager → (your app)"
POLICIES = f"{APP} → Policies → OAuth Policies"

# error, what its description says, what helps. The first that holds counts. Source: Salesforce
# Help, "OAuth 2.0 Token Errors"
REMEDIES = (
    (
        "invalid_client_id",
        "",
        (
            f"client_id is not known there: copy the Consumer Key from {APP} → Settings → OAuth "
            "Settings"
        ),
    ),
    (
        "invalid_client",
        "",
        f"client_secret is wrong: copy the Consumer Secret from {APP} → Settings → OAuth Settings",
    ),
    (
        "invalid_grant",
        "no client credentials user",
        f"choose a run-as user: {POLICIES} → Enable Client Credentials Flow → Run As",
    ),
    (
        "invalid_grant",
        "request not supported on this domain",
        "set domain to your My Domain: Setup → My Domain → Current My Domain URL",
    ),
    (
        "invalid_grant",
        "hasn't approved",
        (
            f"let the user use the app: {POLICIES} → Permitted Users: admin approved users are "
            "pre-authorized"
        ),
    ),
    (
        "invalid_app_access",
        "",
        f"give the user one of the app's permission sets or profiles: {POLICIES}",
    ),
    (
        "invalid_grant",
        "audience",
        "domain belongs to another org or to a sandbox: Setup → My Domain → Current My Domain URL",
    ),
    (
        "invalid_grant",
        "assertion",
        (
            f"private_key_file does not belong to the certificate at {APP} → Settings → OAuth "
            "Settings, or the clock is wrong"
        ),
    ),
    (
        "invalid_grant",
        "ip restricted",
        (
            "the user's login IP ranges do not allow this machine: Setup → Profiles → (the "
            "user's) → Login IP Ranges"
        ),
    ),
    (
        "invalid_grant",
        "",
        "see that the user is active and may use the app; Setup → Login History shows why not",
    ),
    ("inactive_user", "", "the user is inactive: Setup → Users"),
    ("inactive_org", "", "the org is locked or closed"),
    (
        "unauthorized_client",
        "",
        f"enable the flow: {APP} → Settings → OAuth Settings → Flow Enablement",
    ),
    (
        "unsupported_grant_type",
        "",
        f"enable the flow: {APP} → Settings → OAuth Settings → Flow Enablement",
    ),
)
PASSING = {
    "temporarily_unavailable",
    "server_error",
    "unknown_error",
    "login_rate_exceeded",
    "rate_limit_exceeded",
}


def sign_in(settings: SalesforceSettings, directory: Path, session: requests.Session) -> Salesforce:
    """Ask for an access token.

    Raises AuthFailed, Misconfigured or Unavailable; requests' own errors pass through.
    """
    try:
        if settings.client_secret is not None:
            return Salesforce(
                consumer_key=settings.client_id,
                consumer_secret=settings.client_secret.get_secret_value(),
                domain=settings.domain,
                version=settings.api_version,
                session=session,
                object_pairs_hook=None,
            )
        return Salesforce(
            username=settings.username,
            consumer_key=settings.client_id,
            privatekey=_private_key(directory / str(settings.private_key_file)),
            # the audiences that Salesforce documents
            domain="test" if is_sandbox(settings.domain) else "login",
            instance_url=settings.domain,  # where simple-salesforce sends the assertion
            version=settings.api_version,
            session=session,
            object_pairs_hook=None,
        )
    except ForeignAnswer as answer:
        raise sign_in_refusal(answer) from answer
    except (SalesforceAuthenticationFailed, AttributeError, TypeError) as error:
        raise Unavailable("sign-in: the answer holds no access token") from error


def with_token(settings: SalesforceSettings, token: str, session: requests.Session) -> Salesforce:
    """Use an access token that somebody else got."""
    return Salesforce(
        session_id=token,
        instance_url=f"https://{settings.domain}.salesforce.com",
        version=settings.api_version,
        session=session,
        object_pairs_hook=None,
    )


def sign_in_refusal(answer: ForeignAnswer) -> ConnectorError:
    """Give the exception for an answer of the token endpoint that is no success."""
    body = answer.json()
    error = str(body.get("error", "")) if isinstance(body, dict) else ""
    says = str(body.get("error_description", "")) if isinstance(body, dict) else ""
    if not error:
        return answer_error(answer, "sign-in")
    if error in PASSING or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"sign-in: HTTP {answer.status} {error} {says}".rstrip())
    remedy = next(
        (text for code, part, text in REMEDIES if code == error and part in says.lower()),
        f"see {APP}",
    )
    return AuthFailed(f"Salesforce refuses the sign-in ({error}: {says}) → {remedy}")


def _private_key(path: Path) -> str:
    # the JWT flow alone needs it
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        text = path.read_text("ascii")
        load_pem_private_key(text.encode(), None)
    except (OSError, ValueError, TypeError) as error:
        raise AuthFailed(
            f"private_key_file {path} is no readable PEM key without a pass phrase: {error}"
        ) from error
    return text
