"""What operators did about an event, as far as the audit knows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from receiver.inbox import AuditEntry, AuditFilter, EventDetail, Inbox

MOST: Final = 100  # entries of each question that are looked at
_ACTS: Final = ("replay", "discard", "revalidate", "amend")
_OF_MANY: Final = ("replay", "discard")
_SENT: Final = ("begun", "done")


@dataclass(frozen=True, slots=True)
class EventAct:
    """An act of an operator. `delivery` is the one that it was about, where it was about one.

    `certain`: the audit names the event; else the act was about many, and may have included it.
    """

    at: datetime
    who: str
    what: str
    outcome: str
    result: str
    delivery: int | None = None
    certain: bool = True

    @property
    def failed(self) -> str:
        """That nothing came of it, to stand behind a sentence."""
        return {"failed": ", which failed", "refused": ", who may not"}.get(self.outcome, "")

    @property
    def words(self) -> str:
        """What came of it, where that is told in a sentence and not in numbers alone."""
        return self.result if self.result.endswith(".") else ""

    def concerns(self, delivery: int) -> bool:
        return self.delivery in (None, delivery)


@dataclass(frozen=True, slots=True)
class FoundActs:
    """Acts of operators, the oldest first. `missing_before`: others of before this time were not
    looked at; None where all were.
    """

    acts: Sequence[EventAct]
    missing_before: datetime | None


async def find_acts(inbox: Inbox, stored: EventDetail, *, most: int = MOST) -> FoundActs:
    """Those that name the event, and those of many that may have included it."""
    questions = [AuditFilter(since=stored.received_at, acts=_ACTS, naming=stored.id)]
    if stored.deliveries:
        questions.append(AuditFilter(since=stored.received_at, acts=_OF_MANY))
    read, cuts = dict[int, EventAct | None](), list[datetime]()
    for chosen in questions:
        found = await inbox.list_audit(chosen, limit=most + 1)
        cuts += [found[most - 1].at] if len(found) > most else []
        read |= {entry.id: _read(entry, stored) for entry in found[:most]}
    acts = [act for _, act in sorted(read.items()) if act is not None]
    return FoundActs(acts, max(cuts, default=None))


def _read(entry: AuditEntry, stored: EventDetail) -> EventAct | None:
    about = entry.about
    deliveries = {str(one.id) for one in stored.deliveries}
    named = _named(about)
    if stored.id in named:
        given = str(about.get("delivery", ""))
        return _act(entry, int(given) if given in deliveries else None)
    if mine := deliveries & named:
        return _act(entry, int(mine.pop()))
    if named or entry.outcome not in _SENT or not _may_include(about, stored):
        return None
    return _act(entry, certain=False)


def _act(entry: AuditEntry, delivery: int | None = None, *, certain: bool = True) -> EventAct:
    return EventAct(entry.at, entry.who, entry.what, entry.outcome, entry.result, delivery, certain)


def _named(about: Mapping[str, Any]) -> set[str]:
    """What the act was about, where that is one thing with an id."""
    given = (about.get(name) for name in ("id", "ids", "event", "delivery", "deliveries"))
    return {str(one) for one in given if isinstance(one, str | int) and "." not in str(one)}


def _may_include(about: Mapping[str, Any], stored: EventDetail) -> bool:
    """Whether nothing that the audit keeps of the filter speaks against the event."""
    given: Mapping[str, Collection[str | None]] = {
        "source": {stored.source},
        "event": {stored.name},
        "connector": set(stored.counts),
    }
    if about.get("dry_run") is True:
        return False
    wanted = ((about.get(name), values) for name, values in given.items())
    return all(not isinstance(one, str) or one in values for one, values in wanted)
