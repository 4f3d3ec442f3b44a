"""What differs between two configurations, and what of it a running gateway can take over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from receiver.settings.model import Settings

FIXED = {"server": ("host", "port", "workers"), "store": ("url", "max_wal_mb")}
"""Settings by which a process has started: another value of these needs a restart."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One difference, by its place such as `sources.springfield.tokens`. It holds no value: many
    are secrets.
    """

    where: str
    change: Literal["added", "removed", "changed"]


def compare_settings(before: Settings, after: Settings) -> Sequence[SettingChange]:
    """All differences, in the order of the configuration's tables."""
    return [
        *_between("server", before.server, after.server),
        *_compare_tables("operators", before.operators, after.operators),
        *_between("store", before.store, after.store),
        *_compare_tables("sources", before.sources, after.sources),
        *_compare_tables("connectors", before.connectors, after.connectors),
        *_compare_tables("routes", _routes(before), _routes(after), whole=True),
        *_compare_tables("snippets", before.snippets, after.snippets, whole=True),
        *_between("delivery", before.delivery, after.delivery),
        *_between("log", before.log, after.log),
        *_between("alerts", before.alerts, after.alerts),
    ]


def keep_fixed(running: Settings, new: Settings) -> tuple[Settings, Sequence[str]]:
    """The new configuration with what a running process cannot change as it is, and the places at
    which it would be another. Of `log` nothing can be changed.
    """
    places = [
        *(f"{table}.{name}" for table, names in FIXED.items() for name in names),
        *(f"log.{name}" for name in type(running.log).model_fields),
    ]
    waiting = [place for place in places if _setting_at(running, place) != _setting_at(new, place)]
    unchanged = {
        table: getattr(new, table).model_copy(
            update={name: getattr(getattr(running, table), name) for name in names}
        )
        for table, names in FIXED.items()
    }
    return new.model_copy(update={**unchanged, "log": running.log}), waiting


def _setting_at(settings: Settings, place: str) -> Any:
    table, _, name = place.partition(".")
    return getattr(getattr(settings, table), name)


def _routes(settings: Settings) -> dict[str, BaseModel]:
    """By their names, as they are shown; one without, or one of several, by its number."""
    routes: dict[str, BaseModel] = {}
    for index, route in enumerate(settings.routes):
        name = route.name or f"[{index}]"
        routes[name if name not in routes else f"{name}[{index}]"] = route
    return routes


def _compare_tables(
    table: str,
    before: Mapping[str, BaseModel],
    after: Mapping[str, BaseModel],
    *,
    whole: bool = False,
) -> Iterator[SettingChange]:
    """`whole`: one that differs is told as one, not by its parts."""
    for name in dict.fromkeys((*before, *after)):
        yield from _between(f"{table}.{name}", before.get(name), after.get(name), whole=whole)


def _between(
    where: str, before: BaseModel | None, after: BaseModel | None, *, whole: bool = False
) -> Iterator[SettingChange]:
    if before == after:
        return
    if before is None or after is None:
        yield SettingChange(where, "added" if before is None else "removed")
    elif whole or type(before) is not type(after):
        yield SettingChange(where, "changed")
    else:
        for name in type(after).model_fields:
            if getattr(before, name) != getattr(after, name):
                yield SettingChange(f"{where}.{name}", "changed")
