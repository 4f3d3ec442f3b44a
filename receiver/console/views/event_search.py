"""What somebody looks for among the events: read from the address of the page, so that it can be
kept as a bookmark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Self, get_args

from receiver.admin.operation import UnfitParameter
from receiver.inbox import EventFilter
from receiver.inbox.db.event_filter import State
from receiver.inbox.db.storable_text import storable_text

STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class EventSearch:
    """What is searched for, as the form has it: text, empty where it does not matter.

    Times without a zone are UTC.
    """

    person: str = ""
    source: str = ""
    event: str = ""
    state: str = ""
    connector: str = ""
    key: str = ""
    since: str = ""
    until: str = ""
    group: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        return cls(
            **{
                field.name: storable_text(query.get(field.name, "")).strip()
                for field in fields(cls)
            }
        )

    def asked(self) -> dict[str, str]:
        """What to put into an address to ask the same again."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def moments(self) -> Sequence[tuple[str, str, str]]:
        """Name, label and value of the fields for times: in UTC and to the minute, however it was
        asked; empty where it is no time.
        """
        return [
            (name, label, _in_field(text))
            for name, label, text in (
                ("since", "From", self.since),
                ("until", "Before", self.until),
            )
        ]

    def without_group(self) -> EventSearch:
        return replace(self, group="")

    def filter(self) -> EventFilter:
        """All but the group and the key, which have to be looked up. Raises UnfitParameter."""
        return EventFilter(
            source=self.source or None,
            event=self.event or None,
            state=self._state(),
            person=self.person.lower() or None,
            connector=self.connector or None,
            since=_moment(self.since),
            until=_moment(self.until),
        )

    def _state(self) -> State | None:
        found = next((state for state in STATES if state == self.state), None)
        if self.state and found is None:
            raise UnfitParameter(
                f"There is no state {self.state!r}; there are: {', '.join(STATES)}."
            )
        return found


def _in_field(text: str) -> str:
    try:
        found = _moment(text)
    except UnfitParameter:
        return ""
    return found.strftime("%Y-%m-%dT%H:%M") if found else ""


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnfitParameter(
            f"{text!r} is no time; write 2026-03-01 or 2026-03-01T14:30."
        ) from None
