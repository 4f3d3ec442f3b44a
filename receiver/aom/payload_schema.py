"""What AOM sends, event by event: the source of validation and of the JSON Schema that the gateway
publishes.

A field without a default is needed. All else is optional, and what AOM may add is let through: see
`validate` and `drift`. Names are the gateway's; where AOM spells a key otherwise, rightly or
wrongly, it stands beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from receiver.aom.values.field_types import (
    Currency,
    Date,
    Email,
    Id,
    Money,
    NeededId,
    Quantity,
    Status,
    Text,
)


class Sent(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True)


class Named(Sent):
    id: Id = Field(None, description="AOM's id")
    name: Text = None


class Learner(Sent):
    id: Id = Field(None, description="AOM's id of the person")
    first_name: Text = None
    last_name: Text = None
    name: Text = Field(
        None,
        validation_alias=AliasChoices("name", "Name", "full_name", "fullname", "display_name"),
        description="the whole name, where AOM sends one",
    )
    email: Email = Field(
        description="what the person is known by; upper and lower case are the same"
    )


class Payload(Sent):
    """The whole body of an event."""

    def people(self) -> Sequence[Learner]:
        """Whom the event is about, in the order of the body."""
        raise NotImplementedError


class OfOne(Learner, Payload):
    """A body that is about one person, who stands at its top."""

    def people(self) -> Sequence[Learner]:
        return (self,)


class AccountCreated(OfOne):
    date_registered: Date = Field(None, description="in the site's time zone")


class CourseEnrolled(Payload):
    users: list[Learner] = Field(
        validation_alias="userList", min_length=1, description="who was enrolled"
    )
    courses: list[Named] | None = Field(
        None,
        validation_alias="enrolled_courses_list",
        description="in which courses, each of them in all",
    )

    def people(self) -> Sequence[Learner]:
        return self.users


class Submission(OfOne):
    course: Named | None = None
    instructor: Named | None = Field(
        None,
        validation_alias=AliasChoices("course_instructor", "course_instructor_name", "instructor"),
    )
    date_submitted: Date = Field(None, description="in the site's time zone")


class QuizSubmitted(Submission):
    quiz: Named | None = None
    instructor: Named | None = Field(
        None,
        validation_alias=AliasChoices("course_instructor_name", "course_instructor", "instructor"),
    )


class AssignmentSubmitted(Submission):
    assignment: Named | None = None


class AssignmentJudged(AssignmentSubmitted):
    grade: Text = Field(None, validation_alias=AliasChoices("grade", "score"))


class DiscussionSubmitted(Submission):
    discussion: Named | None = None


class Address(Sent):
    full_name: Text = None
    address_line_1: Text = None
    address_line_2: Text = None
    city: Text = None
    country: Text = Field(None, description="the country's code")
    state: Text = Field(None, description="the state's code")
    zipcode: Text = None


class Customer(Learner):
    billing_address: Address | None = None


class LineItem(Sent):
    product_id: Id = None
    name: Text = Field(None, validation_alias=AliasChoices("product_name", "name"))
    quantity: Quantity = None
    price: Money = Field(
        None, validation_alias=AliasChoices("price_per_qty", "price"), description="of one"
    )
    total: Money = Field(None, description="of all")


class OrderChanged(Payload):
    id: NeededId = Field(description="the same over the whole life of an order")
    status: Status = Field(
        description="what tells placed, failed, refunded and pending orders apart"
    )
    date_created: Date = Field(
        None, description="when the order was placed, in the site's time zone"
    )
    currency: Currency = Field(
        None, description="the currency's English name, or its code in ISO 4217"
    )
    total: Money = Field(None, validation_alias=AliasChoices("order_total", "total"))
    sub_total: Money = None
    transaction_ref: Text = None
    payment_gateway: Named | None = None
    customer: Customer
    line_items: list[LineItem] | None = None
    coupons: list[Any] | None = None
    notes: list[Any] | None = None

    def people(self) -> Sequence[Learner]:
        return (self.customer,)


class AnnouncementCreated(Payload):
    receivers: list[Learner] = Field(description="whom it was sent to")
    title: Text = Field(
        None, validation_alias=AliasChoices("announcement_title", "annoucement_title")
    )
    content: Text = Field(
        None, validation_alias=AliasChoices("announcement_content", "annoucement_content")
    )
    date: Date = Field(
        None,
        validation_alias=AliasChoices("annoucement_date", "announcement_date"),
        description="in the site's time zone",
    )
    created_by: Text = None

    def people(self) -> Sequence[Learner]:
        return self.receivers


PAYLOADS: Mapping[str, type[Payload]] = {
    "account.created": AccountCreated,
    "course.enrolled": CourseEnrolled,
    "quiz.submitted": QuizSubmitted,
    "assignment.submitted": AssignmentSubmitted,
    "assignment.evaluated": AssignmentJudged,
    "assignment.rejected": AssignmentJudged,
    "discussion.submitted": DiscussionSubmitted,
    "order.placed": OrderChanged,
    "order.failed": OrderChanged,
    "order.refunded": OrderChanged,
    "order.refused": OrderChanged,
    "order.pending": OrderChanged,
    "announcement.created": AnnouncementCreated,
}
