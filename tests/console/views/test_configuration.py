"""What Set-up shows of a connector's settings."""

from __future__ import annotations

from pydantic import SecretStr

from connectors.base import ConnectorSettings
from receiver.console.views.configuration import HIDDEN, ShownSetting, connector_settings


class Settings(ConnectorSettings):
    password: SecretStr = SecretStr("hush-hush-hush")
    proxy: str | None = None
    headers: dict[str, str] | None = None
    note: str | None = None


def test_no_secret_is_shown() -> None:
    """Neither one that says so, nor a password in an address, nor one of ours inside another
    value.
    """
    settings = Settings(
        type="x",
        proxy="http://user:pass-word@proxy.example",
        headers={"Authorization": "Bearer a-token-elsewhere"},
    )
    shown = {one.name: one for one in connector_settings(settings, {"a-token-elsewhere"})}
    assert shown["password"].value == HIDDEN
    assert shown["proxy"] == ShownSetting(
        "proxy", f"http://user:{HIDDEN}@proxy.example", "", given=True
    )
    assert shown["headers"].value == {"Authorization": f"Bearer {HIDDEN}"}
    assert "note" not in shown


def test_what_was_set_comes_before_defaults() -> None:
    """It is what the operator looks for."""
    settings = connector_settings(Settings(type="x", note="mine"), set())
    assert [one.name for one in settings if one.given] == ["type", "note"]
    assert [one.given for one in settings] == sorted((one.given for one in settings), reverse=True)
    assert "password" in {one.name for one in settings if not one.given}
