"""What `[connectors.NAME]` with this type may hold."""

from typing import Annotated

from connectors.base import ConnectorSettings
from pydantic import AfterValidator, Field, SecretStr


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("not a token: copy it whole from Settings → API")
    return SecretStr(text)


def _address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("write the whole address, e.g. https://api.example.com/v1")
    return value.rstrip("/")


class OldCrmSettings(ConnectorSettings):
    api_token: Annotated[
        SecretStr,
        AfterValidator(_token),
        Field(description="the API token, made at Settings → API"),
    ]
    base_url: Annotated[
        str,
        AfterValidator(_address),
        Field(description="where the API answers"),
    ]
