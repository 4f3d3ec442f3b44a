"""When each source called last, and by which of its tokens."""

from __future__ import annotations

from collections.abc import Mapping

from receiver.admin.views import SourceView, TokenView
from receiver.gateway import Gateway


async def present_sources(gateway: Gateway) -> Mapping[str, SourceView]:
    """All configured sources. Raises StoreUnavailable."""
    log = gateway.lasting.token_uses
    uses = await log.uses()
    return {
        name: SourceView(
            max(
                (one.event_at for one in uses.values() if one.source == name and one.event_at),
                default=None,
            ),
            tuple(
                TokenView(
                    position, token, use.used_at if (use := uses.get((name, token))) else None
                )
                for position, token in enumerate(
                    (log.name_token(one.get_secret_value()) for one in source.tokens), 1
                )
            ),
        )
        for name, source in gateway.settings.sources.items()
    }
