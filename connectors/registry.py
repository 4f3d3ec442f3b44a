"""Finds connectors by the entry point group `aom_gateway.connectors`, the built-in ones like any
other.

Names are read without importing anything; a connector's code, and the CRM client that it brings,
loads when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from types import FunctionType

from connectors.base import API, Connector, ConnectorSettings

GROUP = "aom_gateway.connectors"

_METHODS = tuple(
    name
    for name, member in vars(Connector).items()
    if not name.startswith("_") and isinstance(member, (FunctionType, classmethod))
)
_REQUIRED = ("API", "Settings", "key_fields", *_METHODS)


class UnknownConnector(KeyError):
    """No connector is announced under this name. `nearest` is None where nothing comes near."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(sorted(known))
        self.nearest = next(iter(get_close_matches(name.lower(), self.known, n=1)), None)
        super().__init__(name)

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else "."
        return (
            f"there is no connector type {self.name!r}{hint} Known: "
            f"{', '.join(self.known) or 'none'}"
        )


class BrokenConnector(Exception):
    """A connector is announced under this name, and can't be used. The others can."""

    def __init__(self, name: str, entry: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"the connector type {name!r} ({entry}) can't be used: {reason}")


class Types(Mapping[str, type[Connector]]):
    """Connector classes by name, loaded when they are looked up, which raises UnknownConnector or
    BrokenConnector.

    Going through names loads nothing; going through values or items ends at a broken one: `broken`
    tells beforehand.
    """

    def __init__(self, found: Iterable[EntryPoint]) -> None:
        self._found: dict[str, list[EntryPoint]] = {}
        for entry in found:
            self._found.setdefault(entry.name, []).append(entry)

    def __getitem__(self, name: str) -> type[Connector]:
        entries = self._found.get(name)
        if entries is None:
            raise UnknownConnector(name, self._found)
        if len({entry.value for entry in entries}) > 1:
            raise BrokenConnector(
                name,
                "two packages",
                f"it is announced by {' and '.join(map(_origin, entries))}; uninstall one",
            )
        return _load(entries[0])

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def broken(self) -> dict[str, BrokenConnector]:
        """Load all, and tell which can't be used."""
        faults = {}
        for name in self:
            try:
                self[name]
            except BrokenConnector as fault:
                faults[name] = fault
        return faults


def types() -> Types:
    """All connectors that the installed packages announce."""
    return Types(entry_points(group=GROUP))


def load(name: str) -> type[Connector]:
    """Load one connector. Raises UnknownConnector or BrokenConnector."""
    return types()[name]


def _load(entry: EntryPoint) -> type[Connector]:
    try:
        loaded = entry.load()
    except Exception as error:
        raise BrokenConnector(
            entry.name, _origin(entry), f"{type(error).__name__}: {error}"
        ) from error
    if reason := _lacks(loaded):
        raise BrokenConnector(entry.name, _origin(entry), reason)
    return loaded  # type: ignore[no-any-return]


def _lacks(loaded: object) -> str | None:
    """Tell what keeps it from being a connector, as far as the class shows."""
    if not isinstance(loaded, type):
        return "it is no class"
    if (version := getattr(loaded, "API", API)) != API:
        return _speaks_another(version)
    if missing := [name for name in _REQUIRED if not hasattr(loaded, name)]:
        return f"the class lacks {', '.join(missing)}, see connectors.base"
    settings = loaded.Settings  # type: ignore[attr-defined]
    if not (isinstance(settings, type) and issubclass(settings, ConnectorSettings)):
        return "its Settings are no subclass of connectors.base.ConnectorSettings"
    return None


def _speaks_another(version: object) -> str:
    newer = ", or a newer gateway" if isinstance(version, int) and version > API else ""
    return (
        f"it needs version {version!r} of the connector interface, and this gateway speaks "
        f"version {API}: install a release of it for version {API}{newer}"
    )


def _origin(entry: EntryPoint) -> str:
    return f"{entry.value} of {entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
