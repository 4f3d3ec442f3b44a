"""The URLs that a school pastes into AOM, with a token or with what tells it from another."""

from __future__ import annotations

from receiver.settings.gateway_urls import menu_urls

_LONG_ENOUGH = 16  # characters; of a shorter token four are too much to show


def list_urls(base: str, token: str) -> list[tuple[str, str]]:
    """Labels of AOM's menu, each with the URL to paste there. `token` may be a masked one."""
    entries: list[tuple[str, str | None]] = [
        *menu_urls().items(),
        ("Any other (told by its content)", None),
    ]
    return [
        (label, f"{base}/in/{token}" + (f"/{event}" if event else "")) for label, event in entries
    ]


def mask_token(token: str) -> str:
    """Cut a token to what is enough to tell two apart."""
    return "••••" + (token[-4:] if len(token) >= _LONG_ENOUGH else "")
