"""From an event to the facts that it tells of each person in it, and from all facts known to the
profile that expressions see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Final

from babel.numbers import get_currency_precision

from receiver.aom.event import Event
from receiver.aom.event_names import EVENTS, event_family
from receiver.aom.normal_form import Named, Order, Profile, ProfileCourse
from receiver.aom.source_context import SourceContext
from receiver.facts import (
    CourseFact,
    KnownFacts,
    OrderFact,
    PersonFacts,
    SubmissionFact,
    SubmissionKind,
)

_SUBMISSIONS: Final[Mapping[str, SubmissionKind]] = {
    "quiz.submitted": "quiz",
    "assignment.submitted": "assignment",
    "discussion.submitted": "discussion",
}
# what the person did, whose time is not in an order
_ACTS: Final = frozenset({"account.created", "course.enrolled", *_SUBMISSIONS})

PROFILED_EVENTS: Final = frozenset(EVENTS) - {"announcement.created"}
"""The events that tell something of a person: an announcement tells what the school did."""


def facts_of_event(event: Event, *, id: str, received_at: datetime) -> dict[str, PersonFacts]:
    """Person key → what the event tells of them. `id` is the gateway's."""
    if event.name not in PROFILED_EVENTS:
        return {}
    if event_family(event.name) == "order":
        facts = PersonFacts(orders=(_order(event.parts["order"], id, received_at),))
    else:
        occurred_at = event.occurred_at(received_at)
        facts = PersonFacts(
            courses=_courses(event, id, received_at),
            submissions=_submissions(event),
            seen_at=occurred_at,
            active_at=occurred_at if event.name in _ACTS else None,
        )
    return dict.fromkeys(event.keys, facts)


def build_profile(known: KnownFacts, site: SourceContext) -> Profile:
    """The sums over all that is known of a person, with times in the site's zone."""
    paid = [order for order in known.orders if order.paid]
    made = sorted(order.made_at for order in paid)
    ordered = [order.made_at for order in known.orders]
    totals = [
        order.total for order in paid if order.total is not None and order.currency == site.currency
    ]
    revenue = sum(totals, Decimal(0))
    times = [at for at in (known.first_seen_at, known.last_active_at) if at is not None]
    active = [at for at in (known.last_active_at, *ordered) if at is not None]
    return Profile(
        order_count=len(paid),
        revenue=revenue,
        average_order=_average(revenue, len(totals), site.currency),
        first_order_at=_place(made[:1], site),
        last_order_at=_place(made[-1:], site),
        courses=_profile_courses(known, site),
        course_count=len(known.courses),
        quiz_count=known.submissions.get("quiz", 0),
        assignment_count=known.submissions.get("assignment", 0),
        discussion_count=known.submissions.get("discussion", 0),
        last_activity_at=_place(sorted(active)[-1:], site),
        first_seen_at=_place(sorted([*times, *ordered])[:1], site),
    )


def profile_of_event(event: Event, person_key: str, *, id: str, received_at: datetime) -> Profile:
    """The profile of somebody of whom nothing is known but this event."""
    facts = facts_of_event(event, id=id, received_at=received_at).get(person_key, PersonFacts())
    known = KnownFacts(
        orders=facts.orders,
        courses=facts.courses,
        submissions={one.kind: 1 for one in facts.submissions},
        first_seen_at=facts.seen_at,
        last_active_at=facts.active_at,
    )
    return build_profile(known, event.site)


def _order(order: Order, event_id: str, received_at: datetime) -> OrderFact:
    return OrderFact(
        id=order.id,
        event_id=event_id,
        paid=order.paid,
        total=order.total,
        currency=order.currency,
        created_at=order.date_created,
        seen_at=received_at,
    )


def _courses(event: Event, event_id: str, received_at: datetime) -> tuple[CourseFact, ...]:
    """Each once; a course without id and name is none."""
    if event.name != "course.enrolled":
        return ()
    courses: list[Named] = event.parts["courses"]
    facts = [
        CourseFact(course.id, course.name, event_id, received_at)
        for course in courses
        if course.id or course.name
    ]
    return tuple({fact.key: fact for fact in facts}.values())


def _submissions(event: Event) -> tuple[SubmissionFact, ...]:
    """It is the same where what was handed in, in which course, and when, is the same; where AOM
    says no time, where the whole call is.
    """
    kind = _SUBMISSIONS.get(event.name)
    if kind is None:
        return ()
    thing, course = event.parts[kind], event.parts["course"]
    at: datetime | None = event.parts["date_submitted"]
    if at is None:
        return (SubmissionFact(kind, event.digest),)
    said = "\n".join((thing.id or thing.name, course.id or course.name, str(at.timestamp())))
    return (SubmissionFact(kind, sha256(said.encode("utf-8", "surrogatepass")).digest()),)


def _profile_courses(known: KnownFacts, site: SourceContext) -> list[ProfileCourse]:
    return [
        ProfileCourse(
            id=course.id, name=course.name, enrolled_at=course.enrolled_at.astimezone(site.timezone)
        )
        for course in sorted(known.courses, key=lambda one: (one.enrolled_at, one.name, one.key))
    ]


def _average(revenue: Decimal, orders: int, currency: str) -> Decimal:
    """To the places that the currency has."""
    if not orders:
        return Decimal(0)
    places = Decimal(1).scaleb(-get_currency_precision(currency))
    return (revenue / orders).quantize(places, ROUND_HALF_UP)


def _place(at: list[datetime], site: SourceContext) -> datetime | None:
    """The only time in the list, in the site's zone."""
    return at[0].astimezone(site.timezone) if at else None
