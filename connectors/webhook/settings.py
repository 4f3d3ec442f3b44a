"""What a `[connectors.NAME]` table with `type = "webhook"` may hold."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from connectors.base import ConnectorSettings

SECRET_BYTES = range(24, 65)  # as Standard Webhooks wants them
OURS = frozenset({"content-length", "content-type", "host", "transfer-encoding"})


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx.URL(url).host.encode("idna")
    except (ValueError, httpx.InvalidURL):
        named = False
    if not named or not re.fullmatch(r"[!-~]+", url):
        raise ValueError("is no web address; write one like https://crm.example.edu/webhooks")
    if parts.username is not None or parts.fragment:
        raise ValueError("has a user or a #fragment; credentials belong in `headers`")
    return url


def _one_or_several(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _signing_secret(secret: SecretStr) -> SecretStr:
    kind, _, key = secret.get_secret_value().partition("_")
    try:
        length = len(base64.b64decode(key + "=" * (-len(key) % 4), validate=True))
    except binascii.Error:
        length = 0
    if kind != "whsec" or length not in SECRET_BYTES:
        raise ValueError(
            f"is no signing secret: write whsec_ and {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} random"
            ' bytes in base64, such as echo "whsec_$(openssl rand -base64 32)" makes'
        )
    return secret


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise ValueError("is no name of an HTTP header; write one like Authorization")
    if name.lower() in OURS or name.lower().startswith("webhook-"):
        raise ValueError("is a header that the gateway sets; leave it out")
    return name


def _header_value(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", value.get_secret_value()):
        raise ValueError("does not go into an HTTP header; use printable ASCII on one line")
    return value


class WebhookSettings(ConnectorSettings):
    """Where to, signed with what, and in which portions."""

    url: Annotated[
        str,
        AfterValidator(_web_address),
        Field(description="where the receiver listens, such as https://crm.example.edu/webhooks"),
    ]
    secrets: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_signing_secret)], ...],
        BeforeValidator(_one_or_several),
        Field(
            min_length=1,
            description="what signs, whsec_ and base64; several while you rotate: all of them sign",
        ),
    ]
    headers: Annotated[
        dict[
            Annotated[str, AfterValidator(_header_name)],
            Annotated[SecretStr, AfterValidator(_header_value)],
        ],
        Field(
            default_factory=dict,
            description="further headers, where the receiver wants them: { Authorization = … }",
        ),
    ]
    allow_private: Annotated[
        bool,
        Field(description="true: the receiver may be in a private network, and may speak http"),
    ] = False
    fold: Annotated[
        bool,
        Field(
            description="true: only the newest state of a record goes out; false: each event by "
            "itself, in order"
        ),
    ] = False

    @model_validator(mode="after")
    def encrypted(self) -> Self:
        """Plain http stays within a private network."""
        if urlsplit(self.url).scheme == "http" and not self.allow_private:
            raise ValueError(
                "url is http, by which anybody on the way can read it: write https, or "
                "allow_private = true for a receiver in your own network"
            )
        return self
