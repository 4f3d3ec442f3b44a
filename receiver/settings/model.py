"""The settings, as the rest of the gateway sees them. Defaults stand here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, SerializeAsAny

from connectors.base import ConnectorSettings
from receiver.config_errors import ConfigFault
from receiver.mapping import RouteSettings, SnippetSettings
from receiver.settings.value_types import (
    AlarmUrl,
    Currency,
    Headers,
    Host,
    Number,
    Status,
    StoreUrl,
    TimeZone,
    Token,
    WebAddress,
)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _nothing(value: object) -> object:
    return None if value == "" else value


class Server(_Table):
    host: Annotated[
        Host, Field(min_length=1, description="the address to listen on; 0.0.0.0 for all")
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="0 takes any free one"), Number] = 8080
    workers: Annotated[
        int,
        Field(ge=1, le=64, description="processes on this port; more than one needs PostgreSQL"),
        Number,
    ] = 1
    public_url: Annotated[
        WebAddress | None, Field(description="where AOM reaches the gateway, for `urls`")
    ] = None
    admin_token: Annotated[
        Token | None,
        BeforeValidator(_nothing),
        Field(description="opens the console and the admin API to the operator `admin`"),
    ] = None
    max_body_bytes: Annotated[
        int, Field(ge=1024, le=104_857_600, description="longer bodies are answered 413"), Number
    ] = 1_048_576


ADMIN: Final = "admin"
"""The operator who has `server.admin_token`, by name."""

Role = Literal["viewer", "operator", "admin"]
"""What an operator may do; each may what those before it may."""


class Operator(_Table):
    """Somebody who may use the console and the admin API, by name."""

    token: Annotated[
        Token, Field(description="opens the console and the admin API to this operator")
    ]
    role: Annotated[
        Role,
        Field(
            description=(
                "viewer: sees; operator: also replays, discards, amends, pauses; "
                "admin: also erases, reloads, sees the tokens of sources"
            )
        ),
    ]


class Store(_Table):
    url: Annotated[
        StoreUrl,
        Field(repr=False, description="relative SQLite paths start beside the configuration"),
    ] = "sqlite:///aom-gateway.db"
    keep_days: Annotated[
        float, Field(gt=0, le=36_500, description="how long delivered events stay"), Number
    ] = 90
    dedup_hours: Annotated[
        float,
        Field(ge=0, le=87_600, description="how long the newest state told again is a duplicate"),
        Number,
    ] = 24
    max_wal_mb: Annotated[
        int,
        Field(
            ge=256,
            le=1_048_576,
            description="SQLite: the longest log beside an endless reader; then events are refused",
        ),
        Number,
    ] = 4096


class Limit(_Table):
    """How many events may come in how many seconds."""

    events: Annotated[int, Field(ge=1, le=1_000_000, description="at most so many events"), Number]
    seconds: Annotated[float, Field(gt=0, le=86_400, description="in so many seconds"), Number]


class Source(_Table):
    """One AOM site."""

    tokens: Annotated[
        tuple[Token, ...],
        Field(min_length=1, description='tokens = ["${TOKEN}"], two while rotating'),
    ]
    timezone: Annotated[TimeZone, Field(description="in which AOM shows dates")] = ZoneInfo("UTC")
    currency: Annotated[Currency, Field(description="of orders that name none")] = "USD"
    identity: Annotated[
        Literal["aom_id", "email"],
        Field(
            description=(
                "aom_id: a learner whose address changes in AOM stays one person; "
                "email: each address is a person"
            )
        ),
    ] = "aom_id"
    invalid_status: Annotated[
        Literal[422, 202], Status, Field(description="the answer to what can't be understood")
    ] = 422
    limit: Annotated[
        Limit | None,
        Field(
            description=(
                "limit = { events = 600, seconds = 60 }; what is above it is answered 429 and not "
                "kept"
            )
        ),
    ] = None


class Delivery(_Table):
    give_up_after_hours: Annotated[
        float, Field(gt=0, le=87_600, description="then a delivery is dead"), Number
    ] = 72
    lease_seconds: Annotated[
        float,
        Field(ge=1, le=86_400, description="after a crash, another process goes on within so long"),
        Number,
    ] = 6


class Log(_Table):
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="the least that is told")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "pretty"],
        Field(description="auto: pretty on a terminal, else JSON"),
    ] = "auto"
    emails: Annotated[
        Literal["hashed", "plain"], Field(description="how addresses stand in the log")
    ] = "hashed"


class Alerts(_Table):
    """Where to post alarms, and what is worth one."""

    url: Annotated[
        AlarmUrl | None,
        BeforeValidator(_nothing),
        Field(description='url = "${SLACK_WEBHOOK}"; an empty one switches alarms off'),
    ]
    headers: Annotated[
        Headers, Field(description='more of them, e.g. { Authorization = "Bearer ${ALARM_TOKEN}" }')
    ] = {}
    oldest_waiting_minutes: Annotated[
        float, Field(gt=0, le=525_600, description="how long a delivery may wait")
    ] = 15
    dead_letters: Annotated[
        int, Field(ge=1, le=1_000_000_000, description="so many of a connector are an alarm")
    ] = 1
    quarantined: Annotated[
        int, Field(ge=1, le=1_000_000_000, description="so many calls of a source are an alarm")
    ] = 1
    repeat_hours: Annotated[
        float | None,
        Field(gt=0, le=8760, description="tell again while it lasts; unless given, once"),
    ] = None


class Settings(BaseModel):
    """A whole configuration without a fault."""

    model_config = ConfigDict(frozen=True)

    server: Server = Server()
    operators: dict[str, Operator] = {}
    store: Store = Store()
    sources: dict[str, Source]
    connectors: dict[str, SerializeAsAny[ConnectorSettings]] = {}
    routes: tuple[RouteSettings, ...] = ()
    snippets: dict[str, SnippetSettings] = {}
    delivery: Delivery = Delivery()
    log: Log = Log()
    alerts: Alerts | None = None
    directory: Path
    """The configuration's own: relative paths start here."""
    warnings: tuple[ConfigFault, ...] = ()
    """What `load` noticed that stops nothing."""
    lines: Mapping[str, int] = Field(default={}, repr=False)
    """The line of each place in the file."""

    @property
    def has_operators(self) -> bool:
        """Whether anybody may use the console and the admin API; else they are off."""
        return self.server.admin_token is not None or bool(self.operators)

    def secrets(self) -> frozenset[str]:
        """Everything that no log line may hold: tokens, and whatever the connectors keep secret."""
        tables = (
            self.server,
            *self.operators.values(),
            *self.sources.values(),
            *self.connectors.values(),
            *filter(None, [self.alerts]),
        )
        found = {secret.get_secret_value() for table in tables for secret in _secrets(dict(table))}
        if self.alerts and self.alerts.url:
            found |= _parts(self.alerts.url.get_secret_value())
        password = urlsplit(self.store.url).password
        return frozenset(found | ({password} if password else set()))


def connector_secrets(settings: ConnectorSettings) -> frozenset[str]:
    """What one connector keeps secret: all that its CRM is sent of it, and could repeat."""
    return frozenset(secret.get_secret_value() for secret in _secrets(dict(settings)))


def _parts(url: str) -> set[str]:
    """What makes a webhook's address a secret, where it stands alone."""
    parts = urlsplit(url)
    return {
        part
        for part in (parts.path, parts.query, parts.password or "")
        if len(part) >= _LONG_ENOUGH
    }


_LONG_ENOUGH = 8  # characters; shorter ones are no secret, and stand in other words too


def _secrets(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _secrets(one)
