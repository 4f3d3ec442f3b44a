"""What a `[connectors.NAME]` table with `type = "sandbox"` may hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.base import ConnectorSettings


class RefuseRule(BaseModel):
    """Refuses a record on purpose. Without `value` and `pattern` any value of the field will do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: Annotated[
        str | None, Field(description="the object that it is about; any if absent")
    ] = None
    field: Annotated[
        str | None, Field(description="the field that it looks at; the key if absent")
    ] = None
    value: Annotated[
        str | None, Field(description="refuse this value, written as text: 220, true, 2026-05-01")
    ] = None
    pattern: Annotated[
        str | None, Field(description="refuse what this regular expression finds")
    ] = None
    code: Annotated[str, Field(min_length=1, description="the code of the refusal")] = "REFUSED"
    message: Annotated[str, Field(description="its words")] = "The sandbox is set to refuse this."

    @field_validator("pattern")
    @classmethod
    def compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def one_condition(self) -> Self:
        if self.value is not None and self.pattern is not None:
            raise ValueError("a rule has a value or a pattern, not both")
        return self


class SandboxSettings(ConnectorSettings):
    """All is optional: the plain sandbox accepts whatever a CRM would, at once."""

    path: Annotated[
        str | None,
        Field(
            min_length=1,
            description="its SQLite file; sandbox-NAME.db beside the configuration if absent",
        ),
    ] = None
    latency_ms: Annotated[
        float, Field(ge=0, le=3_600_000, description="how long a call takes, in milliseconds")
    ] = 0
    refuse: Annotated[
        tuple[RefuseRule, ...],
        Field(
            description="records to refuse, each { object, field, value or pattern, code, message }"
        ),
    ] = ()
    fail_rate: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="share of writing calls to fail; half of these lose nothing but the answer",
        ),
    ] = 0
    seed: Annotated[
        int, Field(description="picks the calls to fail: the same seed, the same calls")
    ] = 0

    def files(self, name: str, directory: Path) -> tuple[Path, ...]:
        return (directory / (self.path or f"sandbox-{name}.db"),)
