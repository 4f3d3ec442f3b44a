"""From what AOM sent to the normal form."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from receiver.aom import normal_form, payload_schema
from receiver.aom.source_context import SourceContext
from receiver.aom.values import dates, order_status


def people_of_payload(payload: payload_schema.Payload) -> tuple[normal_form.Person, ...]:
    """Everyone once, in order of appearance; of someone who stands there twice, the first entry
    counts.
    """
    first: dict[str, payload_schema.Learner] = {}
    for learner in payload.people():
        first.setdefault(learner.email, learner)
    return tuple([_person(learner) for learner in first.values()])


def event_parts(  # noqa: PLR0911 - one for each family
    payload: payload_schema.Payload, site: SourceContext, *, currency: str | None
) -> normal_form.Parts:
    """The event's own part of the normal form.

    `currency` is that of an order which has none itself.
    """
    match payload:
        case payload_schema.OrderChanged():
            # in one piece: pydantic would look at each part when it is made and when it is put in
            return normal_form.OrderParts.model_validate(
                {
                    "order": _order(payload, site, currency),
                    "customer": {
                        **_of_person(payload.customer),
                        "billing_address": _address(payload.customer.billing_address),
                    },
                }
            )
        case payload_schema.AccountCreated():
            return normal_form.AccountParts(
                account=normal_form.Account(
                    id=payload.id, date_registered=_place(payload.date_registered, site.timezone)
                )
            )
        case payload_schema.CourseEnrolled():
            return normal_form.EnrolmentParts(
                courses=[_named(course) for course in payload.courses or ()]
            )
        case payload_schema.QuizSubmitted():
            return normal_form.QuizParts(quiz=_named(payload.quiz), **_submission(payload, site))
        case payload_schema.AssignmentSubmitted():
            grade = payload.grade if isinstance(payload, payload_schema.AssignmentJudged) else None
            return normal_form.AssignmentParts(
                assignment=_named(payload.assignment), grade=grade, **_submission(payload, site)
            )
        case payload_schema.DiscussionSubmitted():
            return normal_form.DiscussionParts(
                discussion=_named(payload.discussion), **_submission(payload, site)
            )
        case payload_schema.AnnouncementCreated():
            return normal_form.AnnouncementParts(announcement=_announcement(payload, site))
        case _:
            raise TypeError(f"there is no normal form for {type(payload).__name__}")


def occurred_at(payload: payload_schema.Payload, zone: ZoneInfo) -> datetime | None:
    """The payload's own time of what happened, None where it has none (orders tell when they were
    made, not when they changed).
    """
    match payload:
        case payload_schema.AccountCreated():
            return _place(payload.date_registered, zone)
        case payload_schema.Submission():
            return _place(payload.date_submitted, zone)
        case payload_schema.AnnouncementCreated():
            return _place(payload.date, zone)
        case _:
            return None


def _submission(sent: payload_schema.Submission, site: SourceContext) -> dict[str, Any]:
    return {
        "course": _named(sent.course),
        "instructor": _named(sent.instructor) if sent.instructor else None,
        "date_submitted": _place(sent.date_submitted, site.timezone),
    }


def _order(
    sent: payload_schema.OrderChanged, site: SourceContext, currency: str | None
) -> dict[str, Any]:
    return {
        "id": sent.id,
        "status": sent.status,
        "paid": order_status.is_paid(sent.status),
        "total": sent.total,
        "sub_total": sent.sub_total,
        "currency": sent.currency or currency,
        "date_created": _place(sent.date_created, site.timezone),
        "transaction_ref": sent.transaction_ref or None,
        "payment_gateway": _named(sent.payment_gateway),
        "line_items": [_line_item(item) for item in sent.line_items or ()],
        "coupon_codes": _coupon_codes(sent.coupons or ()),
        "coupons": sent.coupons or [],
        "notes": sent.notes or [],
    }


def _coupon_codes(coupons: Iterable[Any]) -> list[str]:
    """Of a coupon that is no text, what stands as its code: AOM's samples have none."""
    codes = (
        next((one[key] for key in _COUPON_CODES if one.get(key)), None)
        if isinstance(one, dict)
        else one
        for one in coupons
    )
    return [str(code) for code in codes if isinstance(code, str | int) and code]


_COUPON_CODES = ("code", "coupon_code", "coupon", "name")


def _line_item(sent: payload_schema.LineItem) -> dict[str, Any]:
    return {
        "product_id": sent.product_id,
        "name": sent.name or "",
        "quantity": sent.quantity,
        "price": sent.price,
        "total": sent.total,
    }


def _address(sent: payload_schema.Address | None) -> dict[str, str] | None:
    return {key: text for key, text in vars(sent).items() if text} if sent else None


def _announcement(
    sent: payload_schema.AnnouncementCreated, site: SourceContext
) -> normal_form.Announcement:
    return normal_form.Announcement(
        title=sent.title or "",
        content=sent.content or "",
        date=_place(sent.date, site.timezone),
        created_by=sent.created_by or "",
    )


def _person(sent: payload_schema.Learner) -> normal_form.Person:
    return normal_form.Person(**_of_person(sent))


def _of_person(sent: payload_schema.Learner) -> dict[str, Any]:
    first, last = sent.first_name or "", sent.last_name or ""
    name = sent.name or f"{first} {last}".strip()
    if name and not first and not last:
        first, last = _split(name)
    return {
        "key": sent.email,
        "email": sent.email,
        "id": sent.id,
        "first_name": first,
        "last_name": last,
        "name": name,
    }


def _split(name: str) -> tuple[str, str]:
    """A whole name in two: "Mary Ann Smith" and "Smith, Mary Ann" alike; of a single word, all is
    the first name.
    """
    last, comma, first = (part.strip() for part in name.partition(","))
    if comma and first and last and "," not in first:
        return first, last
    first, _, last = name.rpartition(" ")
    return (first.strip(), last) if first.strip() else (name, "")


def _named(sent: payload_schema.Named | None) -> normal_form.Named:
    return normal_form.Named(id=sent.id, name=sent.name or "") if sent else normal_form.Named()


def _place(date: datetime | None, zone: ZoneInfo) -> datetime | None:
    return dates.place_in_zone(date, zone) if date else None
