"""What an expression sees while it is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Context

from receiver.mapping.language.limits import EventLimits


class ExpressionScope(Context):
    """The names of one event, as `parent`, and what its expressions may still do."""

    limits: EventLimits

    def __init__(
        self, environment: Environment, names: Mapping[str, Any], limits: EventLimits
    ) -> None:
        super().__init__(environment, names, None, {})  # type: ignore[arg-type]
        self.limits = limits

    def with_names(self, names: Mapping[str, Any]) -> ExpressionScope:
        """The same with these names more."""
        return ExpressionScope(self.environment, {**self.parent, **names}, self.limits)


@dataclass(frozen=True, slots=True)
class Loop:
    """How far an `each` is: `loop.index` counts from 1, `loop.length` tells how many there are."""

    index: int
    length: int

    @property
    def first(self) -> bool:
        return self.index == 1

    @property
    def last(self) -> bool:
        return self.index == self.length
