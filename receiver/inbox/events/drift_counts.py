"""Counts the keys that no schema knows, so that a person sees when AOM changes what it sends."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from receiver.inbox.db.bulk_statements import DRIFT
from receiver.inbox.db.storable_text import storable_text
from receiver.inbox.db.tables import drift

# paths of one event name of one source; a sender that puts ids into keys would fill the table
_MOST = 200
OTHERS = "…"


class DriftCounter:
    """Adds what was met in a commit to the counts of drift.

    Paths beyond the first 200 of an event name are counted together, as `…`.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], set[str]] | None = None

    def count(
        self, connection: Connection, seen: Iterable[tuple[str, str | None, tuple[str, ...], int]]
    ) -> None:
        """(source, event name, paths, when) of each event that has unknown keys."""
        counts: dict[tuple[str, str, str], list[int]] = {}
        for source, name, paths, at in seen:
            for path in paths:
                count = counts.setdefault(
                    (
                        source,
                        name or "",
                        self._path(connection, source, name or "", storable_text(path)),
                    ),
                    [0, at, at],
                )
                count[0] += 1
                count[2] = at
        DRIFT.execute(connection, [(*key, *count) for key, count in sorted(counts.items())])

    def _path(self, connection: Connection, source: str, name: str, path: str) -> str:
        if self._known is None:
            self._known = {}
            for row in connection.execute(select(drift.c.source, drift.c.name, drift.c.path)):
                self._known.setdefault((row.source, row.name), set()).add(row.path)
        known = self._known.setdefault((source, name), set())
        if path not in known and len(known) >= _MOST:
            return OTHERS
        known.add(path)
        return path
