"""What an expression sees while it is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Context

from receiver.mapping.limits import Limits


class Scope(Context):
    """The names of one event, as `parent`, and what its expressions may still do."""

    limits: Limits

    def __init__(self, environment: Environment, names: Mapping[str, Any], limits: Limits) -> None:
        super().__init__(environment, names, None, {})  # type: ignore[arg-type]
        self.limits = limits

    def with_name(self, name: str, value: Any) -> Scope:
        """The same with one name more."""
        return Scope(self.environment, {**self.parent, name: value}, self.limits)
