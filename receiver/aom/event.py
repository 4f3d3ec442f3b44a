"""One event of AOM, read and checked."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from receiver.aom import drift, forms, normal, status
from receiver.aom.faults import How
from receiver.aom.names import LABELS
from receiver.aom.schema import OrderChanged, Payload
from receiver.aom.site import Site
from receiver.aom.validate import validate


@dataclass(frozen=True)
class Event:
    """`raw` and the texts in the normal form are the sender's: text to be escaped, never markup.

    Intake must be quick: what it does not need is read from `raw` when it is first asked for.
    """

    name: str
    how: How  # it was recognised
    disagreement: str | None  # a sentence, where URL and body said different things
    keys: tuple[str, ...] = field(repr=False)  # of `people`
    unknown: tuple[str, ...]  # paths of keys that no schema knows, `[]` for any index
    digest: bytes  # SHA-256 of name and content: equal for equal events, whatever the order of their keys
    raw: dict[str, Any] = field(repr=False)
    site: Site

    @property
    def payload(self) -> Payload:
        return self._whole[0]

    @cached_property
    def people(self) -> tuple[forms.Person, ...]:
        """Unique by key, in order of appearance."""
        return normal.people(self.payload)

    @cached_property
    def unreadable(self) -> tuple[str, ...]:
        """Values that count as absent since no schema understands them: "customer.id (unreadable)", "status (unknown)"."""
        is_strange = isinstance(self.payload, OrderChanged) and status.event(self.payload.status) is None
        return drift.shown([*self._whole[1], *(["status (unknown)"] if is_strange else [])])

    @cached_property
    def _whole(self) -> tuple[Payload, list[str]]:
        return validate(self.raw, self.name)

    def context(self, person_key: str, *, id: str, received_at: datetime) -> dict[str, Any]:
        """What the expressions of a mapping see, for one of `people`; see `forms.names`. `id` is the gateway's.

        Raises KeyError if the event is not about that person.
        """
        person = self._by_key.get(person_key)
        if person is None:
            raise KeyError(f"{self.name} {id} is not about {person_key}")
        return {
            "event": self._event(id, received_at),
            "source": forms.SourceForm(name=self.site.name, currency=self.site.currency, timezone=str(self.site.timezone)),
            "person": person,
            "raw": self.raw,
            **self._parts,
        }

    def normal(self) -> dict[str, Any]:
        """The normal form as JSON would have it: money as text, dates in ISO 8601."""
        people = [person.model_dump(mode="json") for person in self.people]
        return {"people": people, **normal.parts(self.payload, self.site).model_dump(mode="json")}

    def _event(self, id: str, received_at: datetime) -> forms.EventForm:
        zone = self.site.timezone
        received_at = received_at.astimezone(zone)
        occurred_at = normal.occurred_at(self.payload, zone) or received_at
        return forms.EventForm(id=id, name=self.name, label=LABELS[self.name], received_at=received_at, occurred_at=occurred_at)

    @cached_property
    def _by_key(self) -> dict[str, forms.Person]:
        return {person.key: person for person in self.people}

    @cached_property
    def _parts(self) -> dict[str, Any]:
        parts = normal.parts(self.payload, self.site)
        return {name: getattr(parts, name) for name in type(parts).model_fields}
