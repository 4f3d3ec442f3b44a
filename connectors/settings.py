"""What a connector is opened with: its settings, its limits, the gateway's rate limit.

`connectors.base` exports all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


class RateLimit(BaseModel):
    """At most `calls` in any `seconds`, over all processes of the gateway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calls: Annotated[int, Field(gt=0, le=1_000_000, description="at most so many calls")]
    seconds: Annotated[float, Field(gt=0, le=86_400, description="in so many seconds")]


def _as_tuple(given: object) -> object:
    """One name may stand without brackets."""
    named = (given,) if isinstance(given, str) else given
    if not isinstance(named, list | tuple) or not all(isinstance(one, str) for one in named):
        return named  # for the type to refuse
    return tuple(dict.fromkeys(named))


class ConnectorSettings(BaseModel):
    """What every `[connectors.NAME]` table may hold.

    A connector subclasses it; field descriptions appear in `check`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    record_settings: ClassVar[tuple[str, ...]] = ()
    """Those that decide what is written, beside the mapping: a comparison tells where they
    differ.
    """

    type: Annotated[str, Field(description="the connector's entry point")]
    mapping: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_tuple),
        WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
        Field(
            description='"standard" takes the routes that the connector ships; a list takes several'
        ),
    ] = ()
    rate_limit: Annotated[
        RateLimit | None, Field(description="at most so many calls in so many seconds")
    ] = None
    dry_run: Annotated[
        bool,
        Field(description="true: write nothing; what would be written is kept and shown"),
    ] = False
    batch_size: Annotated[
        int | None,
        Field(gt=0, le=10_000, description="most records in a call; unset: what the CRM allows"),
    ] = None
    timeout_seconds: Annotated[
        float, Field(ge=1, le=600, description="how long one writing call may take")
    ] = 30.0

    # most keep none
    def files(self, name: str, directory: Path) -> tuple[Path, ...]:  # noqa: ARG002
        """Name the files that a connector of this NAME writes; `directory` is where relative paths
        start.
        """
        return ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the CRM takes at once."""

    records: int = 100  # per `upsert`
    links: int = 100  # per `link`
    concurrency: int = 4  # batches under way at the same time
    # False: each event is written alone, once what came before it of the same person is through;
    # none is folded into a later one
    folds: bool = True
    # seconds that a batch which is not full waits to fill, where one went out just before
    linger: float = 1.0
    # seconds after which the CRM is through with a call that it was sent, whether it answered or
    # not
    longest_call: float = 60.0


class CallGate(Protocol):
    """The gateway's rate limit. It is shared by all processes that serve the same connector."""

    async def take(self, calls: int = 1) -> None:
        """Await it before every call of the CRM; it returns when so many calls are allowed."""

    async def learn(self, limit: RateLimit, remaining: int | None = None) -> None:
        """Tell it what the CRM's answer says of the limit; a configured `rate_limit` below that
        stays in force.
        """


@dataclass(frozen=True, slots=True)
class Context:
    """What the gateway gives a connector to work with."""

    name: str  # the connector's name in the configuration
    calls: CallGate
    directory: Path  # relative paths in the settings start here
    # seconds that one call of the CRM may take in all: `timeout_seconds` of the settings
    timeout: float = 30.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
