"""Traffic of a school that does not exist, in AOM's own shapes: for `send`, `demo` and the
benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any
from zlib import crc32

_FIRST = (
    "Ada",
    "Ben",
    "Chen",
    "Dana",
    "Emil",
    "Fatima",
    "Goran",
    "Hana",
    "Ivo",
    "Julia",
    "Kofi",
    "Lena",
    "Mario",
    "Nadia",
    "Olu",
    "Priya",
)
_LAST = (
    "Adams",
    "Baker",
    "Costa",
    "Duval",
    "Endo",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Khan",
    "Lopez",
    "Meyer",
    "Novak",
)
_COURSES = (
    "Fire Safety",
    "First Aid",
    "Food Hygiene",
    "Project Management",
    "Leadership",
    "Data Protection",
    "Spanish A1",
    "Accounting",
)
_STAFF = ({"id": 1, "name": "Aom Staff"}, {"id": 2, "name": "Grace Moore"})

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SimulatedLearner:
    id: int
    first_name: str
    last_name: str
    email: str

    def payload(self) -> Payload:
        return {
            "id": self.id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
        }


class SimulatedSchool:
    """A school that does not exist: learners who sign up, study and buy.

    The same `random` gives the same traffic; addresses end in `domain`.
    """

    def __init__(
        self, random: Random, *, learners: int, at: datetime, domain: str = "example.edu"
    ) -> None:
        self._random = random
        self._learners = [self._learner(number, domain) for number in range(1, learners + 1)]
        self._stamp = at.strftime("%b %d, %Y %I:%M %p")
        self._order_ids = count(random.randrange(1_000, 9_000) * 1_000)
        self._work_ids = count(1)
        self._open: list[Payload] = []  # orders that may still be paid, refused or refunded

    def _learner(self, number: int, domain: str) -> SimulatedLearner:
        first, last = self._random.choice(_FIRST), self._random.choice(_LAST)
        email = f"{first}.{last}{number}@{domain}"
        # of two schools at one source, no learner is another one whose address has changed
        id = number * 10_000_000 + crc32(email.encode()) % 10_000_000
        return SimulatedLearner(id, first, last, email)

    def events(self, number: int) -> Iterator[tuple[str, Payload]]:
        """So many events, as names and payloads: every learner signs up first, as far as the number
        reaches.
        """
        for learner in self._learners[:number]:
            yield "account.created", {**learner.payload(), "date_registered": self._stamp}
        makers = (
            self.enrolment,
            self.quiz,
            self.assignment,
            self.discussion,
            self.order,
            self.order,
            self.progress,
        )
        for _ in range(number - len(self._learners)):
            yield self._random.choice(makers)()

    def tour(self) -> Iterator[tuple[str, Payload]]:
        """Every event that AOM sends, once or more: sign-ups, study, and an order from pending to
        refunded.
        """
        for learner in self._learners:
            yield "account.created", {**learner.payload(), "date_registered": self._stamp}
        yield self.enrolment()
        yield self.quiz()
        for name in ("assignment.submitted", "assignment.evaluated", "assignment.rejected"):
            yield name, self._work("assignment")
        yield self.discussion()
        yield "announcement.created", self._announcement()
        for path in (
            ("order.placed", "order.refunded"),
            ("order.placed",),
            ("order.failed",),
            ("order.refused",),
            (),
        ):
            _, order = self.order()
            for name in ("order.pending", *path):
                yield name, {**order, "status": _STATUS[name]}

    def enrolment(self) -> tuple[str, Payload]:
        users = self._random.sample(
            self._learners, k=min(len(self._learners), self._random.choice((1, 1, 1, 2, 3)))
        )
        return "course.enrolled", {
            "userList": [user.payload() for user in users],
            "enrolled_courses_list": [self._course()],
        }

    def quiz(self) -> tuple[str, Payload]:
        payload = self._work("quiz")
        payload["course_instructor_name"] = payload.pop("course_instructor")
        return "quiz.submitted", payload

    def assignment(self) -> tuple[str, Payload]:
        payload = self._work("assignment")
        del payload["id"]
        return "assignment.submitted", payload

    def discussion(self) -> tuple[str, Payload]:
        return "discussion.submitted", self._work("discussion")

    def order(self) -> tuple[str, Payload]:
        """Make a new order, not yet paid."""
        price = Decimal(self._random.randrange(20, 300))
        products = self._random.sample(range(len(_COURSES)), k=self._random.choice((1, 1, 2)))
        order: Payload = {
            "id": next(self._order_ids),
            "date_created": self._stamp,
            "status": "PENDING",
            "currency": "United States (US) dollar",
            "order_total": int(price * len(products)),
            "sub_total": int(price * len(products)),
            "transaction_ref": None,
            "payment_gateway": {"id": "Unknown", "name": "Manual order"},
            "customer": {
                **self._random.choice(self._learners).payload(),
                "billing_address": self._address(),
            },
            "line_items": [self._line_item(product, price) for product in products],
            "coupons": [],
            "notes": [],
        }
        self._open.append(order)
        return "order.pending", order

    def progress(self) -> tuple[str, Payload]:
        """What becomes of an order that is open: mostly it is paid; a paid one may be refunded."""
        if not self._open:
            return self.order()
        order = self._open.pop(self._random.randrange(len(self._open)))
        if order["status"] == "COMPLETED":
            return "order.refunded", {**order, "status": "REFUNDED"}
        name = self._random.choices(
            ("order.placed", "order.failed", "order.refused"), weights=(17, 2, 1)
        )[0]
        paid = {**order, "status": _STATUS[name]}
        # one in ten comes back
        if name == "order.placed" and self._random.random() < 0.1:  # noqa: PLR2004
            self._open.append(paid)
        return name, paid

    def _work(self, kind: str) -> Payload:
        return {
            **self._random.choice(self._learners).payload(),
            "date_submitted": self._stamp,
            kind: {
                "id": next(self._work_ids),
                "name": f"{kind.capitalize()} {self._random.randrange(1, 12)}",
            },
            "course": self._course(),
            "course_instructor": self._random.choice(_STAFF),
        }

    def _announcement(self) -> Payload:
        return {
            "receivers": [
                {
                    **{k: v for k, v in one.payload().items() if k != "id"},
                    "name": f"{one.first_name} {one.last_name}",
                }
                for one in self._learners
            ],
            "annoucement_date": self._stamp,
            "announcement_content": "A new course on Leadership is in the catalog.",
            "announcement_title": "New course",
            "created_by": "Aom Staff",
        }

    def _course(self) -> Payload:
        number = self._random.randrange(len(_COURSES))
        return {"id": number + 1, "name": _COURSES[number]}

    @staticmethod
    def _line_item(product: int, price: Decimal) -> Payload:
        return {
            "product_id": product + 1,
            "product_name": _COURSES[product],
            "quantity": 1,
            "price_per_qty": f"{price:.2f}",
            "total": f"{price:.2f}",
        }

    @staticmethod
    def _address() -> Payload:
        return {
            "full_name": "",
            "address_line_1": "1 Main St",
            "address_line_2": "",
            "city": "Springfield",
            "country": "US",
            "state": "IL",
            "zipcode": "62701",
        }


_STATUS = {
    "order.pending": "PENDING",
    "order.placed": "COMPLETED",
    "order.failed": "FAILED",
    "order.refused": "REFUSED",
    "order.refunded": "REFUNDED",
}


def person_of(payload: Payload) -> str:
    """The address of the (first) person whom a payload is about."""
    people = (
        payload.get("userList") or payload.get("receivers") or [payload.get("customer") or payload]
    )
    return str(people[0]["email"])
