"""The events of a person, each with what became of it for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from receiver.admin.views import EventItem
from receiver.console.views.story.step import Tone
from receiver.inbox import Inbox, PersonDelivery

_TONES: tuple[tuple[str, Tone], ...] = (
    ("dead", "bad"),
    ("pending", "warn"),
    ("dry_run", "warn"),
    ("delivered", "good"),
)


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """An event, and what became of it for one person; others in it may stand otherwise."""

    item: EventItem
    deliveries: Sequence[PersonDelivery]

    @property
    def tone(self) -> Tone:
        """Of the delivery that most needs a look."""
        states = {one.state for one in self.deliveries}
        return next((tone for state, tone in _TONES if state in states), "calm")


async def tell_events(
    inbox: Inbox, person_key: str, items: Sequence[EventItem]
) -> list[PersonEvent]:
    """In the order in which they are given."""
    found: dict[str, list[PersonDelivery]] = {}
    for one in await inbox.list_person_deliveries(person_key, [item.id for item in items]):
        found.setdefault(one.event_id, []).append(one)
    return [PersonEvent(item, found.get(item.id, ())) for item in items]
