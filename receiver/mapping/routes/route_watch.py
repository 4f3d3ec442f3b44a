"""Who watches a route at work: which of its conditions, keys, defaults and maps were asked, and
what came of it.

Nobody does while the gateway runs: a watch is put in when routes are compiled, and costs nothing
where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from connectors.base import Value
from receiver.mapping.language.compiler import Evaluate


class ValueLookup(Protocol):
    """What a `map` has for a value; None where it has nothing."""

    def find(self, result: Any) -> Value | None: ...


class RouteWatch(Protocol):
    """Each gives what the route is to work with in the place of what it was given.

    `where` is the place in the configuration.
    """

    def condition(self, where: str, test: Evaluate) -> Evaluate: ...
    def key(self, where: str, key: Evaluate) -> Evaluate: ...
    def default(self, where: str, default: Evaluate) -> Evaluate: ...
    def lookup(
        self, where: str, entries: Mapping[str, Value], names: ValueLookup, found: ValueLookup
    ) -> ValueLookup:
        """`found` looks a value up; `names` finds the key of the entry that it would take."""


class Unwatched:
    """Leaves all as it is."""

    def condition(self, where: str, test: Evaluate) -> Evaluate:  # noqa: ARG002
        return test

    def key(self, where: str, key: Evaluate) -> Evaluate:  # noqa: ARG002
        return key

    def default(self, where: str, default: Evaluate) -> Evaluate:  # noqa: ARG002
        return default

    def lookup(
        self,
        where: str,  # noqa: ARG002
        entries: Mapping[str, Value],  # noqa: ARG002
        names: ValueLookup,  # noqa: ARG002
        found: ValueLookup,
    ) -> ValueLookup:
        return found


UNWATCHED: RouteWatch = Unwatched()
