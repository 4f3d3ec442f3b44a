"""The normal form: what an expression of a mapping can name.

Ids are text, money is Decimal, dates are aware and in the site's zone. What AOM did not send is
None, `""` or `[]`.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from receiver.aom.event_names import event_family


class Form(BaseModel):
    model_config = ConfigDict(frozen=True)


class EventForm(Form):
    id: str = Field(description="the gateway's id of the event")
    name: str = Field(description="the event's name, such as order.placed")
    label: str = Field(description="what AOM's menu calls it")
    received_at: datetime = Field(description="when the gateway received it")
    occurred_at: datetime = Field(
        description=(
            "the payload's own time of what happened; for orders and enrolments, "
            "when it was "
            "received"
        )
    )


class SourceForm(Form):
    name: str = Field(description="the NAME of its [sources.NAME] table")
    currency: str = Field(description="the site's currency, in ISO 4217")
    timezone: str = Field(description="the site's time zone, such as America/New_York")


class Person(Form):
    key: str = Field(
        description="what the gateway knows the person by: mostly the first address, and it stays"
    )
    email: str = Field(
        description="the e-mail address, trimmed and lower-cased; where it has changed, the new one"
    )
    id: str | None = Field(default=None, description="AOM's id of the person")
    first_name: str = Field(
        default="", description="the first name, or what comes first of a whole name"
    )
    last_name: str = Field(
        default="", description="the last name, or what comes last of a whole name"
    )
    name: str = Field(default="", description="the whole name")


class Named(Form):
    id: str | None = Field(default=None, description="AOM's id")
    name: str = Field(default="", description="the name")


class Account(Form):
    id: str | None = Field(default=None, description="AOM's id of the account")
    date_registered: datetime | None = Field(default=None, description="when the account was made")


class Address(Form):
    full_name: str = Field(default="", description="whose address it is")
    address_line_1: str = Field(default="", description="street and number")
    address_line_2: str = Field(default="", description="what else belongs to it")
    city: str = Field(default="", description="the city")
    country: str = Field(default="", description="the country's code")
    state: str = Field(default="", description="the state's code")
    zipcode: str = Field(default="", description="the postal code")


class Customer(Person):
    billing_address: Address | None = Field(default=None, description="where the bill goes")


class LineItem(Form):
    product_id: str | None = Field(default=None, description="AOM's id of the product")
    name: str = Field(default="", description="the product's name")
    quantity: Decimal | None = Field(default=None, description="how many")
    price: Decimal | None = Field(default=None, description="of one")
    total: Decimal | None = Field(default=None, description="of all")


class Order(Form):
    id: str = Field(description="AOM's id, the same over the whole life of the order")
    status: str = Field(description="in capitals, words joined by hyphens: COMPLETED, ON-HOLD")
    paid: bool = Field(
        default=False,
        description=(
            "whether the status is known to mean that it is paid; never for one that nobody knows"
        ),
    )
    total: Decimal | None = Field(default=None, description="what the order costs in all")
    sub_total: Decimal | None = Field(
        default=None, description="before taxes and discounts, as AOM has it"
    )
    currency: str | None = Field(
        default=None,
        description=(
            "ISO 4217; the site's where the order names none, none where it is not understood"
        ),
    )
    date_created: datetime | None = Field(default=None, description="when the order was made")
    transaction_ref: str | None = Field(default=None, description="the payment's reference")
    payment_gateway: Named = Field(default=Named(), description="how it was paid")
    line_items: list[LineItem] = Field(default=[], description="what was bought")
    coupon_codes: list[str] = Field(default=[], description="the codes of its coupons")
    coupons: list[Any] = Field(default=[], description="as AOM sends them")
    notes: list[Any] = Field(default=[], description="as AOM sends them")


class Announcement(Form):
    title: str = Field(default="", description="the title")
    content: str = Field(default="", description="the text, with its HTML")
    date: datetime | None = Field(default=None, description="when it was made")
    created_by: str = Field(default="", description="who made it")


class ProfileCourse(Form):
    id: str | None = Field(default=None, description="AOM's id")
    name: str = Field(default="", description="the name, as the newest event has it")
    enrolled_at: datetime = Field(description="when the first enrolment in it was received")


class Profile(Form):
    """What all events so far tell of a person at one site. Orders count as they now are: one that
    was refunded is not among the paid ones.
    """

    order_count: int = Field(default=0, description="how many orders are paid")
    revenue: Decimal = Field(
        default=Decimal(0), description="the totals of the paid orders in the site's currency"
    )
    average_order: Decimal = Field(
        default=Decimal(0), description="the revenue for each of these orders, 0 without any"
    )
    first_order_at: datetime | None = Field(
        default=None, description="when the first of the paid orders was made"
    )
    last_order_at: datetime | None = Field(
        default=None, description="when the last of the paid orders was made"
    )
    courses: list[ProfileCourse] = Field(
        default=[], description="every course that the person was enrolled in, the first one first"
    )
    course_count: int = Field(default=0, description="how many courses")
    quiz_count: int = Field(default=0, description="how many quizzes were handed in")
    assignment_count: int = Field(default=0, description="how many assignments were handed in")
    discussion_count: int = Field(default=0, description="how often they wrote to a discussion")
    last_activity_at: datetime | None = Field(
        default=None,
        description=(
            "when the person last registered, was enrolled, handed something in, wrote to a "
            "discussion or ordered"
        ),
    )
    first_seen_at: datetime | None = Field(
        default=None, description="when the first of all these events happened"
    )


class CommonParts(Form):
    """What the normal form of every event has."""

    event: EventForm = Field(description="the event itself")
    source: SourceForm = Field(description="the AOM site that it comes from")
    person: Person = Field(description="whom this delivery is about")
    profile: Profile = Field(
        description="what all events of this site tell of the person, as far as they have come"
    )
    raw: dict[str, Any] = Field(description="the JSON as AOM sent it, every key of it")


class Parts(Form):
    """What an event of one family has, beside `CommonParts`."""


class AccountParts(Parts):
    account: Account = Field(description="the account that was made")


class EnrolmentParts(Parts):
    courses: list[Named] = Field(description="the courses that the person was enrolled in")


class SubmissionParts(Parts):
    course: Named = Field(description="the course that it belongs to")
    instructor: Named | None = Field(description="who teaches the course")
    date_submitted: datetime | None = Field(description="when it was handed in")


class QuizParts(SubmissionParts):
    quiz: Named = Field(description="the quiz that was handed in")


class AssignmentParts(SubmissionParts):
    assignment: Named = Field(description="the assignment that was handed in")
    grade: str | None = Field(description="the grade or score, as text, where AOM sends one")


class DiscussionParts(SubmissionParts):
    discussion: Named = Field(description="the discussion that was written to")


class OrderParts(Parts):
    order: Order = Field(description="the order as it now is")
    customer: Customer = Field(description="who ordered")


class AnnouncementParts(Parts):
    announcement: Announcement = Field(description="what was announced")


_PARTS: Mapping[str, type[Parts]] = {
    "account.created": AccountParts,
    "course.enrolled": EnrolmentParts,
    "quiz.submitted": QuizParts,
    "assignment": AssignmentParts,
    "discussion.submitted": DiscussionParts,
    "order": OrderParts,
    "announcement.created": AnnouncementParts,
}


@cache
def names_of_event(event: str) -> Mapping[str, Any]:
    """What an expression may name for the event: each name with its type (a model, `list[Model]`,
    `Model | None`, datetime …).

    Raises KeyError for a name that is no event.
    """
    parts = (CommonParts, _PARTS[event_family(event)])
    fields = {name: field for part in parts for name, field in part.model_fields.items()}
    return MappingProxyType({name: field.annotation for name, field in fields.items()})


def descriptions(event: str) -> Mapping[str, str]:
    """What each of `names` is, in words for people."""
    parts = (CommonParts, _PARTS[event_family(event)])
    return {
        name: field.description or "" for part in parts for name, field in part.model_fields.items()
    }
