"""What the operations of the admin API take."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from receiver.admin.operation import Parameters
from receiver.inbox import DeliverySelection, EventFilter

State = Literal["pending", "delivered", "dry_run", "dead", "discarded", "quarantined"]
DeliveryState = Literal["pending", "delivered", "dry_run", "dead", "discarded"]
Limit = Annotated[int, Field(ge=1, le=500, description="at most so many")]
# empty is a slip: a variable that was not set
Text = Annotated[str, Field(min_length=1, max_length=500)]
Reason = Annotated[
    str,
    Field(
        min_length=1, max_length=10_000, description="what dead deliveries died of, to the letter"
    ),
]
GroupId = Annotated[
    str, Field(min_length=1, max_length=64, description="the id of a group of /api/groups")
]
Ids = Annotated[
    tuple[Text, ...], Field(min_length=1, max_length=10_000, description="ids of events")
]
Before = Annotated[Text | None, Field(description="`next` of the page before")]

WHERE = "connector"
"""The one condition that may stand beside ids: to which of the connectors."""

_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII
)


def _require_date_text(value: object) -> object:
    """Pydantic would take any number, and any text of digits, for seconds since 1970: a year would
    be a time in 1970.
    """
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError(
            "moment",
            "must be a time of ISO 8601 with its zone, like 2026-05-04T09:30:00Z or "
            "2026-05-04T09:30:00+02:00",
        )
    return value


def whole_number(value: object) -> object:
    """Pydantic would take 1.0, 1_0 and a 1 with spaces for numbers: an id is digits."""
    if isinstance(value, str) and not re.fullmatch(r"\d+", value, re.ASCII):
        raise PydanticCustomError("number", "must be a whole number, in digits alone")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_require_date_text)]
Since = Annotated[Moment | None, Field(description="received at this time or later")]
Until = Annotated[Moment | None, Field(description="received before this time")]
Source = Annotated[Text | None, Field(description="of this source")]
EventName = Annotated[Text | None, Field(description="of this name, such as order.placed")]
ConnectorName = Annotated[Text | None, Field(description="for this connector")]


class EventQuery(Parameters):
    source: Source = None
    event: EventName = None
    state: Annotated[
        State | None, Field(description="with a delivery in this state, or in quarantine")
    ] = None
    person: Annotated[Text | None, Field(description="an e-mail address")] = None
    connector: ConnectorName = None
    key: Annotated[
        Text | None,
        Field(
            description="that wrote a record of this key, or tell of the order with this id, "
            "such as 7301 or springfield:7301; the newest 1,000 of them"
        ),
    ] = None
    group: GroupId | None = None
    since: Since = None
    until: Until = None
    before: Before = None
    limit: Limit = 50

    def filter(self) -> EventFilter:
        """All but the group and the key, which have to be looked up."""
        return EventFilter(
            source=self.source,
            event=self.event,
            state=self.state,
            person=self.person.strip().lower() if self.person else None,
            connector=self.connector,
            since=self.since,
            until=self.until,
        )


class ErasureQuery(Parameters):
    in_crm: Annotated[
        bool, Field(description="erase the person from the CRMs too, before this gateway")
    ] = False


class EventPath(Parameters):
    id: Annotated[str, Field(description="the id that the intake answered", max_length=64)]


class GroupsQuery(Parameters):
    by: Annotated[Literal["largest", "newest"], Field(description="which groups come first")] = (
        "largest"
    )
    skip: Annotated[int, Field(ge=0, le=10**9, description="leave out so many of each kind")] = 0
    limit: Limit = 100


class GroupPath(Parameters):
    id: GroupId


class DeliveryPath(Parameters):
    id: Annotated[
        int,
        Field(ge=1, le=2**62, description="the number of the delivery, as the event shows it"),
        BeforeValidator(whole_number),
    ]


class PersonPath(Parameters):
    email: Annotated[
        str, Field(min_length=1, max_length=400, description="the person's e-mail address")
    ]


class ConnectorPath(Parameters):
    name: Annotated[str, Field(description="the connector's name in the configuration")]


class RecordsPath(ConnectorPath):
    object: Annotated[str, Field(description="contact, deal, …", max_length=200)]


class PauseBody(Parameters):
    reason: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            pattern=r"\S",
            description="why, for whoever sees it; no personal data",
        ),
    ]


class AlarmPath(Parameters):
    alarm: Annotated[str, Field(description="its key, as `GET /api/alarms` has it", max_length=320)]


class SnoozeBody(Parameters):
    hours: Annotated[float, Field(gt=0, le=8760, description="for how long it is not told")]


class HeldQuery(Parameters):
    key: Annotated[str, Field(min_length=1, max_length=4000, description="the record's key")]


class RecordsQuery(Parameters):
    limit: Limit = 50
    before: Before = None


def _one_way(schema: dict[str, Any]) -> None:
    """Says in JSON Schema what `_one_way_to_choose` checks."""
    names = [name for name in schema["properties"] if name not in {"ids", "group", "dry_run"}]
    conditions = [_require_field(name) for name in names]
    beside_ids = [_require_field(name) for name in names if name != WHERE]
    ids, group = _require_field("ids"), _require_field("group")
    schema["oneOf"] = [
        {**ids, "not": {"anyOf": [group, *beside_ids]}},
        {**group, "not": {"anyOf": [ids, *conditions]}},
        {"anyOf": conditions, "not": {"anyOf": [ids, group]}},
    ]


def _require_field(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


class Chosen(Parameters):
    """Ids of events, or a group, or a filter with at least one condition. Deliveries of these ids
    may be those to one connector alone.
    """

    model_config = ConfigDict(json_schema_extra=_one_way)

    ids: Ids | None = None
    group: GroupId | None = None
    since: Since = None
    until: Until = None
    source: Source = None
    event: EventName = None

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> Chosen:
        given = {
            name for name in self.model_fields_set - {"dry_run"} if getattr(self, name) is not None
        }
        if "ids" in given:
            given -= {WHERE}
        ways = ({"ids"}, {"group"}, given - {"ids", "group"})
        if sum(bool(given & way) for way in ways) != 1:
            conditions = ", ".join(
                name for name in type(self).model_fields if name not in {"ids", "group", "dry_run"}
            )
            raise ValueError(f"give either ids, or a group, or a filter ({conditions})")
        return self


class AmendBody(Parameters):
    """What a call in quarantine is amended to: another event name, or another body, or both."""

    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema.update(
            anyOf=[_require_field("event"), _require_field("body")]
        )
    )

    event: Annotated[
        str | None, Field(description="the event's name, like order.placed", max_length=200)
    ] = None
    body: Annotated[
        dict[str, Any] | str | None, Field(description="the payload, as an object or as text")
    ] = None

    @model_validator(mode="after")
    def _something(self) -> AmendBody:
        if self.event is None and self.body is None:
            raise ValueError("give event, or body, or both")
        return self

    def content(self) -> bytes | None:
        """The body as bytes."""
        if self.body is None or isinstance(self.body, str):
            return self.body.encode("utf-8", "surrogatepass") if self.body is not None else None
        return json.dumps(self.body, ensure_ascii=False).encode("utf-8", "surrogatepass")


class CallsBody(Chosen):
    """A body that names calls in quarantine."""

    def filter(self) -> EventFilter:
        return EventFilter(
            source=self.source,
            event=self.event,
            state="quarantined",
            since=self.since,
            until=self.until,
        )


class DeliveriesBody(Chosen):
    """A body that names deliveries."""

    connector: ConnectorName = None
    state: Annotated[DeliveryState | None, Field(description="deliveries in this state")] = None
    reason: Reason | None = None

    def selection(self) -> DeliverySelection:
        """The deliveries that are meant, where no group is given."""
        if self.ids is not None and self.connector is None:
            return DeliverySelection(events=self.ids)
        chosen = EventFilter(
            source=self.source,
            event=self.event,
            state=self.state,
            connector=self.connector,
            since=self.since,
            until=self.until,
            reason=self.reason,
            ids=self.ids,
        )
        return DeliverySelection(filter=chosen)


class ReplayBody(DeliveriesBody):
    """Which deliveries; with `dry_run` only the numbers are answered."""

    dry_run: Annotated[bool, Field(description="true: answer the numbers, change nothing")] = False
