"""The normal form: what an expression of a mapping can name.

Ids are text, money is Decimal, dates are aware and in the site's zone. What AOM did not send is None, `""` or `[]`.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from receiver.aom.names import family


class Form(BaseModel):
    model_config = ConfigDict(frozen=True)


class EventForm(Form):
    id: str = Field(description="the gateway's id of the event")
    name: str
    label: str = Field(description="what AOM's menu calls it")
    received_at: datetime
    occurred_at: datetime = Field(description="the payload's own time of what happened; for orders and enrolments, when it was received")


class SourceForm(Form):
    name: str
    currency: str
    timezone: str


class Person(Form):
    key: str = Field(description="the e-mail address, trimmed and lower-cased")
    email: str
    id: str | None = None
    first_name: str = ""
    last_name: str = ""
    name: str = ""


class Named(Form):
    id: str | None = None
    name: str = ""


class Account(Form):
    id: str | None = None
    date_registered: datetime | None = None


class Address(Form):
    full_name: str = ""
    address_line_1: str = ""
    address_line_2: str = ""
    city: str = ""
    country: str = ""
    state: str = ""
    zipcode: str = ""


class Customer(Person):
    billing_address: Address | None = None


class LineItem(Form):
    product_id: str | None = None
    name: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    total: Decimal | None = None


class Order(Form):
    id: str
    status: str
    paid: bool = Field(False, description="whether the status is known to mean that it is paid; never for one that nobody knows")
    total: Decimal | None = None
    sub_total: Decimal | None = None
    currency: str | None = Field(None, description="ISO 4217; the site's where the order names none, none where it is not understood")
    date_created: datetime | None = None
    transaction_ref: str | None = None
    payment_gateway: Named = Named()
    line_items: list[LineItem] = []
    coupons: list[Any] = []
    notes: list[Any] = []


class Announcement(Form):
    title: str = ""
    content: str = ""
    date: datetime | None = None
    created_by: str = ""


class Parts(Form):
    """What an event of one family has, beside `event`, `source`, `person` and `raw`, which all have."""


class AccountParts(Parts):
    account: Account


class EnrolmentParts(Parts):
    courses: list[Named]


class SubmissionParts(Parts):
    course: Named
    instructor: Named | None
    date_submitted: datetime | None


class QuizParts(SubmissionParts):
    quiz: Named


class AssignmentParts(SubmissionParts):
    assignment: Named
    grade: str | None


class DiscussionParts(SubmissionParts):
    discussion: Named


class OrderParts(Parts):
    order: Order
    customer: Customer


class AnnouncementParts(Parts):
    announcement: Announcement


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
def names(event: str) -> Mapping[str, Any]:
    """What an expression may name for the event: each name with its type (a model, `list[Model]`, `Model | None`, datetime …).

    Raises KeyError for a name that is no event.
    """
    common = {"event": EventForm, "source": SourceForm, "person": Person, "raw": dict[str, Any]}
    parts = _PARTS[family(event)].model_fields
    return MappingProxyType(common | {name: field.annotation for name, field in parts.items()})
