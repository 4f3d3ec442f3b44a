"""The webhook connector: records go out as signed messages, the answer's status is the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import ClassVar, Self
from urllib.parse import urlsplit

import httpx

from connectors.base import (
    ConnectorSettings,
    Context,
    Limits,
    Needs,
    Outcome,
    Problem,
    Record,
    Saved,
)
from connectors.error_rules import ErrorOutcome, ErrorRule, error_rule
from connectors.http import CallRefused, HttpApi, write_in_parts, write_json
from connectors.webhook.messages import ID, MessageSignature, build_batch, build_message
from connectors.webhook.public_addresses import PublicTransport
from connectors.webhook.settings import WebhookSettings

CONNECTIONS = 8  # each for other people; of one person only one message is under way
JSON = {"Content-Type": "application/json"}

_O = ErrorOutcome
RULES = (
    error_rule(
        _O.CREDENTIALS, statuses=[401, 403], remedy="see `secrets`, `headers` and the clock"
    ),
    error_rule(_O.SET_UP, statuses=[410], remedy="the receiver wants no more: take the routes out"),
    error_rule(_O.SET_UP, statuses=range(300, 400), remedy="write the last address as `url`"),
    error_rule(_O.SET_UP, statuses=[402, 404, 405, 406, 407, 415, 501], remedy="is `url` right?"),
    error_rule(_O.RECORD, statuses=[400, 413, 422]),
)
"""What a receiver means by a status; all others are as `connectors.http.HTTP_RULES` has them.

What speaks of the address is never one record's fault: 404 as well.
"""

REACHED = (error_rule(_O.RECORD, statuses=range(400, 500)), *RULES)
"""To a question without content, as `check` puts it, a refusal is an answer."""


class EveryObject(Mapping[str, str]):
    """Says of every object that its key goes out as `key`."""

    def __getitem__(self, object: str) -> str:
        return "key"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class WebhookConnector:
    """Forwards records of any object and any fields; keeps and knows none."""

    API: ClassVar[int] = 1
    Settings: ClassVar[type[ConnectorSettings]] = WebhookSettings
    key_fields: ClassVar[Mapping[str, str]] = EveryObject()

    def __init__(self, settings: WebhookSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self.limits = Limits(
            records=settings.batch_size or 1,
            concurrency=CONNECTIONS,
            folds=settings.fold,
            longest_call=context.timeout,
        )
        self._api = self._open_api(RULES)

    @classmethod
    def open(cls, settings: WebhookSettings, context: Context) -> Self:
        return cls(settings, context)

    @classmethod
    def shipped_mappings(cls) -> Mapping[str, str]:
        return {"standard": (files("connectors.webhook") / "standard.toml").read_text("utf-8")}

    async def upsert(
        self,
        object: str,  # noqa: ARG002 - a record says it itself
        records: Sequence[Record],
    ) -> Sequence[Outcome]:
        return await write_in_parts(records, self._send, size=self.limits.records, at_once=1)

    async def check(self, needs: Needs) -> Sequence[Problem]:  # noqa: ARG002 - it takes all
        """Reach the receiver, with a HEAD that is not signed: nothing is sent."""
        api = self._open_api(REACHED)
        try:
            await api.request("HEAD", "")
        except CallRefused:
            pass
        finally:
            await api.aclose()
        return []

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _send(self, records: Sequence[Record]) -> Sequence[Outcome]:
        now = self._context.now()
        messages = [build_message(record, now) for record in records]
        message = build_batch(messages, now) if self._settings.batch_size else messages[0]
        await self._api.request(
            "POST",
            "",
            content=write_json(message),
            headers={**JSON, ID: message["id"]},
            status_only=True,
        )
        # what is sent event by event is not sent again: nothing of it has to be remembered
        return [Saved(record.key if self.limits.folds else "") for record in records]

    def _open_api(self, rules: Sequence[ErrorRule]) -> HttpApi:
        settings, context = self._settings, self._context
        limits = httpx.Limits(max_connections=CONNECTIONS)
        return HttpApi(
            urlsplit(settings.url).hostname or "",
            settings,
            context,
            base_url=settings.url,
            headers=settings.headers,
            rules=rules,
            connections=CONNECTIONS,
            transport=None if settings.allow_private else PublicTransport(limits=limits),
            auth=MessageSignature(
                [one.get_secret_value() for one in settings.secrets], context.now
            ),
        )
