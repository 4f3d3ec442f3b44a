"""What `[connectors.NAME]` with `type = "hubspot"` may hold."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr

from connectors.base import ConnectorSettings
from connectors.hubspot.error_table import KEYS

_VERSION = re.compile(r"v3|20\d\d-(03|09)")  # HubSpot publishes one each March and September


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f"not a token: copy it whole from {KEYS}")
    return SecretStr(text)


def _url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("write the whole address, e.g. https://api.hubapi.com")
    return value.rstrip("/")


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        right = 'write one by its date, like "2026-09" or "2026-03", or "v3"'
        raise ValueError(f"not a version of HubSpot's API: {right}")
    return value


class HubSpotSettings(ConnectorSettings):
    record_settings: ClassVar[tuple[str, ...]] = ("contact_key", "pipeline", "unknown_currency")

    access_token: Annotated[
        SecretStr,
        AfterValidator(_token),
        Field(
            description=f"the access token of a service key, made at {KEYS}, or of a private app"
        ),
    ]
    base_url: Annotated[
        str,
        AfterValidator(_url),
        Field(description="where HubSpot's API answers; another server for tests"),
    ] = "https://api.hubapi.com"
    api_version: Annotated[
        str,
        AfterValidator(_version),
        Field(description='the date of a version of HubSpot\'s API; or "v3" (associations: v4)'),
    ] = "2026-09"
    contact_key: Annotated[
        str,
        Field(
            min_length=1,
            description=(
                "the unique contact property that holds a contact's key: its e-mail, or a unique "
                "property of your own"
            ),
        ),
    ] = "email"
    pipeline: Annotated[
        str,
        Field(
            min_length=1,
            description="the deal pipeline, by name or id, for deals whose mapping names none",
        ),
    ] = "default"
    unknown_currency: Annotated[
        Literal["leave_out", "refuse"],
        Field(
            description=(
                'a deal in a currency that the account has not enabled: "leave_out" writes '
                "it "
                'without, "refuse" lets it die'
            )
        ),
    ] = "leave_out"
    portal_id: Annotated[
        int | None,
        Field(
            gt=0,
            description="the account's Hub ID, for links from the console to records; learned from "
            "HubSpot's answers where unset",
        ),
    ] = None
