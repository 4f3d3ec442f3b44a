"""What `[[routes]]` may hold. Texts are expressions; they are checked and compiled elsewhere."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from receiver.config_errors import RemediedError
from receiver.mapping.routes.ruled_record import Overwrite


def _constant(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise RemediedError("has no time zone", "write the offset, like 2026-05-01T09:00:00-04:00")
    if isinstance(value, time):
        raise RemediedError(
            "is a time without a date", "write a date and time, or a text in quotes"
        )
    if isinstance(value, Decimal) and not value.is_finite():
        raise RemediedError("is no number that a CRM knows", "write a finite number")
    if isinstance(value, dict | list):
        raise RemediedError("is a table or a list", "write one text, number, true, false or date")
    return value


Constant = Annotated[Any, AfterValidator(_constant)]
"""A text, whole number, Decimal, bool, date or aware datetime, as TOML has them."""


def _as_names(value: object) -> object:
    if isinstance(value, str):
        raise RemediedError("is one text", f'write a list: ["{value}"]')
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_names)]


def _tables(value: object) -> object:
    if isinstance(value, dict):
        raise RemediedError("is one table", "write [[routes.upsert]] in double brackets")
    return value


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrSeveral = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_several),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1}),
]
"""A name, or a list of them."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSettings(_Table):
    """A field of a record: in TOML a plain value or expression, or a table with these keys."""

    value: Annotated[Constant, Field(description="what to write: an expression or a constant")]
    map: Annotated[
        dict[str, Constant] | None,
        Field(description='looks the value up: { COMPLETED = "closedwon", "Bundle*" = "bundle" }'),
    ] = None
    default: Annotated[
        Constant, Field(description="where the value is nothing, or is not in the map")
    ] = None
    append: Annotated[
        bool, Field(description="true adds to a multiple-choice field instead of replacing it")
    ] = False
    grow: Annotated[
        bool,
        Field(description="with `append`: true makes options that the CRM's field does not have"),
    ] = False
    when: Annotated[str | bool | None, Field(description='only then: "{{ order.coupons }}"')] = None

    forward: Annotated[
        Names | None,
        Field(
            min_length=1,
            description="the stages that it only climbs, the first one first: it never falls back",
        ),
    ] = None
    newest: Annotated[
        bool | str,
        Field(
            description='true: a date that is never set back; or the date that decides: "{{ '
            'event.occurred_at }}"'
        ),
    ] = False
    overwrite: Annotated[
        Overwrite,
        Field(
            description='when it may be written: "always", "if_empty" (only where the CRM\'s is '
            'empty, so that staff\'s values stay) or "never" (only with a new record)'
        ),
    ] = "always"

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """Of `append`, `forward`, `newest` and `overwrite` one at most; `grow` needs `append`."""
        given = [name for name in ("append", "forward", "newest") if getattr(self, name)]
        given += ["overwrite"] if self.overwrite != "always" else []
        if len(given) > 1:
            raise RemediedError(f"has {given[0]} and {given[1]}", "keep one of them")
        if self.grow and not self.append:
            raise RemediedError(
                "has `grow` without `append`", "add append = true: a multiple choice alone grows"
            )
        if self.forward and len({stage.casefold() for stage in self.forward}) < len(self.forward):
            raise RemediedError("has a stage twice in `forward`", "name each once")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        table = handler(core_schema)
        return {"anyOf": [{"type": ["string", "number", "boolean"]}, table]}

    @model_validator(mode="before")
    @classmethod
    def plain(cls, given: object) -> object:
        return given if isinstance(given, dict) else {"value": given}


class UpsertSettings(_Table):
    """One record for each event (and each item of `each`)."""

    object: Annotated[
        str,
        Field(min_length=1, description='"contact", "deal", or the CRM\'s own name of an object'),
    ]
    key: Annotated[
        str | None,
        Field(
            min_length=1,
            description="what is unique to the record; of a contact the e-mail if absent",
        ),
    ] = None
    key_field: Annotated[
        str | None, Field(min_length=1, description="the CRM's field that holds the key")
    ] = None
    each: Annotated[str | None, Field(description='one record per item: "course in courses"')] = (
        None
    )
    when: Annotated[str | bool | None, Field(description='only then: "{{ order.total > 0 }}"')] = (
        None
    )
    mode: Annotated[
        Literal["upsert", "update", "create"],
        Field(
            description='"upsert"; "update" never creates a record; "create" never changes one '
            "that is there"
        ),
    ] = "upsert"
    links: Annotated[Names, Field(description="objects of this route to tie the record to")] = ()
    use: Annotated[
        Names, Field(description="snippets whose fields it writes too; its own come first")
    ] = ()
    fields: Annotated[dict[str, FieldSettings], Field(description="the fields to write")] = {}


class SnippetSettings(_Table):
    """Fields that upserts share, under a name that they `use`."""

    fields: Annotated[
        dict[str, FieldSettings], Field(min_length=1, description="the fields to write")
    ]


class RouteSettings(_Table):
    """Which events of which sources one or several connectors are told of, and what is written for
    them.
    """

    name: Annotated[str, Field(description="a standard route of the same name is replaced")] = ""
    sources: Annotated[Names | None, Field(description="all if absent")] = None
    events: Annotated[
        Names, Field(min_length=1, description='names or patterns of events, like ["order.*"]')
    ]
    connector: Annotated[
        OneOrSeveral,
        Field(min_length=1, description="the NAME of a [connectors.NAME] table, or a list of them"),
    ]
    when: Annotated[str | bool | None, Field(description='only then: "{{ order.total > 0 }}"')] = (
        None
    )
    upsert: Annotated[
        tuple[UpsertSettings, ...],
        BeforeValidator(_tables),
        Field(description="what is written; nothing switches a standard route off"),
    ] = ()
