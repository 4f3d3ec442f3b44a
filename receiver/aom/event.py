"""One event of AOM, read and checked."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from receiver.aom import normal_form, normalization
from receiver.aom.event_names import LABELS, event_family
from receiver.aom.payload_schema import PAYLOADS, OrderChanged, Payload
from receiver.aom.source_context import SourceContext
from receiver.aom.validation import drift
from receiver.aom.validation.errors import BodyError, RecognisedBy
from receiver.aom.validation.quick_check import learners
from receiver.aom.validation.schema_check import ValidatedBody
from receiver.aom.values import order_status

_NO_PROFILE = normal_form.Profile()
# AOM's samples show the same account's id and address in these
_TELL_ADDRESSES = frozenset(
    {"account.created", "course.enrolled", "quiz.submitted", "discussion.submitted"}
)


@dataclass  # not frozen, though nobody changes it: that would cost 2 µs of each
class Event:
    """`raw` and the texts in the normal form are the sender's: text to be escaped, never markup.

    Intake must be quick: what it does not need is read from `raw` when it is first asked for.
    """

    name: str
    how: RecognisedBy  # it was recognised
    disagreement: str | None  # a sentence, where URL and body said different things
    keys: tuple[str, ...] = field(repr=False)  # of `people`
    unknown: tuple[str, ...]  # paths of keys that no schema knows, `[]` for any index
    # SHA-256 of name and content: equal for equal events, whatever the order of their keys
    digest: bytes
    # of the order that it is a state of; None where what it is about has no states
    thing: bytes | None
    raw: dict[str, Any] = field(repr=False)
    site: SourceContext
    # None where a glance has told that all of it is readable
    validated: ValidatedBody | None = field(repr=False)
    around: bool = False  # other text stands around the JSON

    @cached_property
    def payload(self) -> Payload:
        return (
            self.validated.payload
            if self.validated
            else PAYLOADS[self.name].model_validate(self.raw)
        )

    @cached_property
    def people(self) -> tuple[normal_form.Person, ...]:
        """Unique by key, in order of appearance."""
        return normalization.people_of_payload(self.payload)

    @property
    def account_ids(self) -> dict[str, str]:
        """AOM's ids of the people's accounts, by their keys, where it is known that the id is one.

        The id of an assignment may be anything: AOM's sample has none. One that stands with several
        addresses in one event is nobody's.
        """
        if not (self.tells_addresses or event_family(self.name) == "order"):
            return {}
        if self.validated:
            sent = [(one.email, one.id) for one in self.payload.people()]
        else:  # a glance has told that ids and addresses are plain
            sent = [(one["email"].lower(), one.get("id")) for one in learners(self.name)(self.raw)]
        if len(sent) == 1:
            ((key, id),) = sent
            return {key: str(id)} if id else {}
        first: dict[str, Any] = {}
        for key, id in sent:
            first.setdefault(key, id)
        ids = {key: str(id) for key, id in first.items() if id}
        if len(ids) < 2 or len(set(ids.values())) == len(ids):  # noqa: PLR2004
            return ids
        times = Counter(ids.values())
        return {key: id for key, id in ids.items() if times[id] == 1}

    @property
    def tells_addresses(self) -> bool:
        """Whether id and address are of the same account; an order may have been typed in with
        another address.
        """
        return self.name in _TELL_ADDRESSES

    @property
    def left_out(self) -> tuple[BodyError, ...]:
        """The people of several who lack what is needed, each with place and reason; the event is
        delivered for the others.
        """
        return tuple(self.validated.left_out) if self.validated else ()

    @property
    def unreadable(self) -> tuple[str, ...]:
        """What counts as absent, with why: "customer.id (unreadable)", "status (unknown)",
        "userList[].email (left out)".
        """
        if self.validated is None and not self.around:
            return ()
        found = self.validated.unreadable if self.validated else []
        is_strange = isinstance(self.payload, OrderChanged) and not order_status.is_known(
            self.payload.status
        )
        return drift.shown_paths(
            [
                *found,
                *(["status (unknown)"] if is_strange else []),
                *(["text around the JSON (left out)"] if self.around else []),
            ]
        )

    def context(
        self,
        address: str,
        *,
        id: str,
        received_at: datetime,
        person_key: str | None = None,
        current: str | None = None,
        profile: normal_form.Profile = _NO_PROFILE,
    ) -> dict[str, Any]:
        """What the expressions of a mapping see, for one of `people`; see `names_of_event`.

        `id` is the gateway's, `profile` the person's, where an expression asks for it. Of somebody
        whose address has changed, `person_key` is what the gateway knows them by, and `current` the
        address that they have now.

        Raises KeyError if the event is not about that person.
        """
        person = self._by_key.get(address)
        if person is None:
            raise KeyError(f"{self.name} {id} is not about {address}")
        if (person_key or address, current or address) != (address, address):
            person = person.model_copy(
                update={"key": person_key or address, "email": current or address}
            )
        return {
            "event": self._event(id, received_at),
            "source": normal_form.SourceForm(
                name=self.site.name, currency=self.site.currency, timezone=str(self.site.timezone)
            ),
            "person": person,
            "profile": profile,
            "raw": self.raw,
            **self.parts,
        }

    def normal(self) -> dict[str, Any]:
        """The normal form as JSON would have it: money as text, dates in ISO 8601."""
        people = [person.model_dump(mode="json") for person in self.people]
        return {
            "people": people,
            **normalization.event_parts(
                self.payload, self.site, currency=self._currency
            ).model_dump(mode="json"),
        }

    def _event(self, id: str, received_at: datetime) -> normal_form.EventForm:
        return normal_form.EventForm(
            id=id,
            name=self.name,
            label=LABELS[self.name],
            received_at=received_at.astimezone(self.site.timezone),
            occurred_at=self.occurred_at(received_at),
        )

    def occurred_at(self, received_at: datetime) -> datetime:
        """The payload's own time of what happened, else when it was received."""
        zone = self.site.timezone
        return normalization.occurred_at(self.payload, zone) or received_at.astimezone(zone)

    @property
    def _currency(self) -> str | None:
        """Where the order names none: the site's; none where it names one that is not
        understood.
        """
        return (
            None
            if self.validated and "currency (unreadable)" in self.validated.unreadable
            else self.site.currency
        )

    @cached_property
    def _by_key(self) -> dict[str, normal_form.Person]:
        return {person.key: person for person in self.people}

    @cached_property
    def parts(self) -> dict[str, Any]:
        """The event's own part of the normal form, by name."""
        parts = normalization.event_parts(self.payload, self.site, currency=self._currency)
        return {name: getattr(parts, name) for name in type(parts).model_fields}
