"""What every connector for an HTTP API needs, once: `HttpApi` makes its calls.

A connector whose CRM writes one record per call is then little more than this:

    class MyConnector:
        def __init__(self, settings: MySettings, context: Context) -> None:
            self._api = HttpApi(
                "MyCRM", settings, context, base_url=settings.base_url,
                headers={"Authorization": bearer(settings.api_token)}, rules=RULES,
            )

        async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
            return await self._api.write_each(records, self._save)

        async def _save(self, record: Record) -> Outcome:
            answer = await self._api.call("PUT", "contacts", record.key, json=record.fields)
            return Saved(value_at(answer, "id", type_=str))

        async def aclose(self) -> None:
            await self._api.aclose()

The rate limit, time-outs, connections, secrets, and from a failure to what `connectors.base` calls
it are then seen to. `rules` is the table of the CRM's own codes, see `connectors.error_rules`;
behind it stand `HTTP_RULES`, for what HTTP itself says.
"""

from connectors.http.answers import HttpAnswer
from connectors.http.api import HttpApi, bearer
from connectors.http.connection_errors import describe_connection_error
from connectors.http.failures import (
    HTTP_RULES,
    NOT_JSON,
    ONE_RECORD,
    CallDeferred,
    CallRefused,
    HttpFailure,
    KeyTaken,
    RecordGone,
    read_failure,
)
from connectors.http.json_bodies import Json, read_json, value_at, write_json
from connectors.http.record_calls import read_outcomes, write_in_parts
from connectors.http.retry_after import read_retry_after

__all__ = [
    "HTTP_RULES",
    "NOT_JSON",
    "ONE_RECORD",
    "CallDeferred",
    "CallRefused",
    "HttpAnswer",
    "HttpApi",
    "HttpFailure",
    "Json",
    "KeyTaken",
    "RecordGone",
    "bearer",
    "describe_connection_error",
    "read_failure",
    "read_json",
    "read_outcomes",
    "read_retry_after",
    "value_at",
    "write_in_parts",
    "write_json",
]
