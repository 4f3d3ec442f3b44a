"""What `[connectors.NAME]` with `type = "hubspot"` may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from connectors.base import ConnectorSettings


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("not a token: copy it whole from Settings → Integrations → Service Keys")
    return SecretStr(text)


def _url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("write the whole address, e.g. https://api.hubapi.com")
    return value.rstrip("/")


class HubSpotSettings(ConnectorSettings):
    access_token: Annotated[
        SecretStr,
        AfterValidator(_token),
        Field(description="the access token of a service key (Settings → Integrations → Service Keys) or of a private app"),
    ]
    base_url: Annotated[
        str,
        AfterValidator(_url),
        Field(description="where HubSpot's API answers; another server for tests"),
    ] = "https://api.hubapi.com"
    api_version: Annotated[
        Literal["2026-09", "v3"],
        Field(description='the version of HubSpot\'s API: "2026-09", or "v3" (associations: v4) as the way back'),
    ] = "2026-09"
    contact_key: Annotated[
        str,
        Field(
            min_length=1, description="the unique contact property that holds a contact's key: its e-mail, or a unique property of your own"
        ),
    ] = "email"
    pipeline: Annotated[
        str,
        Field(min_length=1, description="the deal pipeline, by name or id, for deals whose mapping names none"),
    ] = "default"
    unknown_currency: Annotated[
        Literal["leave_out", "refuse"],
        Field(description='a deal in a currency that the account has not enabled: "leave_out" writes it without, "refuse" lets it die'),
    ] = "leave_out"
    portal_id: Annotated[
        int | None,
        Field(gt=0, description="the account's Hub ID, for links from the console to records; learned from HubSpot's answers where unset"),
    ] = None
