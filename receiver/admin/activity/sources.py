"""When each source called last, and by which of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from receiver.gateway import Gateway


@dataclass(frozen=True, slots=True)
class TokenView:
    """One of a source's tokens, by its place in the configuration from 1 and by a name that opens
    nothing. `last_used_at`: the last call with it, whatever became of it; null where none is known.
    """

    position: int
    name: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceView:
    """`last_event_at`: the last call that was kept, by whichever token; history that is imported
    does not count.
    """

    last_event_at: datetime | None
    tokens: tuple[TokenView, ...]


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
