"""What a file of mapping tests may hold: `[[case]]` tables, each with its `[[case.expect]]`."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from receiver.aom import Profile
from receiver.aom.event_names import EVENTS, find_event_name
from receiver.aom.normal_form import ProfileCourse
from receiver.config_errors import RemediedError, suggest_name
from receiver.mapping import Overwrite

RECEIVED_AT: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the call of a case comes in, unless the case says so: always the same, so that what is
written is."""


def _as_case_value(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise RemediedError("has no time zone", "write the offset, like 2026-05-01T09:00:00-04:00")
    if isinstance(value, time | dict):
        raise RemediedError(
            "is no value of a field", "write a text, a number, true, false, a date, or a list"
        )
    if isinstance(value, list) and not all(isinstance(option, str) for option in value):
        raise RemediedError("is no list of texts", 'write the options in quotes: ["a", "b"]')
    return value


def _as_names(value: object) -> object:
    if isinstance(value, str):
        raise RemediedError("is one text", f'write a list: ["{value}"]')
    return value


def _event(value: str | None) -> str | None:
    if value is None or (name := find_event_name(value)) is not None:
        return None if value is None else name
    raise RemediedError(f"{value!r} is not an event", suggest_name(value, EVENTS, "events"))


def _body(value: object) -> object:
    if isinstance(value, str | dict):
        return value
    raise RemediedError("is neither a table nor a text", "write the JSON as a text in quotes")


def _aware(value: datetime | None) -> datetime | None:
    _as_case_value(value)
    return value


ExpectedValue = Annotated[Any, AfterValidator(_as_case_value)]
"""A text, number, bool, date or aware datetime; a list of texts for what is appended."""
Moment = Annotated[datetime, AfterValidator(_aware)]
Names = Annotated[tuple[str, ...], BeforeValidator(_as_names)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectSettings(_Table):
    """One record that must be written, or that nothing may be."""

    connector: Annotated[
        str | None, Field(description="the NAME of [connectors.NAME]; may be left out of one")
    ] = None
    object: Annotated[str | None, Field(description="the object, as its upsert names it")] = None
    key: Annotated[
        str | None, Field(description="the record's key; may be left out where there is one record")
    ] = None
    fields: Annotated[
        dict[str, ExpectedValue], Field(description="what they must hold; others are not looked at")
    ] = {}
    absent: Annotated[Names, Field(description="fields that may not be sent")] = ()
    links: Annotated[
        Names, Field(description='records that it must be tied to: ["contact ada@example.edu"]')
    ] = ()
    mode: Annotated[
        Literal["upsert", "update", "create"] | None,
        Field(description="whether the CRM's record may be made, and changed"),
    ] = None
    overwrite: Annotated[
        dict[str, Overwrite], Field(description="when a field may be written over the CRM's")
    ] = {}
    newest: Annotated[
        dict[str, Moment],
        Field(description="fields that are never set back, each with the date that decides"),
    ] = {}
    forward: Annotated[
        dict[str, int],
        Field(description="fields that only climb, each with its place in `forward`, from 1"),
    ] = {}
    grow: Annotated[
        Names | None, Field(description="all fields whose options are made where the CRM has none")
    ] = None
    none: Annotated[bool, Field(description="true: nothing may be written")] = False


class KnownCourse(ProfileCourse):
    """A course in the profile of a case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _dates = field_validator("enrolled_at")(_aware)


class CaseProfile(Profile):
    """What is known of the person when the call of a case is delivered. What is not named is 0, or
    nothing; as many courses are counted as are named.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    courses: list[KnownCourse] = Field(  # type: ignore[assignment]
        default=[], description="the courses, the first one first"
    )

    _dates = field_validator(
        "first_order_at", "last_order_at", "last_activity_at", "first_seen_at"
    )(_aware)

    @model_validator(mode="before")
    @classmethod
    def counted(cls, given: object) -> object:
        if isinstance(given, dict) and isinstance(courses := given.get("courses"), list):
            return {"course_count": len(courses), **given}
        return given


class CaseSettings(_Table):
    """One call, and what must come of it."""

    name: Annotated[str, Field(min_length=1, description="what the case shows, in words")]
    event: Annotated[
        str | None,
        AfterValidator(_event),
        Field(description="the event that the URL names; told by the body if absent"),
    ] = None
    source: Annotated[
        str | None, Field(description="the NAME of [sources.NAME]; the first one if absent")
    ] = None
    body: Annotated[
        Any, AfterValidator(_body), Field(description="what AOM sends: a table, or JSON as a text")
    ] = None
    file: Annotated[
        str | None, Field(min_length=1, description="a file with the body, beside this one")
    ] = None
    received_at: Annotated[
        datetime, AfterValidator(_aware), Field(description="when it came in")
    ] = RECEIVED_AT
    profile: Annotated[
        CaseProfile | None,
        Field(
            description="what is known of the person: { order_count = 3, revenue = 120.5 }; only "
            "what this call tells if absent"
        ),
    ] = None
    only: Annotated[
        bool, Field(description="true: no other record may be written than the expected ones")
    ] = False
    expect: Annotated[
        tuple[ExpectSettings, ...], Field(description="what must be written, or that nothing may")
    ] = ()


class CaseFileSettings(_Table):
    """A whole file."""

    case: Annotated[tuple[CaseSettings, ...], Field(description="the cases")] = ()


def plain_number(value: object) -> object:
    """What JSON cannot write of what TOML can hold."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
