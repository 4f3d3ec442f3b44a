"""The settings, as the rest of the gateway sees them. Defaults stand here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, SerializeAsAny

from connectors.base import ConnectorSettings
from receiver.config_errors import ConfigFault
from receiver.mapping import RouteSettings, SnippetSettings
from receiver.settings.value_types import (
    AlarmTarget,
    AlarmUrl,
    Currency,
    Headers,
    Host,
    Number,
    SigningSecret,
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


def _without_empty(values: object) -> object:
    return [one for one in values if one != ""] if isinstance(values, list) else values


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
    silent_hours: Annotated[
        float | None,
        Field(
            gt=0,
            le=87_600,
            description="an alarm where it has sent events and then none for so long",
        ),
        Number,
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
    """Where to send alarms, and what is worth one."""

    url: Annotated[
        AlarmUrl | None,
        BeforeValidator(_nothing),
        Field(description='url = "${SLACK_WEBHOOK}": JSON is posted there; may be empty'),
    ] = None
    urls: Annotated[
        tuple[AlarmTarget, ...],
        BeforeValidator(_without_empty),
        Field(
            description=(
                "more of them, and mailto://, msteams://, slack:// and what else Apprise knows"
            )
        ),
    ] = ()
    secret: Annotated[
        SigningSecret | None,
        BeforeValidator(_nothing),
        Field(description="signs what is posted as JSON by Standard Webhooks: whsec_ and base64"),
    ] = None
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

    def targets(self) -> dict[str, str]:
        """All addresses, by their places in the configuration; none: alarms are off."""
        single = {"alerts.url": self.url} if self.url else {}
        several = {f"alerts.urls[{index}]": url for index, url in enumerate(self.urls)}
        return {place: url.get_secret_value() for place, url in {**single, **several}.items()}


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
        for url in self.alerts.targets().values() if self.alerts else ():
            found |= _parts(url)
        password = urlsplit(self.store.url).password
        return frozenset(found | ({password} if password else set()))


def connector_secrets(settings: ConnectorSettings) -> frozenset[str]:
    """What one connector keeps secret: all that its CRM is sent of it, and could repeat."""
    return frozenset(secret.get_secret_value() for secret in _secrets(dict(settings)))


def _parts(url: str) -> set[str]:
    """What makes the address of a webhook or of another service a secret, where it stands alone.

    Of a mail server's only the password is one.
    """
    parts = urlsplit(url)
    found = {parts.password or ""}
    if parts.scheme not in {"mailto", "mailtos"}:
        found |= {parts.path, parts.query, *parts.path.split("/"), *_values(parts.query)}
    if parts.scheme not in {"mailto", "mailtos", "http", "https"}:
        found |= {parts.netloc, *re.split("[:@]", parts.netloc)}  # slack://TOKEN/TOKEN/TOKEN
    found |= {unquote(part) for part in found}
    return {part for part in found if len(part) >= _LONG_ENOUGH}


def _values(query: str) -> Iterator[str]:
    for part in query.split("&"):
        yield part.partition("=")[2]


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
